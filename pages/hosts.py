"""`/hosts`: all hosts of all pools."""

from __future__ import annotations

from components.actions import PlacedMenu
from components.charts.choosing import comparing
from components.hosts.rows import host_table
from components.lists import Listing
from components.live import follow_source
from components.parts import page
from data.views.host import HostView
from pages.layout import list_page
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/hosts")
    def hosts() -> None:
        context = program.for_viewer()
        with list_page(context, _("Hosts")):
            mirror, patches = context.mirror, context.patches
            offer = PlacedMenu(context).open_for
            listing = Listing(mirror, host_table(is_unpatched=patches.is_unpatched), full=True, acts=comparing(HostView.kind), offer=offer)
            follow_source(patches.observe, lambda: listing.again(mirror.every(HostView.kind)))
