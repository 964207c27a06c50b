"""`/storage`: all SRs of all pools."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu
from components.charts.choosing import comparing
from components.lists import Listing
from components.stale_data import stale_bands
from components.storage.rows import sr_table
from components.ui import heading
from data.views.sr import SRView
from pages.layout import frame
from pages.revealing import revealing
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/storage")
    def storage() -> None:
        context = program.for_viewer()
        with frame(context, title=_("Storage"), bare=True), ui.element().classes("x-list-page"):
            heading(_("Storage"), 1).classes("x-only-read")
            stale_bands(context.mirror)
            offer = PlacedMenu(context).open_for
            with Listing(
                context.mirror, sr_table(), full=True, acts=comparing(SRView.kind), offer=offer, reveal=revealing(context, SRView.kind)
            ):
                ui.link(_("New SR"), "/new-sr").classes("x-btn").mark("new-sr")
