"""Taking a VM back to one of its snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VIF, VM, PowerState
from data.stores.users import Role
from data.types import timestamp
from data.vms import disks_of, is_of_backup
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Name, an_object, called
from xo_dash.control.vm.disks import disk_label
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.snapshot import dated_name
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

LIVE = (PowerState.RUNNING, PowerState.PAUSED)


Snapshot = Annotated[str, an_object(VM, missing=N_("this snapshot no longer exists; choose another"))]


class RevertVM(Request, frozen=True, kw_only=True):
    """Disks and settings as they were when the snapshot was taken. A running VM is forced off first."""

    snapshot: Annotated[Snapshot, called(N_("Snapshot"))]
    snapshot_first: Annotated[bool, called(N_("Take a snapshot of the current state first"), hint=N_("So that you can revert to it"))] = (
        True
    )
    start: Annotated[bool, called(N_("Start the VM afterwards"))] = False
    name: Annotated[Name | None, called(N_("Snapshot name"))] = None


def snapshots_of(vm: VM) -> list[VM]:
    """Newest first."""
    return sorted(vm.all_of(VM, vm.snapshots), key=lambda snapshot: -(timestamp(snapshot.snapshot_time) or 0))


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    newest = next((snapshot.uuid for snapshot in snapshots_of(vms[0]) if not _refused(snapshot)), "") if len(vms) == 1 else ""
    return {"snapshot": newest, "snapshot_first": True, "start": any(vm.power_state in LIVE for vm in vms), "name": None}


def choices(vms: Sequence[VM]) -> Sequence[Choice]:
    """The snapshots of the one VM: several have none in common."""
    if len(vms) != 1:
        return ()
    return [Choice(snapshot.uuid, name_of(snapshot), _refused(snapshot)) for snapshot in snapshots_of(vms[0])]


def _refused(snapshot: VM) -> LazyText | None:
    if "revert" in snapshot.allowed_operations:
        return None
    if snapshot.current_operations:
        return under_way(next(iter(snapshot.current_operations.values())))
    return lazy(N_("the pool does not allow reverting to it now"))


def blocked(vm: VM) -> LazyText | None:
    if not vm.snapshots:
        return lazy(N_("it has no snapshots"))
    if vm.current_operations:
        return under_way(next(iter(vm.current_operations.values())))
    if "revert" in vm.blocked_operations:
        return lazy(N_("this operation is blocked: {reason}"), reason=vm.blocked_operations["revert"])
    return None


def check(request: RevertVM, vm: VM) -> Iterator[Fault]:
    snapshot = vm.home.by_uuid(VM, request.snapshot)
    if snapshot is None:
        return
    if snapshot.snapshot_of != vm.ref:
        yield Fault("snapshot", lazy(N_("{snapshot} is not a snapshot of {vm}"), snapshot=name_of(snapshot), vm=name_of(vm)))
    elif refused := _refused(snapshot):
        yield Fault("snapshot", refused)
    if request.snapshot_first and "snapshot" not in vm.allowed_operations:
        yield Fault("snapshot_first", lazy(N_("the pool does not allow a snapshot of it now")))


def notes(request: RevertVM, vm: VM) -> Iterator[LazyText]:
    """What the present has and the snapshot has not. Source: xapi detaches such disks and keeps them; NICs are made anew by their MAC."""
    snapshot = vm.home.by_uuid(VM, request.snapshot)
    if snapshot is None:
        return
    theirs = {disk.snapshot_of for disk in disks_of(snapshot)}
    for disk in disks_of(vm):
        if disk.ref not in theirs:
            yield lazy(N_("{disk} is not in the snapshot: it is detached, and kept."), disk=disk_label(disk))
    addresses = {nic.MAC for nic in snapshot.all_of(VIF, snapshot.VIFs)}
    for nic in vm.all_of(VIF, vm.VIFs):
        if nic.MAC not in addresses:
            yield lazy(N_("NIC {device} ({mac}) is not in the snapshot: it is removed."), device=nic.device, mac=nic.MAC)
    if is_of_backup(snapshot):
        yield lazy(N_("{snapshot} is used by a backup job; reverting to it does not affect the backup."), snapshot=name_of(snapshot))
    if snapshot.power_state is PowerState.SUSPENDED and not request.start:
        yield lazy(N_("The snapshot has the memory: {vm} is suspended afterwards, until it is resumed."), vm=name_of(vm))


def plan(request: RevertVM, vm: VM) -> Plan:
    """The snapshot of the present stays, whatever comes after it: it is what one would go back to."""
    snapshot = vm.home.by_uuid(VM, request.snapshot)
    if snapshot is None:
        return
    resumes = snapshot.power_state is PowerState.SUSPENDED
    if request.snapshot_first:
        present = request.name or dated_name([vm])
        yield Call("VM.snapshot", vm.ref, present, says=lazy(N_("Taking a snapshot of {name}"), name=name_of(vm)))
    yield Call("VM.revert", snapshot.ref, says=lazy(N_("Reverting {name} to {snapshot}"), name=name_of(vm), snapshot=name_of(snapshot)))
    if request.start:
        says = lazy(N_("Resuming {name}"), name=name_of(vm)) if resumes else lazy(N_("Starting {name}"), name=name_of(vm))
        yield Call("VM.resume" if resumes else "VM.start", vm.ref, False, False, says=says)


REVERT: Final[AnyAction] = Action(
    id="vm.revert", kind=VM, request=RevertVM, title=N_("Revert to a snapshot"), done=N_("{name} is reverted"), role=Role.OPERATOR,
    icon="undo", danger=True, applies_to=is_machine, blocked=blocked,
    defaults=defaults, choices={"snapshot": choices}, check=check, notes=notes, plan=plan,
    warning=N_(
        "Changes made since the snapshot are lost unless you take a snapshot of the current state first. A running VM is "
        "forced off."),
)  # fmt: skip
