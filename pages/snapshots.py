"""`/snapshots`: the snapshots of all VMs in one list, oldest first."""

from __future__ import annotations

from nicegui import ui

from components.lists import Listing
from components.lists.rows import Acts
from components.ui import heading
from components.vms.deep_chains import deep_chains
from components.vms.snapshots import delete, snapshot_roll
from components.vms.standing import standing_bands
from data.objects import VM
from data.stores.users import Role
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.door.current import current_user
from xo_dash.i18n import _

PATH = "/snapshots"


def create(context: Context) -> None:
    @ui.page(PATH)
    def snapshots() -> None:
        with frame(context, title=_("Snapshots"), bare=True), ui.element().classes("x-list-page"):
            heading(_("Snapshots"), 1).classes("x-only-read")
            standing_bands(context.mirror)
            deep_chains(context.mirror)
            Listing(context.mirror, snapshot_roll(), full=True, acts=_acts(context))


def _acts(context: Context) -> Acts[VM] | None:
    """Whoever may delete them may choose them."""

    async def do(chosen: list[VM]) -> None:
        await delete(context, chosen)

    return Acts(_("Delete selected"), _("Delete all shown"), do) if current_user().role.includes(Role.OPERATOR) else None
