"""Taking snapshots, and taking them away with the disks that are theirs alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from data.names import name_of
from data.objects import VBD, VDI, VM
from data.types import XapiObject
from xo_dash.control.action import Arguments, Step, text_argument
from xo_dash.control.said import Said, say
from xo_dash.i18n import N_, size

LONGEST_NAME = 255


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


def disk_names(subject: XapiObject) -> Sequence[str]:
    """The disks that deleting this snapshot removes, with their sizes."""
    if not isinstance(subject, VM):
        return ()
    return [f"{name_of(disk)} · {size(disk.virtual_size)}" for disk in own_disks(subject)]


def delete_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    """The snapshot's record first: a disk cannot go while something is made of it."""
    assert isinstance(subject, VM)  # noqa: S101  # the table's `kind` says so, and the runner has looked
    record = Step(method="VM.destroy", parameters=(subject.ref,), says=N_("Deleting snapshot {name}"), name=name_of(subject))
    disks = [
        Step(
            method="VDI.destroy", parameters=(disk.ref,), says=N_("Deleting disk {name}"), name=name_of(disk), gone_is_done=True, alone=True
        )
        for disk in own_disks(subject)
    ]
    return (record, *disks)


def take_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    name = text_argument(subject, arguments, "name")
    return (Step(method="VM.snapshot", parameters=(subject.ref, name), says=N_("Taking a snapshot of {name}"), name=name_of(subject)),)


def default_name(subjects: Sequence[XapiObject]) -> str:
    """`web-1 2026-01-31 14:05`: sorts by time, and says whose it is where only the name is shown."""
    moment = dt.datetime.now(dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{{name}} {moment}" if len(subjects) != 1 else f"{name_of(subjects[0])} {moment}"


def check_name(subject: XapiObject, value: str) -> Said | None:
    name = value.replace("{name}", name_of(subject)).strip()
    if not name:
        return say(N_("a snapshot needs a name"))
    if len(name) > LONGEST_NAME:
        return say(N_("a name has at most {longest} characters"), longest=LONGEST_NAME)
    if not name.isprintable():
        return say(N_("a name has only characters that can be seen"))
    return None
