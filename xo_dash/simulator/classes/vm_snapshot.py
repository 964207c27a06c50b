"""VMs: back to a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import durations, sexpr, vbd, vif, vm_copy, vm_life, vm_power, vm_record
from .vm_states import words

# what a revert leaves as it is
UNTOUCHED = words(
    "uuid suspend_VDI power_state parent current_operations allowed_operations metrics guest_metrics resident_on domid "
    "protection_policy snapshot_schedule scheduled_to_be_resident_on snapshots tags affinity groups consoles VBDs VIFs VGPUs VUSBs VTPMs "
    "attached_PCIs is_snapshot_from_vmpp children crash_dumps blobs"
)
TELLING = ("SR_BACKEND_FAILURE_44", "SR_BACKEND_FAILURE_109", "VDI_INCOMPATIBLE_TYPE")  # these are not hidden behind VM_REVERT_FAILED


@message("VM.revert")
async def revert(call: Call, snapshot: str) -> str:
    """The VM is as it was, its name too; its disks are new ones. Whoever lost the VM gets it back, with its old uuid."""
    vm = call.db.get(snapshot, "snapshot_of")
    if vm == NULL or not call.db.exists(vm):
        vm = recreated(call, snapshot, vm)
    async with call.operation(snapshot, "revert", cancellable=False), call.operation(vm, "reverting", cancellable=False):
        if call.db.get(vm, "power_state") != "Halted":
            await call.run("VM.hard_shutdown", vm)
        try:
            restore_fields(call, snapshot, vm)
            await restore_devices(call, snapshot, vm)
        except XapiError as error:
            vm_life.gone(call.pool, vm)
            if error.code in TELLING:
                raise
            raise XapiError("VM_REVERT_FAILED", snapshot, vm) from error
    name, uuid = call.db.get(snapshot, "name_label"), call.db.get(snapshot, "uuid")
    vm_power.tell(call, vm, "VM_SNAPSHOT_REVERTED", f"reverted to snapshot: {name} (uuid {uuid})")
    return ""


def metadata(call: Call, snapshot: str) -> Record:
    """The VM as it was. ValueError if the snapshot does not know."""
    return sexpr.load(call.db.get(snapshot, "snapshot_metadata"), call.db.model.classes["VM"])


def recreated(call: Call, snapshot: str, lost: str) -> str:
    """A new row for the VM that was destroyed; its other snapshots are its own again."""
    db = call.db
    try:
        was = metadata(call, snapshot)
        uuid = was["uuid"]
    except (ValueError, KeyError):
        raise XapiError("VM_REVERT_FAILED", snapshot, lost) from None
    fields = {k: v for k, v in was.items() if k not in UNTOUCHED}
    fields |= {"domid": -1, "power_state": "Halted", "metrics": vm_record.new_metrics(call.pool), "tags": list(db.get(snapshot, "tags"))}
    vm = db.create("VM", {**fields, "current_operations": {}, "is_a_snapshot": False, "is_a_template": was.get("is_a_template", False)})
    held = db.tables["VM"].by_uuid
    held.pop(db.get(vm, "uuid"), None)
    held[uuid] = vm
    db.set(vm, uuid=uuid)
    for other in orphans(call, uuid):
        db.set(other, snapshot_of=vm)
    call.pool.refresh(vm)
    return vm


def orphans(call: Call, uuid: str) -> list[str]:
    """Snapshots of the VM that had this uuid."""
    mark = f"('uuid' '{uuid}')"
    return [ref for ref, vm in call.db.records("VM") if vm["is_a_snapshot"] and mark in vm["snapshot_metadata"]]


def restore_fields(call: Call, snapshot: str, vm: str) -> None:
    try:
        was = metadata(call, snapshot)
    except ValueError:
        was = {k: v for k, v in call.db.record("VM", snapshot).items() if k in vm_copy.KEPT}
    fields: dict[str, Any] = {k: v for k, v in was.items() if k not in UNTOUCHED}
    fields |= {"ha_always_run": False, "generation_id": fields.get("generation_id") and vm_copy.generation_id(call.pool)}
    if not call.db.exists(fields.get("appliance", NULL)):
        fields["appliance"] = NULL
    call.db.set(vm, **fields)
    call.progress(0.1)


async def restore_devices(call: Call, snapshot: str, vm: str) -> None:
    db = call.db
    shot = db.record("VM", snapshot)
    origins = {drive: origin(call, drive) for drive in shot["VBDs"]}
    await drop_drives(call, vm, {found.lost for found in origins.values()})
    call.progress(0.2)
    for drive, found in origins.items():
        await restore_drive(call, vm, drive, found)
    call.progress(0.5)
    db.set(vm, suspend_VDI=NULL if shot["suspend_VDI"] == NULL else await call.run("VDI.clone", shot["suspend_VDI"], {}))
    call.progress(0.7)
    for nic in list(db.get(vm, "VIFs")):
        vif.remove(call, nic)
    for nic in list(shot["VIFs"]):
        vm_copy.copied_nic(call, vm, nic, keep_mac=True)
    call.progress(0.8)
    vm_record.drop(call.pool, *list(db.get(vm, "VGPUs")), *list(db.get(vm, "VTPMs")))
    vm_copy.copied_devices(call, snapshot, vm)
    restore_metrics(call, snapshot, vm)
    db.set(vm, parent=snapshot, power_state=shot["power_state"])
    call.progress(0.9)
    await call.work(durations.seconds(call.pool, "revert"), start=0.9)
    vm_copy.detach_if_halted(call, vm)
    vm_life.refresh_all(call.pool, vm)


@dataclass(frozen=True, slots=True)
class DiskOrigin:
    """Of a snapshot's disk: the disk it was taken of (NULL: gone, or a CD), and all snapshots of that."""

    lost: str
    shots: tuple[str, ...]


def origin(call: Call, drive: str) -> DiskOrigin:
    record = call.db.record("VBD", drive)
    if record["type"] != "Disk" or record["empty"]:
        return DiskOrigin(NULL, ())
    lost = call.db.get(record["VDI"], "snapshot_of")
    return DiskOrigin(lost, tuple(call.db.get(lost, "snapshots")) if call.db.exists(lost) else (record["VDI"],))


async def drop_drives(call: Call, vm: str, known: set[str]) -> None:
    """All drives go. Disks that the snapshot brings back are destroyed; others are kept, only detached."""
    db = call.db
    disks = [db.get(drive, "VDI") for drive in db.get(vm, "VBDs") if db.get(drive, "type") == "Disk"]
    for drive in list(db.get(vm, "VBDs")):
        vbd.remove(call, drive)
    for vdi in (*disks, db.get(vm, "suspend_VDI")):
        if vdi != NULL and db.exists(vdi) and (vdi in known or vdi not in disks):
            await call.run("VDI.destroy", vdi)


async def restore_drive(call: Call, vm: str, drive: str, found: DiskOrigin) -> None:
    """A clone takes the place of the disk that is gone: all its snapshots are of the clone now."""
    vdi = call.db.get(drive, "VDI")
    if found.shots:
        vdi = await call.run("VDI.clone", vdi, {})
        for shot in found.shots:
            if call.db.exists(shot):
                call.db.set(shot, snapshot_of=vdi)
    vm_copy.copied_drive(call, vm, drive, vdi)


def restore_metrics(call: Call, snapshot: str, vm: str) -> None:
    record, shot = call.db.record("VM", vm), call.db.record("VM", snapshot)
    old = record["metrics"], record["guest_metrics"]
    call.db.set(vm, metrics=vm_record.new_metrics(call.pool, shot["metrics"]), guest_metrics=vm_copy.copied_guest(call.pool, shot))
    vm_record.drop(call.pool, *old)
