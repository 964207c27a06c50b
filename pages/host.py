"""`/host/{uuid@pool}`: everything about one host."""

from __future__ import annotations

from nicegui import ui

from components.hosts.about import HostAbout
from components.hosts.balance import evacuation_link
from components.hosts.failover import HostFailure
from components.hosts.hardware import HostHardware
from components.hosts.head import host_bands, host_head
from components.hosts.loads import loads
from components.hosts.memory import HostMemory
from components.hosts.patches import host_patches
from components.hosts.pool_updates import host_pool_updates
from components.hosts.ports_and_paths import Paths, Ports
from components.hosts.rows import resident_table
from components.lists import Listing
from components.messages.recent import RecentMessages
from components.parts import page, part
from components.ui import Card
from data.facts.pool import own_pool
from data.views.host import HostView
from data.views.pool import PoolView
from pages.objects import PageKind, object_page, tabbed
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/host/{key}")
    def host(key: str) -> None:
        context = program.for_viewer()
        object_page(context, about(), key)


def about() -> PageKind[HostView]:
    return PageKind(
        view=HostView,
        title=_("Host"),
        unknown=_("Host not found"),
        gone=_("This host is no longer in its pool. Its last known state is shown."),
        all_title=_("Hosts"),
        all_path="/hosts",
        draw=show,
    )


def show(context: Context, host: HostView) -> None:
    """The page of a host."""
    host_head(context, host)
    host_bands(context, host)
    tabbed(context, host, _overview, _outline)


def _outline(context: Context, host: HostView) -> None:
    with Card(_("VMs"), wide=True) as vms:
        Listing(context.mirror, resident_table(host.row), on_count=vms.show_count)


def _overview(context: Context, host: HostView) -> None:
    own = own_pool(host.row.home)
    pool = context.scope.view(PoolView, own) if own is not None else None
    with ui.element().classes("x-object"):
        with Card(_("VMs"), wide=True) as vms:
            with vms.head:
                evacuation_link(host)
            Listing(context.mirror, resident_table(host.row), on_count=vms.show_count)
        part(loads, host)
        part(Ports, context, host)
        part(Paths, host)
        part(_aside, context, host, pool)


def _aside(context: Context, host: HostView, pool: PoolView | None) -> None:
    with ui.element().classes("x-object-aside"):
        part(HostMemory, host)
        part(HostFailure, host, pool)
        part(HostHardware, context, host)
        part(HostAbout, host)
        part(host_patches, context, host.row)
        part(host_pool_updates, context, host)
        part(RecentMessages, context.mirror, host.row)
