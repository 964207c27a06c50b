"""`/vapps`: all vApps of all pools; `/vapp/{uuid@pool}`: one, with its VMs."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu, run_command, whoever
from components.lists import Listing
from components.stale_data import stale_bands
from components.ui import Button, PageHead, menu, menu_item
from components.vms.vapps.parts import MembersCard, appliance_head
from components.vms.vapps.rows import appliance_table
from data.names import pool_name
from data.views.appliance import ApplianceView
from pages.layout import frame
from pages.objects import PageKind, object_page
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.appliance.records import NEW_VAPP
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/vapps")
    def vapps() -> None:
        context = program.for_viewer()
        with frame(context, title=_("vApps"), bare=True, crumbs=[(_("VMs"), "/vms")]), ui.element().classes("x-list-page"):
            head = PageHead(_("vApps"), _("Groups of VMs that start and stop together"))
            if may(whoever(), NEW_VAPP):
                with head.verbs:
                    _new(context)
            stale_bands(context.mirror)
            Listing(context.mirror, appliance_table(), full=True, offer=PlacedMenu(context).open_for)

    @ui.page("/vapp/{key}")
    def vapp(key: str) -> None:
        context = program.for_viewer()
        object_page(context, _about(), key)


def _new(context: Context) -> None:
    """In the one pool there is, or in the one that is chosen."""

    async def clicked() -> None:
        found = sorted(context.mirror.every(NEW_VAPP.kind), key=lambda pool: pool_name(pool.home).casefold())
        if len(found) == 1:
            await run_command(context, NEW_VAPP, found)
            return
        choices.clear()
        with choices:
            for pool in found:
                menu_item(pool_name(pool.home), lambda pool=pool: run_command(context, NEW_VAPP, [pool]), icon="pool")
        choices.open()

    with Button(_("New vApp"), clicked, icon="plus").mark("new-vapp"):
        choices = menu(right=True).props("no-parent-event")


def _about() -> PageKind[ApplianceView]:
    return PageKind(
        view=ApplianceView,
        title=_("vApp"),
        unknown=_("No vApp has this UUID"),
        gone=_("This vApp was deleted. Its last known state is shown."),
        all_title=_("vApps"),
        all_path="/vapps",
        draw=show,
    )


def show(context: Context, appliance: ApplianceView) -> None:
    """The page of a vApp."""
    appliance_head(context, appliance)
    MembersCard(context, appliance)
