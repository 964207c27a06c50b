"""Taking snapshots, and deleting them with the disks that are theirs alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VBD, VDI, VM
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.request import NamePattern, NoRequest, Request, called
from xo_dash.control.said import say
from xo_dash.control.vm.kinds import is_machine, is_snapshot
from xo_dash.i18n import N_, size


class TakeSnapshot(Request, frozen=True, kw_only=True):
    """The disks as they are now, to go back to."""

    name: Annotated[NamePattern, called(N_("Name"))]


def dated_name(vms: Sequence[VM]) -> str:
    """`web-1 2026-01-31 14:05`: sorts by time, and says whose it is where only the name is shown."""
    moment = dt.datetime.now(dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{{name}} {moment}" if len(vms) != 1 else f"{name_of(vms[0])} {moment}"


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"name": dated_name(vms)}


def take_plan(request: TakeSnapshot, vm: VM) -> Plan:
    return one("VM.snapshot", vm.ref, request.name, says=say(N_("Taking a snapshot of {name}"), name=name_of(vm)))


def own_disks(snapshot: VM) -> list[VDI]:
    """The disks that go with `snapshot`: its disks and its memory image, without those that anything else uses.

    VM.destroy removes records only: disks stay, and what a CD drive holds is somebody else's.
    """
    drives = snapshot.all_of(VBD, snapshot.VBDs)
    disks = [disk for drive in drives if drive.type == "Disk" and (disk := snapshot.home.one(VDI, drive.VDI))]
    memory = snapshot.home.one(VDI, snapshot.suspend_VDI)
    if memory is not None and not _resumes_another(snapshot, memory):
        disks.append(memory)
    return [disk for disk in dict.fromkeys(disks) if _only_of(snapshot, disk)]


def _only_of(snapshot: VM, disk: VDI) -> bool:
    return disk.managed and not disk.sharable and all(snapshot.ref == drive.VM for drive in disk.all_of(VBD, disk.VBDs))


def _resumes_another(snapshot: VM, memory: VDI) -> bool:
    return any(vm.suspend_VDI == memory.ref and vm is not snapshot for vm in snapshot.home.all(VM).values())


def disk_names(snapshot: VM) -> Sequence[str]:
    """The disks that deleting this snapshot removes, with their sizes."""
    return [f"{name_of(disk)} · {size(disk.virtual_size)}" for disk in own_disks(snapshot)]


def delete_plan(request: NoRequest, snapshot: VM) -> Plan:
    """The snapshot's record first: a disk cannot go while something is made of it."""
    disks = own_disks(snapshot)
    yield Call("VM.destroy", snapshot.ref, says=say(N_("Deleting snapshot {name}"), name=name_of(snapshot)))
    for disk in disks:
        yield Call("VDI.destroy", disk.ref, says=say(N_("Deleting disk {name}"), name=name_of(disk)), gone_is_done=True, alone=True)


_TAKE, _DELETE = allowed("snapshot"), allowed("destroy")
TAKE: Final[AnyAction] = Action(
    id="vm.snapshot", kind=VM, request=TakeSnapshot, title=N_("Snapshot"), done=N_("{name} has a new snapshot"),
    role=Role.OPERATOR, icon="camera", prominent=True, applies_to=is_machine,
    blocked=_TAKE, quick_check=_TAKE.holds, relevant=lambda vm: True, defaults=defaults, plan=take_plan,
)  # fmt: skip
DELETE: Final[AnyAction] = Action(
    id="snapshot.delete", kind=VM, title=N_("Delete snapshot"), done=N_("Snapshot {name} is deleted"),
    role=Role.OPERATOR, icon="trash", danger=True, prominent=True, applies_to=is_snapshot,
    blocked=_DELETE, quick_check=_DELETE.holds, relevant=lambda vm: True, plan=delete_plan, also_removed=disk_names,
    warning=N_("The VM can no longer go back to this point. The VM itself and its present disks stay."),
)  # fmt: skip
