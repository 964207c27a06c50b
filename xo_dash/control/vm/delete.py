"""Deleting a VM, a template or what is in the trash: its record, its snapshots, and the disks that are theirs alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from data.disks import own_disks
from data.names import name_of
from data.objects import VDI, VM, PowerState
from data.stores.users import Role
from data.trash import is_trashed
from data.types import XapiObject
from data.vms import is_of_backup
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called
from xo_dash.control.vm.disks import Shared, disk_label, shared_disks
from xo_dash.control.vm.kinds import is_machine, is_template
from xo_dash.i18n import N_


class DeleteVM(Request, frozen=True, kw_only=True):
    """It cannot be undone. `keep`: uuids of disks that stay on their SRs, detached."""

    keep: Annotated[tuple[str, ...], called(N_("Disks to keep"))] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with a VM, and what stays."""

    disks: Sequence[VDI]
    snapshots: Sequence[VM]
    snapshot_disks: Sequence[VDI]
    kept: Sequence[VDI]  # as asked for
    shared: Sequence[Shared]


def removal_of(vm: VM, keep: Collection[str] = ()) -> Removal:
    """A disk is kept for the VM and its snapshots alike: its uuid says which."""
    own, snapshots = own_disks(vm), vm.all_of(VM, vm.snapshots)
    theirs = dict.fromkeys(disk for snapshot in snapshots for disk in own_disks(snapshot))
    return Removal(
        disks=[disk for disk in own if disk.uuid not in keep],
        snapshots=snapshots,
        snapshot_disks=list(theirs),
        kept=[disk for disk in own if disk.uuid in keep],
        shared=shared_disks(vm),
    )


def check(request: DeleteVM, vm: VM) -> Iterator[Fault]:
    known = {disk.uuid for disk in own_disks(vm)}
    for uuid in request.keep:
        if uuid not in known and vm.home.by_uuid(VDI, uuid) is None:
            yield Fault("keep", lazy(N_("there is no disk {uuid} in the pool; leave it out"), uuid=uuid[:80]))


def notes(request: DeleteVM, vm: VM) -> Iterator[LazyText]:
    removal = removal_of(vm, request.keep)
    if removal.snapshots:
        yield lazy(N_("Snapshots deleted with it: {n}."), n=len(removal.snapshots))
    if backups := sum(map(is_of_backup, removal.snapshots)):
        yield lazy(N_("Of these, used by backup jobs: {n}. The backup jobs will no longer find them."), n=backups)
    for shared in removal.shared:
        if shared.by:
            yield lazy(N_("{disk} is kept: {vm} also uses it."), disk=disk_label(shared.disk), vm=name_of(shared.by[0]))
        else:
            yield lazy(N_("{disk} is kept: it is marked as shared."), disk=disk_label(shared.disk))
    for disk in removal.kept:
        yield lazy(N_("{disk} is detached and kept."), disk=disk_label(disk))


def plan(request: DeleteVM, vm: VM) -> Plan:
    """The record first: if XAPI refuses that, nothing is lost. What cannot go afterwards is told, and the rest goes on."""
    removal = removal_of(vm, request.keep)
    yield Call("VM.destroy", vm.ref, says=lazy(N_("Deleting {name}"), name=name_of(vm)))
    for snapshot in removal.snapshots:
        says = lazy(N_("Deleting snapshot {name}"), name=name_of(snapshot))
        yield Call("VM.destroy", snapshot.ref, says=says, gone_is_done=True, alone=True)
    for disk in (*removal.disks, *removal.snapshot_disks):
        yield Call("VDI.destroy", disk.ref, says=lazy(N_("Deleting disk {name}"), name=name_of(disk)), gone_is_done=True, alone=True)


_CONDITION = allowed("destroy", PowerState.HALTED, PowerState.SUSPENDED)


def _blocked_template(vm: VM) -> LazyText | None:
    if vm.is_default_template:
        return lazy(N_("it is a template that comes with the pool"))
    if not is_template(vm):
        return lazy(N_("it is not a template"))
    return None if "destroy" in vm.allowed_operations else _CONDITION(vm)


def _blocked_trash(vm: VM) -> LazyText | None:
    """Looked at once more before it is sent: somebody may have restored it while it waited for its turn."""
    return _CONDITION(vm) if is_trashed(vm) else lazy(N_("it is not in the trash"))


def _row(
    action_id: str, title: str, done: str, applies_to: Callable[[XapiObject], bool], blocked: Callable[[VM], LazyText | None]
) -> AnyAction:
    return Action(
        id=action_id, kind=VM, request=DeleteVM, title=title, done=done, role=Role.OPERATOR, icon="trash", danger=True,
        applies_to=applies_to, blocked=blocked, check=check, notes=notes, plan=plan,
        also_removed=lambda vm: [disk_label(disk) for disk in own_disks(vm)], warning=N_("This cannot be undone."),
    )  # fmt: skip


DELETE_VM: Final = _row("vm.delete", N_("Delete"), N_("{name} is deleted"), is_machine, _CONDITION)
DELETE_TEMPLATE: Final = _row("template.delete", N_("Delete template"), N_("Template {name} is deleted"), is_template, _blocked_template)
PURGE: Final = _row("vm.purge", N_("Delete from trash"), N_("{name} is deleted"), is_trashed, _blocked_trash)
