"""`/vm/{uuid@pool}` and `/vm/{uuid@pool}/{tab}`: everything about one VM."""

from __future__ import annotations

from nicegui import ui

from components.actions import ActionBar
from components.stale_data import stale_band
from components.ui import PageHead, empty_state
from components.urls import path_of
from components.vms.head import Now, UnderWay, VmHead, hints
from components.vms.page.tabs import VmTabs
from components.vms.rows import place_of
from components.vms.trash import trash_notice
from data.facts.pool import own_pool
from data.facts.vm import is_guest, is_up
from data.names import name_of
from data.objects import VM, Host
from data.trash import is_trashed
from data.views.vm import VMView
from pages.layout import frame
from pages.objects import nothing_here, show_object
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/vm/{key}/{tab}")
    @ui.page("/vm/{key}")  # with ?tab=, as links once had it
    def vm(key: str, tab: str = "") -> None:
        context = program.for_viewer()
        found = context.mirror.find(VM, key)
        title = name_of(found) if found else _("VM")

        def draw(vm: VM) -> None:
            if not (is_guest(vm) or is_trashed(vm)):
                _no_guest(context, vm)
            else:
                show(context, context.scope.view(VMView, vm), tab)

        def unknown() -> None:
            nothing_here(context, VM, key, _("No VM has this UUID"), (_("All VMs"), "/vms"))

        with frame(context, title=title or _("VM"), crumbs=_crumbs(found), selected=found):
            show_object(context, VM, key, draw, unknown)


def _crumbs(vm: VM | None) -> list[tuple[str, str]]:
    if vm is None:
        return [(_("VMs"), "/vms")]
    pool = own_pool(vm.home)
    host = vm.home.one(Host, vm.resident_on) if is_up(vm) else None
    crumbs = [(place_of(vm.home).name, path_of(pool) if pool else "")]
    return [*crumbs, (name_of(host), path_of(host))] if host else [*crumbs, (_("VMs"), f"/vms?pool={vm.home.key}")]


def show(context: Context, vm: VMView, tab: str) -> None:
    """The page of a VM, with one of its tabs."""
    Now(vm)
    stale_band(vm.row.home, context.mirror)
    VmHead(context, vm)
    trash_notice(context, vm.row)
    hints(context, vm)
    UnderWay(vm)
    VmTabs(context, vm, tab)


def _no_guest(context: Context, vm: VM) -> None:
    with PageHead(name_of(vm)) as head:
        head.name.props("dir=auto")
    if vm.is_a_snapshot:
        owner = vm.home.one(VM, vm.snapshot_of)
        with empty_state(_("This is a snapshot"), _("It is shown on the page of its VM.")):
            ui.link(name_of(owner) if owner else _("All VMs"), path_of(owner) if owner else "/vms").classes("x-btn")
    elif vm.is_control_domain:
        host = vm.home.one(Host, vm.resident_on)
        with empty_state(_("This is a control domain"), _("It starts and stops with its host.")):
            ui.link(name_of(host) if host else _("All VMs"), path_of(host) if host else "/vms").classes("x-btn")
    else:
        with head.verbs:
            ActionBar(context, [vm])
        with empty_state(_("This is a template"), _("A template: VMs are created from it.")):
            ui.link(_("All VMs"), "/vms").classes("x-btn")
