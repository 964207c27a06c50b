"""`/pool/{uuid@pool}/import-ova`: a VM from an OVA."""

from __future__ import annotations

from dataclasses import replace

from components.import_ova import OVAForm
from components.parts import page
from components.ui import PageHead
from data.views.pool import PoolView
from pages.objects import object_page
from pages.pool import about
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/pool/{key}/import-ova")
    def import_ova(key: str) -> None:
        def show(context: Context, pool: PoolView) -> None:
            PageHead(_("Import OVA"), icon="upload")
            OVAForm(context, pool)

        object_page(program.for_viewer(), replace(about(), draw=show, inner=True), key)
