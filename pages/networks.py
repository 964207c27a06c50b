"""`/networks`: all networks of all pools."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu, may_somewhere, whoever
from components.lists import Listing
from components.networks.rows import network_table
from components.parts import page
from components.ui import Button, Tone, notify
from data.facts.pool import pools_by_name
from pages.layout import list_page
from pages.revealing import NETWORKS, revealing
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.network.create import NEW_NETWORK
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/networks")
    def networks() -> None:
        context = program.for_viewer()
        with list_page(context, _("Networks")):
            offer = PlacedMenu(context).open_for
            with Listing(context.mirror, network_table(), full=True, offer=offer, reveal=revealing(context, NETWORKS)):
                if may_somewhere(context, NEW_NETWORK):
                    Button(_(NEW_NETWORK.title), lambda: _begin(context)).mark("new-network")


def _begin(context: Context) -> None:
    """In the first pool that can be changed now."""
    theirs = {pool.home.key for pool in context.mirror.every(NEW_NETWORK.kind) if may(whoever(), NEW_NETWORK, pool)}
    pools = {key: home for key, home in pools_by_name(context.mirror).items() if home.key in theirs}
    key = next((key for key, home in pools.items() if home.server.is_live), next(iter(pools), None))
    if key is not None:
        ui.navigate.to(f"/pool/{key}/new-network")
    else:
        notify(_("There is no pool yet; add a server in the settings."), Tone.WARNING)
