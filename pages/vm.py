"""`/vm/{uuid}`: everything about one VM."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.frame.loading import is_loading, loading_page
from components.links import path_of
from components.live import follow_all, renewed
from components.ui import empty_state, heading
from components.vms.about import About, Ties
from components.vms.devices import Disks, Nics
from components.vms.growth import Growth
from components.vms.happened import Happened
from components.vms.head import Now, UnderWay, VmHead, hints
from components.vms.loads import loads
from components.vms.rows import place_of
from components.vms.standing import standing_band
from data.facts.vm import is_up
from data.mirror import Change, Operation, PoolMirror
from data.names import name_of, pool_name
from data.objects import VM, Host
from data.placement import is_guest
from data.server import Server
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _


def create(context: Context) -> None:
    @ui.page("/vm/{uuid}")
    def vm(uuid: str) -> None:
        found = context.mirror.find(VM, uuid)
        title = name_of(found) if found else _("VM")
        with frame(context, title=title or _("VM"), crumbs=_crumbs(found), selected=found):
            _body(context, uuid)


def _crumbs(vm: VM | None) -> list[tuple[str, str]]:
    if vm is None or not isinstance(vm.home, PoolMirror):
        return [(_("VMs"), "/vms")]
    pool = vm.home.pool
    host = vm.home.one(Host, vm.resident_on) if is_up(vm) else None
    crumbs = [(place_of(vm.home).name, path_of(pool) if pool else "")]
    return [*crumbs, (name_of(host), path_of(host))] if host else [*crumbs, (_("VMs"), f"/vms?pool={vm.home.id}")]


def _body(context: Context, uuid: str) -> None:
    """The VM, or what there is instead; one that comes later is shown when it comes, one that goes stays as it was."""
    box = ui.element().classes("contents")
    shown: list[VM] = []

    def fill() -> None:
        vm = context.mirror.find(VM, uuid)
        shown[:] = [vm] if vm else []
        with renewed(box):
            if vm is None and is_loading(context.mirror):
                loading_page()
            elif vm is None:
                _unknown(context)
            elif not is_guest(vm):
                _no_guest(vm)
            elif isinstance(vm.home, PoolMirror):
                show(context, vm, vm.home)

    def comes(changes: Sequence[Change]) -> bool:
        if shown and shown[0].home.one(VM, shown[0].ref) is shown[0]:
            return False
        if not shown and any(isinstance(change.subject, Server) for change in changes):
            return True  # all there is may be here now
        added = (change.subject for change in changes if change.operation is Operation.ADD)
        return any(isinstance(subject, VM) and subject.uuid == uuid for subject in added)

    follow_all(context.mirror, comes, fill)


def show(context: Context, vm: VM, pool: PoolMirror) -> None:
    """The page of a VM."""
    mirror = context.mirror
    Now(context, vm)
    standing_band(pool, mirror)
    VmHead(context, vm)
    hints(context, vm)
    UnderWay(context, vm)
    with ui.element().classes("x-vm") as grid:
        loads(mirror, vm, pool)
        Disks(mirror, vm)
        Nics(mirror, vm)
        Growth(context, vm)
        Happened(mirror, vm)
        with ui.element().classes("x-vm-aside"):
            About(mirror, vm)
            Ties(mirror, vm)

    def age() -> None:
        grid.classes(remove="x-vm-old") if pool.server.is_live else grid.classes("x-vm-old")

    follow_all(mirror, lambda changes: any(change.subject is pool.server for change in changes), age)


def _unknown(context: Context) -> None:
    away = [pool_name(pool) for pool in context.mirror if not pool.server.is_live]
    text = _("It was deleted, or the address is not quite right.")
    if away:
        text = _("It was deleted, the address is not quite right, or it is in {pools}, not connected now.").format(pools=", ".join(away))
    with empty_state(_("No VM has this uuid"), text):
        ui.link(_("All VMs"), "/vms").classes("x-btn")


def _no_guest(vm: VM) -> None:
    heading(name_of(vm), 1).classes("x-head-name").props("dir=auto")
    if vm.is_a_snapshot:
        owner = vm.home.one(VM, vm.snapshot_of)
        with empty_state(_("This is a snapshot"), _("It is shown on the page of the VM it was taken of.")):
            ui.link(name_of(owner) if owner else _("All VMs"), path_of(owner) if owner else "/vms").classes("x-btn")
    elif vm.is_control_domain:
        host = vm.home.one(Host, vm.resident_on)
        with empty_state(_("This is a control domain"), _("It lives and ends with its host.")):
            ui.link(name_of(host) if host else _("All VMs"), path_of(host) if host else "/vms").classes("x-btn")
    else:
        with empty_state(_("This is a template"), _("VMs are made from it; it does not run itself.")):
            ui.link(_("All VMs"), "/vms").classes("x-btn")
