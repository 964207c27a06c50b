"""Drives: create, plug and unplug, CDs in and out, destroy."""

from __future__ import annotations

from typing import Any

from .. import generic
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import device_end, devices, durations, ha_agile, vm_config, vm_placement
from .vdi import KINDS


@message("VBD.create")
def create(call: Call, args: Record) -> str:
    """Never plugs. INVALID_DEVICE, DEVICE_ALREADY_EXISTS and what else is wrong with it."""
    db = call.db
    fields = generic.constructor(db.model, "VBD", args)
    vm = db.record("VM", fields["VM"])
    if not fields["empty"]:
        kind = db.record("VDI", fields["VDI"])["type"]
        if kind not in KINDS or kind in ("ha_statefile", "redo_log"):
            raise XapiError("VDI_INCOMPATIBLE_TYPE", fields["VDI"], kind)
    check_mode(call, fields)
    for task, name in vm["current_operations"].items():
        if name in ("migrate_send", "pool_migrate"):
            raise XapiError("OTHER_OPERATION_IN_PROGRESS", "VM", fields["VM"], name, task)
    if fields["type"] == "Floppy" and vm_placement.is_pv(vm):
        raise XapiError("NOT_IMPLEMENTED", "VBD of type 'floppy' is not supported on PV domain")
    fields["userdevice"] = position(call, vm, fields)
    if not fields["empty"]:
        ha_agile.check_disk(call.pool, fields["VM"], fields["VDI"])
    suspended = vm["power_state"] == "Suspended"
    fields["device"] = fields.get("device", "") if suspended else ""
    fields["currently_attached"] = bool(fields.get("currently_attached")) and suspended
    vbd = make(call, fields)
    call.pool.refresh(vbd, *([fields["VDI"]] if db.exists(fields["VDI"]) else []))
    return vbd


def make(call: Call, fields: dict[str, Any]) -> str:
    """The row and its metrics."""
    return call.db.create("VBD", {**fields, "metrics": call.db.create("VBD_metrics", {})})


def check_mode(call: Call, fields: Record) -> None:
    if fields["type"] == "CD" and fields["mode"] != "RO":
        raise XapiError("VBD_CDS_MUST_BE_READONLY")
    if fields["type"] != "CD" and fields["empty"]:
        raise XapiError("VBD_NOT_REMOVABLE_MEDIA", "in constructor")
    if fields["mode"] == "RW" and call.db.record("VDI", fields["VDI"])["read_only"]:
        raise XapiError("VDI_READONLY", fields["VDI"])


def position(call: Call, vm: Record, fields: Record) -> str:
    """The userdevice: as given, or the first that is free."""
    wanted = fields["userdevice"]
    taken = list(vm_config.drive_names(call.pool, vm))
    if not devices.is_disk_position(wanted, fields["type"]):
        raise XapiError("INVALID_DEVICE", wanted)
    if wanted == "autodetect":
        free = devices.free_disks(taken)
        if fields["type"] == "Floppy":
            free = [name for name in ("fda", "fdb") if not devices.devices(name) & devices.used(taken)]
        if not free:
            raise XapiError("INVALID_DEVICE", wanted)
        return free[0]
    if devices.devices(wanted) & devices.used(taken):
        raise XapiError("DEVICE_ALREADY_EXISTS", wanted)
    return str(wanted)


@message("VBD.destroy")
def destroy(call: Call, vbd: str) -> str:
    device_end.detached(call, "VBD", vbd)
    remove(call, vbd)
    return ""


def remove(call: Call, vbd: str) -> None:
    record = call.db.record("VBD", vbd)
    vdi = record["VDI"]
    if call.db.exists(record["metrics"]):
        call.db.destroy(record["metrics"])
    call.db.destroy(vbd)
    if call.db.exists(vdi):
        call.pool.refresh(vdi)


@message("VBD.plug")
async def plug(call: Call, vbd: str) -> str:
    async with call.operation(vbd, "plug"):
        record = call.db.record("VBD", vbd)
        vm = call.db.record("VM", record["VM"])
        if vm["domain_type"] == "hvm" and record["type"] != "CD" and record["mode"] == "RO":
            raise XapiError("DISK_VBD_MUST_BE_READWRITE_FOR_HVM", vbd)
        need_reach(call, vm, record["VDI"])
        await call.work(durations.seconds(call.pool, "plug"))
        call.db.set(vbd, currently_attached=True, device=devices.disk_name(record["userdevice"]))
    refresh_with_disk(call, vbd)
    return ""


def need_reach(call: Call, vm: Record, vdi: str) -> None:
    """The host of a running VM must have the disk's SR plugged."""
    if vdi == NULL:
        return
    sr = call.db.get(vdi, "SR")
    pbds = [call.db.record("PBD", pbd) for pbd in call.db.get(sr, "PBDs")]
    if not any(pbd["host"] == vm["resident_on"] and pbd["currently_attached"] for pbd in pbds):
        raise XapiError("SR_NOT_ATTACHED" if pbds else "SR_HAS_NO_PBDS", sr)


@message("VBD.unplug", "VBD.unplug_force")
async def unplug(call: Call, vbd: str) -> str:
    async with call.operation(vbd, call.method.removeprefix("VBD.")):
        await call.work(durations.seconds(call.pool, "plug"))
        call.db.set(vbd, currently_attached=False)
    refresh_with_disk(call, vbd)
    return ""


@message("VBD.insert")
async def insert(call: Call, vbd: str, vdi: str) -> str:
    async with call.operation(vbd, "insert"):
        if not call.db.get(vdi, "managed"):
            raise XapiError("VDI_NOT_MANAGED", vdi)
        ha_agile.check_disk(call.pool, call.db.get(vbd, "VM"), vdi)
        vm = call.db.record("VM", call.db.get(vbd, "VM"))
        if vm["power_state"] != "Halted":
            need_reach(call, vm, vdi)
            await call.work(durations.seconds(call.pool, "plug"))
        call.db.set(vbd, VDI=vdi, empty=False)
    refresh_with_disk(call, vbd)
    return ""


@message("VBD.eject")
async def eject(call: Call, vbd: str) -> str:
    vdi = call.db.get(vbd, "VDI")
    async with call.operation(vbd, "eject"):
        if call.db.get(call.db.get(vbd, "VM"), "power_state") != "Halted":
            await call.work(durations.seconds(call.pool, "plug"))
        call.db.set(vbd, VDI=NULL, empty=True)
    call.pool.refresh(vbd, vdi)
    return ""


@message("VBD.pause")
async def pause(call: Call, vbd: str) -> str:
    """For drivers; xapi has no more of it than the checks."""
    async with call.operation(vbd, "pause"):
        raise XapiError("SR_OPERATION_NOT_SUPPORTED", call.db.record("VDI", call.db.get(vbd, "VDI"))["SR"])


@message("VBD.unpause")
async def unpause(call: Call, vbd: str, _token: str) -> str:
    async with call.operation(vbd, "unpause"):
        raise XapiError("SR_OPERATION_NOT_SUPPORTED", call.db.record("VDI", call.db.get(vbd, "VDI"))["SR"])


@message("VBD.assert_attachable")
def assert_attachable(call: Call, vbd: str) -> str:
    reason = call.pool.registry.checks["VBD"](call.pool, vbd, call.db.record("VBD", vbd), "attach")
    if reason:
        raise reason
    return ""


@message("VBD.set_mode")
def set_mode(call: Call, vbd: str, value: str) -> str:
    vm = call.db.get(vbd, "VM")
    state = call.db.get(vm, "power_state")
    if state != "Halted":
        raise XapiError("VM_BAD_POWER_STATE", vm, "halted", state.lower())
    call.db.set(vbd, mode=value)
    return ""


def refresh_with_disk(call: Call, vbd: str) -> None:
    vdi = call.db.get(vbd, "VDI")
    call.pool.refresh(vbd, *([vdi] if vdi != NULL else []))
