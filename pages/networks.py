"""`/networks`: all networks of all pools."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu
from components.lists import Listing
from components.networks.rows import network_table
from components.ui import Button, Tone, notify
from data.facts.pool import pools_by_name
from pages.layout import list_page
from pages.revealing import NETWORKS, revealing
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/networks")
    def networks() -> None:
        context = program.for_viewer()
        with list_page(context, _("Networks")):
            offer = PlacedMenu(context).open_for
            with Listing(context.mirror, network_table(), full=True, offer=offer, reveal=revealing(context, NETWORKS)):
                Button(_("New network"), lambda: _begin(context)).mark("new-network")


def _begin(context: Context) -> None:
    """In the first pool that can be changed now."""
    pools = pools_by_name(context.mirror)
    key = next((key for key, home in pools.items() if home.server.is_live), next(iter(pools), None))
    if key is not None:
        ui.navigate.to(f"/pool/{key}/new-network")
    else:
        notify(_("There is no pool yet; add a server in the settings."), Tone.WARNING)
