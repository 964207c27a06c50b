"""`/network/{uuid@pool}`: one network, the hosts' ports into it and the VMs on it."""

from __future__ import annotations

from nicegui import ui

from components.lists import Listing
from components.networks.parts import NetworkAbout, NetworkPorts, Throughput, network_head
from components.networks.rows import nic_roll
from components.ui import Card
from components.vms.happened import Happened
from data.views.network import NetworkView
from pages.objects import About, object_page
from xo_dash.context import Context
from xo_dash.i18n import _


def create(context: Context) -> None:
    @ui.page("/network/{key}")
    def network(key: str) -> None:
        object_page(context, _about(), key)


def _about() -> About[NetworkView]:
    return About(
        view=NetworkView,
        title=_("Network"),
        unknown=_("No network has this UUID"),
        gone=_("This network was removed. Its last known state is shown."),
        all_title=_("Networks"),
        all_path="/networks",
        draw=show,
    )


def show(context: Context, network: NetworkView) -> None:
    """The page of a network."""
    mirror = context.mirror
    network_head(context, network)
    with ui.element().classes("x-object"):
        with Card(_("VMs"), wide=True) as vms:
            Listing(mirror, nic_roll(network.row), on_count=vms.show_count)
        NetworkPorts(network)
        with ui.element().classes("x-object-aside"):
            Throughput(network).classes("x-first")
            NetworkAbout(network)
            Happened(mirror, network.row)
