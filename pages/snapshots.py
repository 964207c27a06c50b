"""`/snapshots`: the snapshots of all VMs in one list, oldest first."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu
from components.lists import Listing
from components.lists.rows import BulkActions
from components.vms.deep_chains import deep_chains
from components.vms.snapshots import delete, snapshot_table
from data.objects import VM
from data.stores.users import Role
from pages.layout import list_page
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import _

PATH = "/snapshots"


def create(program: Context) -> None:
    @ui.page(PATH)
    def snapshots() -> None:
        context = program.for_viewer()
        with list_page(context, _("Snapshots")):
            deep_chains(context.mirror)
            Listing(context.mirror, snapshot_table(), full=True, acts=_acts(context), offer=PlacedMenu(context).open_for)


def _acts(context: Context) -> BulkActions[VM] | None:
    """Whoever may delete them may choose them."""

    async def do(chosen: list[VM]) -> None:
        await delete(context, chosen)

    return BulkActions(_("Delete selected"), _("Delete all shown"), do) if current_user().role.includes(Role.OPERATOR) else None
