"""`/pool/{uuid@pool}/ha`: high availability of a pool."""

from __future__ import annotations

from dataclasses import replace

from components.ha import HighAvailability
from components.parts import page
from components.ui import PageHead
from data.views.pool import PoolView
from pages.objects import object_page
from pages.pool import about
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/pool/{key}/ha")
    def ha(key: str) -> None:
        object_page(program.for_viewer(), replace(about(), draw=show, inner=True), key)


def show(context: Context, pool: PoolView) -> None:
    PageHead(_("High availability of {pool}").format(pool=pool.name), icon="pool")
    HighAvailability(context, pool.row)
