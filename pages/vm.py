"""`/vm/{uuid@pool}` and `/vm/{uuid@pool}/{tab}`: everything about one VM."""

from __future__ import annotations

from nicegui import ui

from components.actions import ActionBar
from components.first_picture import show_first_picture
from components.parts import page, part
from components.stale_data import stale_band
from components.ui import PageHead, empty_state
from components.urls import path_to, pool_link
from components.vms.head import Now, VmHead, hints, under_way
from components.vms.page.tabs import VmTabs
from components.vms.trash import trash_notice
from data.facts.vm import is_guest
from data.names import name_of
from data.trash import is_trashed
from data.views.things import Thing
from data.views.vm import VMView
from pages.layout import frame
from pages.objects import show_object
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/vm/{key}/{tab}")
    @page("/vm/{key}")  # with ?tab=, as links once had it
    def vm(key: str, tab: str = "") -> None:
        context = program.for_viewer()
        found = context.mirror.find(VMView.kind, key)
        title = name_of(found) if found else _("VM")

        def draw(vm: VMView) -> None:
            if is_guest(vm.row) or is_trashed(vm.row):
                show(context, vm, tab)
            else:
                _no_guest(context, vm)

        crumbs = [(_("VMs"), "/vms")] if found is None else _crumbs(context.scope.view(VMView, found))
        with frame(context, title=title or _("VM"), crumbs=crumbs, selected=found):
            show_object(context, VMView, key, draw, _("VM not found"), (_("All VMs"), "/vms"))


def _crumbs(vm: VMView) -> list[tuple[str, str]]:
    """Its pool, and where it runs."""
    row = vm.row
    host = VMView.host.of(row)
    where = (host.name, path_to(host)) if host is not None else (_("VMs"), f"/vms?pool={row.home.key}")
    return [pool_link(row), where]


def show(context: Context, vm: VMView, tab: str) -> None:
    """The page of a VM, with one of its tabs."""
    Now(vm)
    stale_band(vm.row.home, context.mirror)
    part(VmHead, context, vm)
    part(trash_notice, context, vm)
    part(hints, context, vm)
    part(under_way, vm)
    part(VmTabs, context, vm, tab)
    show_first_picture()


def _way_on(thing: Thing | None) -> None:
    ui.link(thing.name if thing else _("All VMs"), path_to(thing) if thing else "/vms").classes("x-btn")


def _no_guest(context: Context, vm: VMView) -> None:
    with PageHead(name_of(vm.row)) as head:
        head.name.props("dir=auto")
    if vm.row.is_a_snapshot:
        with empty_state(_("This is a snapshot"), _("It is shown on the page of its VM.")):
            _way_on(VMView.snapshot_of.of(vm.row))
    elif vm.row.is_control_domain:
        with empty_state(_("This is a control domain"), _("It starts and stops with its host.")):
            _way_on(VMView.host.of(vm.row))
    else:
        with head.verbs:
            ActionBar(context, [vm.row])
        with empty_state(_("This is a template"), _("A template: VMs are created from it.")):
            ui.link(_("All VMs"), "/vms").classes("x-btn")
