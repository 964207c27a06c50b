"""`/storage`: all SRs of all pools."""

from __future__ import annotations

from components.actions import PlacedMenu, page_link
from components.charts.choosing import comparing
from components.lists import Listing
from components.parts import page
from components.storage.rows import sr_table
from data.views.sr import SRView
from pages.layout import list_page
from pages.revealing import SRS, revealing
from xo_dash.context import Context
from xo_dash.control.sr.create import NEW_SR
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/storage")
    def storage() -> None:
        context = program.for_viewer()
        with list_page(context, _("Storage")):
            offer = PlacedMenu(context).open_for
            reveal = revealing(context, SRS)
            with Listing(context.mirror, sr_table(), full=True, acts=comparing(SRView.kind), offer=offer, reveal=reveal):
                page_link(context, NEW_SR, "/new-sr")
