"""`/network/{uuid@pool}`: one network, the hosts' ports into it and the VMs on it."""

from __future__ import annotations

from nicegui import ui

from components.lists import Listing
from components.live import follow_facts
from components.messages.recent import RecentMessages
from components.networks.parts import NetworkAbout, NetworkPorts, Throughput, network_head
from components.networks.rows import nic_table
from components.parts import page
from components.ui import Card
from data.views.network import NetworkView
from pages.objects import PageKind, object_page, tabbed
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/network/{key}")
    def network(key: str) -> None:
        context = program.for_viewer()
        object_page(context, _about(), key)


def _about() -> PageKind[NetworkView]:
    return PageKind(
        view=NetworkView,
        title=_("Network"),
        unknown=_("Network not found"),
        gone=_("This network was removed. Its last known state is shown."),
        all_title=_("Networks"),
        all_path="/networks",
        draw=show,
    )


def show(context: Context, network: NetworkView) -> None:
    """The page of a network."""
    network_head(context, network)
    tabbed(context, network, _overview, _outline)


def _outline(context: Context, network: NetworkView) -> None:
    with Card(_("VMs"), wide=True) as vms:
        Listing(context.mirror, nic_table(network.row))
        follow_facts(network, ("guest_count",), lambda: vms.show_count(network.guest_count))  # a VM may have several NICs on it


def _overview(context: Context, network: NetworkView) -> None:
    mirror = context.mirror
    with ui.element().classes("x-object"):
        _outline(context, network)
        NetworkPorts(context, network)
        with ui.element().classes("x-object-aside"):
            Throughput(network).classes("x-first")
            NetworkAbout(network)
            RecentMessages(mirror, network.row)
