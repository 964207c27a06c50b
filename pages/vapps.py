"""`/vapps`: all vApps of all pools; `/vapp/{uuid@pool}`: one, with its VMs."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu, may_somewhere
from components.actions.target_button import target_button
from components.lists import Listing
from components.parts import page
from components.stale_data import stale_bands
from components.ui import PageHead
from components.vms.vapps.parts import MembersCard, appliance_head
from components.vms.vapps.rows import appliance_table
from data.names import by_name, name_of
from data.types import XapiObject
from data.views.appliance import ApplianceView
from pages.layout import frame
from pages.objects import PageKind, object_page
from xo_dash.context import Context
from xo_dash.control.appliance.records import NEW_VAPP
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/vapps")
    def vapps() -> None:
        context = program.for_viewer()

        def pools() -> list[tuple[str, XapiObject]]:
            return [(name_of(pool), pool) for pool in by_name(context.mirror.every(NEW_VAPP.kind))]

        with frame(context, title=_("vApps"), bare=True, crumbs=[(_("VMs"), "/vms")]), ui.element().classes("x-list-page"):
            head = PageHead(_("vApps"), _("Groups of VMs that start and stop together"))
            if may_somewhere(context, NEW_VAPP):
                with head.verbs:
                    target_button(context, NEW_VAPP, _("New vApp"), pools, icon="plus").mark("new-vapp")
            stale_bands(context.mirror)
            Listing(context.mirror, appliance_table(), full=True, offer=PlacedMenu(context).open_for)

    @page("/vapp/{key}")
    def vapp(key: str) -> None:
        context = program.for_viewer()
        object_page(context, _about(), key)


def _about() -> PageKind[ApplianceView]:
    return PageKind(
        view=ApplianceView,
        title=_("vApp"),
        unknown=_("vApp not found"),
        gone=_("This vApp was deleted. Its last known state is shown."),
        all_title=_("vApps"),
        all_path="/vapps",
        draw=show,
    )


def show(context: Context, appliance: ApplianceView) -> None:
    """The page of a vApp."""
    appliance_head(context, appliance)
    MembersCard(context, appliance)
