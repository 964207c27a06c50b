"""`/hosts`: all hosts of all pools."""

from __future__ import annotations

from nicegui import ui

from components.charts.choosing import comparing
from components.hosts.rows import host_roll
from components.lists import Listing
from components.ui import heading
from components.vms.standing import standing_bands
from data.objects import Host
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _


def create(context: Context) -> None:
    @ui.page("/hosts")
    def hosts() -> None:
        with frame(context, title=_("Hosts"), bare=True), ui.element().classes("x-list-page"):
            heading(_("Hosts"), 1).classes("x-only-read")
            standing_bands(context.mirror)
            Listing(context.mirror, host_roll(), full=True, acts=comparing(Host))
