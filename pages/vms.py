"""`/vms`: all VMs of all pools in one list."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import app, ui

from components.actions import ActionBar, PlacedMenu, may_somewhere
from components.charts.compare import MOST, compare_path
from components.console.wall import MOST as MOST_CONSOLES
from components.console.wall import wall_path
from components.live import follow_all
from components.parts import page
from components.ui import Button
from components.vms.feed import VmFeed
from components.vms.grid import SNAPSHOT, Grid
from components.vms.trash import TrashList, concerns_trash, trash_of
from data.identity import key_of
from data.types import XapiObject
from data.views.vm import VMView
from pages.layout import list_page
from pages.serving import serve
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.vm.create import CREATE
from xo_dash.i18n import _

COLUMNS = "vms.columns"
"""The user's preference: keys of columns."""


def create(program: Context) -> None:
    serve(app, SNAPSHOT, program, VmFeed)

    @page("/vms")
    def vms(state: str = "") -> None:
        """`state`: "trash" for what is in it; any other is the list's own filter."""
        context = program.for_viewer()
        with list_page(context, _("VMs")):
            TrashList(context) if state == "trash" else _list(context)


def _list(context: Context) -> None:
    chosen_now: list[XapiObject] = []

    async def keep(columns: list[str]) -> None:
        await context.users.set_preferences(current_user().id, {COLUMNS: columns})

    def chosen(vms: Sequence[XapiObject]) -> None:
        verbs.show(vms)
        beside.allow(None if 2 <= len(vms) <= MOST else _("Select 2 to {n}.").format(n=MOST))
        chosen_now[:] = vms

    kept = current_user().preferences.get(COLUMNS)
    columns = [key for key in kept if isinstance(key, str)] if isinstance(kept, list) else []
    offer, creates = PlacedMenu(context).open_for, may_somewhere(context, CREATE)
    with Grid(context.shared(VmFeed), columns, chosen, keep, offer, creates=creates) as grid:
        follow_all(context.mirror, concerns_trash, lambda: grid.show_trash(len(trash_of(context.mirror))), topics=lambda: (VMView.kind,))
        verbs = ActionBar(context)
        Button(_("Consoles"), lambda: ui.navigate.to(wall_path([key_of(vm) for vm in chosen_now[:MOST_CONSOLES]])), icon="console")
        beside = Button(_("Compare"), lambda: ui.navigate.to(compare_path(chosen_now)) if 2 <= len(chosen_now) <= MOST else None)
