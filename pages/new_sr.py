"""`/new-sr?pool=…`: a new SR, or one that was found."""

from __future__ import annotations

from components.new_sr import NewSRForm
from components.parts import page
from components.ui import PageHead
from data.views.pool import PoolView
from pages.layout import frame
from pages.one_pool import OnePoolPage
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/new-sr")
    def new_sr(pool: str = "") -> None:
        context = program.for_viewer()
        with frame(context, title=_("New SR"), crumbs=[(_("Storage"), "/storage")]):
            _NewSR(context, pool, _("New SR"), _("An SR belongs to a pool; add a server first."), "storage")


class _NewSR(OnePoolPage):
    def _page(self, head: PageHead, pool: PoolView) -> None:
        NewSRForm(self._context, pool.row.home)
