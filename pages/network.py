"""`/network/{uuid@pool}`: one network, the hosts' ports into it and the VMs on it."""

from __future__ import annotations

from nicegui import ui

from components.lists import Listing
from components.networks.parts import NetworkAbout, NetworkPorts, network_head
from components.networks.rows import nic_roll
from components.ui import Card
from components.vms.happened import Happened
from data.mirror import PoolMirror
from data.objects import Network
from pages.objects import About, object_page
from xo_dash.context import Context
from xo_dash.i18n import _


def create(context: Context) -> None:
    @ui.page("/network/{key}")
    def network(key: str) -> None:
        object_page(context, _about(), key)


def _about() -> About[Network]:
    return About(
        kind=Network,
        title=_("Network"),
        unknown=_("No network has this uuid"),
        gone=_("This network is no longer there: somebody removed it. What you see is how it was last."),
        all_title=_("Networks"),
        all_path="/networks",
        draw=show,
    )


def show(context: Context, network: Network, _pool: PoolMirror) -> None:
    """The page of a network."""
    mirror = context.mirror
    network_head(context, network)
    with ui.element().classes("x-object"):
        NetworkPorts(mirror, network)
        with Card(_("VMs on it"), wide=True):
            Listing(mirror, nic_roll(network))
        with ui.element().classes("x-object-aside"):
            NetworkAbout(mirror, network)
            Happened(mirror, network)
