"""Deleting snapshots, with the disks that are theirs alone. Those that a backup needs stay, unless somebody wants just them deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Final

from data.disks import own_disks
from data.names import name_of
from data.objects import VM
from data.stores.users import Role
from data.vms import is_of_backup
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called
from xo_dash.control.vm.disks import disk_label
from xo_dash.control.vm.kinds import is_snapshot
from xo_dash.i18n import N_


class DeleteSnapshot(Request, frozen=True, kw_only=True):
    """The point to go back to, and its disks. The VM and its present disks stay."""

    backups: Annotated[bool, called(N_("Include snapshots of backups"), hint=N_("The next backup is then a full one"))] = False


def unasked(snapshots: Sequence[VM]) -> Collection[str]:
    return () if any(map(is_of_backup, snapshots)) else ("backups",)


def check(request: DeleteSnapshot, snapshot: VM) -> Iterator[Fault]:
    if is_of_backup(snapshot) and not request.backups:
        text = N_("{name} is used by a backup job; include snapshots of backups, or skip it")
        yield Fault("backups", lazy(text, name=name_of(snapshot)))


def notes(request: DeleteSnapshot, snapshot: VM) -> Iterator[LazyText]:
    if is_of_backup(snapshot):
        vm = snapshot.home.one(VM, snapshot.snapshot_of)
        yield lazy(N_("The next backup of {vm} is a full one."), vm=name_of(vm) if vm else "?")


def plan(request: DeleteSnapshot, snapshot: VM) -> Plan:
    """The snapshot's record first: a disk cannot go while something is made of it."""
    disks = own_disks(snapshot)
    yield Call("VM.destroy", snapshot.ref, says=lazy(N_("Deleting snapshot {name}"), name=name_of(snapshot)))
    for disk in disks:
        yield Call("VDI.destroy", disk.ref, says=lazy(N_("Deleting disk {name}"), name=name_of(disk)), gone_is_done=True, alone=True)


_CONDITION = allowed("destroy")
DELETE_SNAPSHOT: Final[AnyAction] = Action(
    id="snapshot.delete", kind=VM, request=DeleteSnapshot, title=N_("Delete snapshot"), done=N_("Snapshot {name} is deleted"),
    role=Role.OPERATOR, icon="trash", danger=True, prominent=True, applies_to=is_snapshot,
    blocked=_CONDITION, quick_check=_CONDITION.holds, relevant=lambda vm: True, unasked=unasked, check=check, notes=notes, plan=plan,
    also_removed=lambda snapshot: [disk_label(disk) for disk in own_disks(snapshot)],
    warning=N_("The VM can no longer be reverted to this point. The VM and its current disks are kept."),
)  # fmt: skip
