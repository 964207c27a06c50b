"""`/snapshots`: the snapshots of all VMs in one list, oldest first."""

from __future__ import annotations

from components.actions import PlacedMenu
from components.lists import Listing
from components.parts import page
from components.vms.deep_chains import deep_chains
from components.vms.snapshots import deleting, snapshot_table
from pages.layout import list_page
from xo_dash.context import Context
from xo_dash.i18n import _

PATH = "/snapshots"


def create(program: Context) -> None:
    @page(PATH)
    def snapshots() -> None:
        context = program.for_viewer()
        with list_page(context, _("Snapshots")):
            deep_chains(context.mirror)
            Listing(context.mirror, snapshot_table(), full=True, acts=deleting(context), offer=PlacedMenu(context).open_for)
