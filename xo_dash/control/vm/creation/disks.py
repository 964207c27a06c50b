"""The disks and CD drives of a new VM, as steps of its plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data.objects import SR, VBD, VDI, VM
from data.types import NULL_REF, Ref
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, Wait, several
from xo_dash.control.vm.creation.blueprint import CD, Blueprint, Disk
from xo_dash.i18n import N_

PATIENCE: Final = 60.0
"""Seconds until the mirror has heard of what a clone has."""


def disk_made(made: Blueprint, vm: Any, disk: Disk, name: str) -> Plan:
    if disk.existing is not None:
        says = lazy(N_("Attaching {disk}"), disk=named(disk.existing))
        yield attached(vm, disk.existing.ref, disk.position, says, read_only=disk.existing.read_only)
    elif disk.original is not None:
        yield from _changed(made, vm, disk, name)
    else:
        sr = disk.sr.ref if disk.sr is not None else NULL_REF
        where = named(disk.sr) if disk.sr is not None else ""
        says = lazy(N_("Creating disk {disk}, {size} on {sr}"), disk=name, size=Amount(disk.size), sr=where)
        vdi = yield Call("VDI.create", disk_record(name, sr, disk.size, {}), says=says, undo=disk_removed)
        yield attached(vm, vdi, disk.position, says)


def new_disk(name: str, sr: SR, size: int) -> Call:
    """`size`: bytes."""
    says = lazy(N_("Creating disk {disk}, {size} on {sr}"), disk=name, size=Amount(size), sr=named(sr))
    return Call("VDI.create", disk_record(name, sr.ref, size, {}), says=says, undo=disk_removed)


def disk_record(name: str, sr: Ref, size: int, config: Mapping[str, str]) -> dict[str, object]:
    return {
        "name_label": name, "name_description": "", "SR": sr, "virtual_size": size, "type": "user", "sharable": False, "read_only": False,
        "other_config": dict(config), "xenstore_data": {}, "sm_config": {}, "tags": [],
    }  # fmt: skip


def disk_removed(vdi: Any) -> Plan:
    return several([Call("VDI.destroy", vdi, says=lazy(N_("Deleting the new disk")), gone_is_done=True)])


def attached(
    vm: Any,
    vdi: Any,
    position: str,
    says: LazyText,
    *,
    kind: str = "Disk",
    read_only: bool = False,
    marks: Mapping[str, str] | None = None,
) -> Call:
    """`owner` in other_config: the disk goes with the VM when a tool of others deletes that."""
    record = {
        "VM": vm, "VDI": vdi, "userdevice": position, "bootable": kind == "Disk" and position == "0", "type": kind,
        "mode": "RO" if read_only or kind == CD else "RW", "unpluggable": True, "empty": vdi == NULL_REF,
        "other_config": {} if kind == CD else {"owner": "", **(marks or {})}, "qos_algorithm_type": "", "qos_algorithm_params": {},
    }  # fmt: skip
    return Call("VBD.create", record, says=says, undo=_detached)


def _detached(vbd: Any) -> Plan:
    return several([Call("VBD.destroy", vbd, says=lazy(N_("Detaching the disk")), gone_is_done=True)])


def _changed(made: Blueprint, vm: Any, disk: Disk, name: str) -> Plan:
    """A disk of the template, which the clone has at the same position."""
    original = disk.original
    assert original is not None  # noqa: S101  # so it is called
    grows = disk.size > original.virtual_size
    says = lazy(N_("Naming disk {disk}"), disk=name)
    if grows:
        says = lazy(N_("Growing {disk} from {old} to {new}"), disk=name, old=Amount(original.virtual_size), new=Amount(disk.size))
    vdi = yield _found(made, vm, disk.position, says)
    yield Call("VDI.set_name_label", vdi, name, says=says, asynchronous=False)
    if grows:
        yield Call("VDI.resize", vdi, disk.size, says=says)


def _found(made: Blueprint, vm: Any, position: str, says: LazyText) -> Wait:
    """The disk, drive or NIC that the clone has in one place: nothing tells but the mirror."""
    home = made.source.home

    def disk() -> Ref | None:
        vbd = _in_place(home.one(VM, vm), position)
        return vbd.VDI if vbd is not None and home.one(VDI, vbd.VDI) is not None else None

    words = f"vbd-list vm-uuid={{0}} userdevice={position} params=vdi-uuid --minimal"
    return Wait(until=disk, within=PATIENCE, says=says, failed=lazy(N_("the pool does not report it")), kind="VDI", asks=(words, vm))


def _found_drive(made: Blueprint, vm: Any, position: str, says: LazyText) -> Wait:
    home = made.source.home

    def drive() -> Ref | None:
        vbd = _in_place(home.one(VM, vm), position)
        return vbd.ref if vbd is not None else None

    words = f"vbd-list vm-uuid={{0}} userdevice={position} --minimal"
    return Wait(until=drive, within=PATIENCE, says=says, failed=lazy(N_("the pool does not report it")), kind="VBD", asks=(words, vm))


def _in_place(vm: VM | None, position: str) -> VBD | None:
    return next((vbd for vbd in vm.all_of(VBD, vm.VBDs) if vbd.userdevice == position), None) if vm is not None else None


def cd_drive(made: Blueprint, vm: Any) -> Plan:
    """A CD drive with the image in it; an empty one where there is none yet: it cannot be added while the VM runs."""
    iso = made.iso
    says = lazy(N_("Inserting {disc}"), disc=named(iso)) if iso is not None else lazy(N_("Adding a CD drive"))
    if made.drive is None:
        yield attached(vm, iso.ref if iso is not None else NULL_REF, made.cd_position, says, kind=CD)
        return
    if iso is None:
        return
    vbd = yield _found_drive(made, vm, made.drive.userdevice, says)
    if not made.drive.empty:
        yield Call("VBD.eject", vbd, says=says)
    yield Call("VBD.insert", vbd, iso.ref, says=says)


def drive_dropped(made: Blueprint, vm: Any, position: str) -> Plan:
    """The one that it has of its template: guests would read either."""
    says = lazy(N_("Removing the cloud-init disk of the template"))
    vdi = yield _found(made, vm, position, says)
    vbd = yield _found_drive(made, vm, position, says)
    yield Call("VBD.destroy", vbd, says=says, gone_is_done=True)
    yield Call("VDI.destroy", vdi, says=says, gone_is_done=True)
