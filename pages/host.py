"""`/host/{uuid@pool}`: everything about one host."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui

from components.hosts.about import HostAbout
from components.hosts.head import host_bands, host_head
from components.hosts.loads import loads
from components.hosts.memory import HostMemory
from components.hosts.rows import resident_roll
from components.hosts.ways import Paths, Ports
from components.lists import Listing
from components.ui import Card
from components.vms.happened import Happened
from data.identity import key_of
from data.mirror import PoolMirror
from data.objects import Host
from pages.host_console import console_link
from pages.objects import About, object_page
from xo_dash.context import Context
from xo_dash.i18n import _


def create(context: Context) -> None:
    @ui.page("/host/{key}")
    def host(key: str) -> None:
        object_page(context, _about(), key)


def _about() -> About[Host]:
    return About(
        kind=Host,
        title=_("Host"),
        unknown=_("No host has this UUID"),
        gone=_("This host is no longer in its pool. Its last known state is shown."),
        all_title=_("Hosts"),
        all_path="/hosts",
        draw=show,
    )


def show(context: Context, host: Host, pool: PoolMirror) -> None:
    """The page of a host."""
    mirror = context.mirror
    host_head(context, host)
    host_bands(mirror, host)
    with ui.element().classes("x-object"):
        with Card(_("VMs"), wide=True) as vms:
            Listing(mirror, resident_roll(host), on_count=vms.show_count)
        loads(host, pool)
        Ports(mirror, host)
        Paths(mirror, host)
        with ui.element().classes("x-object-aside"):
            with HostMemory(mirror, host):
                ui.link(_("Simulate failure…"), f"/?lose={quote(key_of(host), safe='@')}").classes("x-link")
            HostAbout(mirror, host)
            console_link(host)
            Happened(mirror, host)
