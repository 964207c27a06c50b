"""Who uses a disk, and whether it is in use now."""

from __future__ import annotations

from data.facts.vm import is_up
from data.objects import SR, VBD, VDI, VM
from data.types import XapiObject


def is_disk(subject: XapiObject) -> bool:
    """A disk that people mean by the word: not a base copy of a chain, an image for CD drives, or a piece of a snapshot."""
    return (
        isinstance(subject, VDI)
        and subject.managed
        and not subject.is_a_snapshot
        and subject.type in ("user", "system")
        and not is_image(subject)
    )


def is_image(subject: XapiObject) -> bool:
    """An image for CD drives in a library."""
    if not isinstance(subject, VDI) or not subject.managed:
        return False
    sr = subject.home.one(SR, subject.SR)
    return sr is not None and sr.content_type == "iso" and sr.type != "udev"


def users_of(vdi: VDI) -> list[VM]:
    """The VMs that have it attached, running ones first; snapshots and control domains are none."""
    found = (vdi.home.one(VM, drive.VM) for drive in vdi.all_of(VBD, vdi.VBDs))
    vms = dict.fromkeys(vm for vm in found if vm is not None and not vm.is_a_snapshot and not vm.is_control_domain)
    return sorted(vms, key=lambda vm: not is_up(vm))


def in_use_by(vdi: VDI) -> VM | None:
    """The running VM that has it open."""
    held = {drive.VM for drive in vdi.all_of(VBD, vdi.VBDs) if drive.currently_attached}
    return next((vm for vm in users_of(vdi) if vm.ref in held), None)
