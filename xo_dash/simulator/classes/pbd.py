"""PBDs: how a host reaches a storage repository, and whether it does."""

from __future__ import annotations

from .. import generic
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..registry import message
from . import durations, ha_agile, storage_probe, storage_scan, storage_world, vm_placement


@message("PBD.create")
async def create(call: Call, args: Record) -> str:
    fields = generic.constructor(call.db.model, "PBD", args)
    sr, host = fields["SR"], fields["host"]
    call.db.record("SR", sr)
    call.db.record("host", host)
    async with call.operation(sr, "pbd_create", cancellable=False):
        for held in call.db.get(sr, "PBDs"):
            if call.db.get(held, "host") == host:
                raise XapiError("PBD_EXISTS", sr, host, held)
        return make(call, host, sr, fields["device_config"])


def need_own(device_config: dict[str, str]) -> None:
    if "SRmaster" in device_config:
        raise XapiError("VALUE_NOT_SUPPORTED", "SRmaster", device_config["SRmaster"], "This key is for internal use only")


def make(call: Call, host: str, sr: str, device_config: dict[str, str]) -> str:
    """Passwords are kept apart from it, in secrets; each PBD has its own."""
    need_own(device_config)
    kept = dict(device_config)
    for key in [k for k in kept if k.endswith("password_secret")]:
        if held := call.db.tables["secret"].by_uuid.get(kept[key]):
            kept[key] = call.db.get(call.db.create("secret", {"value": call.db.get(held, "value")}), "uuid")
    for key in [k for k in kept if k.endswith("password")]:
        secret = call.db.create("secret", {"value": kept.pop(key)})
        kept[f"{key}_secret"] = call.db.get(secret, "uuid")
    return call.db.create("PBD", {"host": host, "SR": sr, "device_config": kept, "currently_attached": False})


@message("PBD.destroy")
async def destroy(call: Call, pbd: str) -> str:
    async with call.operation(call.db.get(pbd, "SR"), "pbd_destroy", cancellable=False):
        if call.db.get(pbd, "currently_attached"):
            raise XapiError("OPERATION_NOT_ALLOWED", "PBD is currently attached")
        remove(call, pbd)
    return ""


def remove(call: Call, pbd: str) -> None:
    """The row, and the secrets it had."""
    for key, uuid in call.db.get(pbd, "device_config").items():
        if key.endswith("password_secret") and (secret := call.db.tables["secret"].by_uuid.get(uuid)):
            call.db.destroy(secret)
    call.db.destroy(pbd)


@message("PBD.plug")
async def plug(call: Call, pbd: str) -> str:
    record = call.db.record("PBD", pbd)
    sr = record["SR"]
    async with call.operation(sr, "plug"):
        if record["currently_attached"]:
            return ""
        if not call.db.get(sr, "shared"):
            for other in call.db.get(sr, "PBDs"):
                if other != pbd and call.db.get(other, "currently_attached"):
                    raise XapiError("SR_NOT_SHARABLE", sr, call.db.get(other, "host"))
        await call.work(durations.seconds(call.pool, "pbd"))
        need_storage(call, pbd)
        first = not any(call.db.get(other, "currently_attached") for other in call.db.get(sr, "PBDs"))
        call.db.set(pbd, currently_attached=True)
        if first and storage_scan.kept_of(call.pool, sr).absent:
            storage_scan.scan(call.pool, sr)
    refresh_contents(call, sr)
    return ""


def need_storage(call: Call, pbd: str) -> None:
    """SR_BACKEND_FAILURE_n: the driver finds no storage by the device_config, or not this SR on it."""
    record = call.db.record("PBD", pbd)
    sr = call.db.record("SR", record["SR"])
    key = storage_probe.key_of(call.pool, record["host"], sr["type"], record["device_config"])
    if key.startswith("disk:") and not storage_world.is_listed(key):
        return  # real hosts, whose database we serve, have disks by many names
    found = storage_probe.place(call.pool, record["host"], sr["type"], record["device_config"])
    if not storage_world.is_listed(found.key) or sr["uuid"] in storage_world.world(call.pool).places.get(found.key, {}):
        return
    match sr["type"]:
        case "nfs":
            raise storage_world.failure(73, "NFS mount error",
                                        f"mount failed on server `{record['device_config']['server']}` with return code 32")  # fmt: skip
        case "ext" | "xfs":
            raise storage_world.failure(52, "Logical Volume mount/activate error", "Unable to activate LV. Errno is 5")
        case "lvm" | "lvmoiscsi" | "lvmohba":
            raise storage_world.failure(47, "The SR is not available", f"no such volume group: VG_XenStorage-{sr['uuid']}")
    storage_world.put(call.pool, found.key, record["SR"])  # a share of images is an SR by itself


@message("PBD.unplug")
async def unplug(call: Call, pbd: str) -> str:
    record = call.db.record("PBD", pbd)
    sr = record["SR"]
    async with call.operation(sr, "unplug"):
        if not record["currently_attached"]:
            return ""
        if call.db.get(record["host"], "enabled"):
            need_unprotected(call, sr)
        if any(call.db.get(vdi, "SR") == sr for vdi in statefiles(call)):
            raise XapiError("HA_IS_ENABLED")
        if used := in_use(call, sr, record["host"]):
            raise XapiError("VDI_IN_USE", *used)
        await call.work(durations.seconds(call.pool, "pbd"))
        call.db.set(pbd, currently_attached=False)
    refresh_contents(call, sr)
    return ""


def need_unprotected(call: Call, sr: str) -> None:
    """With HA, what protected VMs have disks on must be had by all hosts."""
    pool = call.db.record("pool", call.pool.ref)
    if not pool["ha_enabled"] or pool["ha_allow_overcommit"]:
        return
    for _, vm in call.db.records("VM"):
        if ha_agile.is_protected(vm) and sr in vm_placement.storage_of(call.db, vm):
            raise XapiError("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)


def in_use(call: Call, sr: str, host: str) -> list[str]:
    """Disks on the SR that VMs on the host have open; copies of the database are closed without a word."""
    found = []
    for vm in call.db.get(host, "resident_VMs"):
        for vbd in call.db.get(vm, "VBDs"):
            record = call.db.record("VBD", vbd)
            if record["currently_attached"] and not record["empty"]:
                vdi = call.db.record("VDI", record["VDI"])
                found += [record["VDI"]] if vdi["SR"] == sr and vdi["type"] != "metadata" else []
    return found


def statefiles(call: Call) -> list[str]:
    record = call.db.record("pool", call.pool.ref)
    return [vdi for vdi in record["ha_statefiles"] if record["ha_enabled"] and call.db.exists(vdi)]


def refresh_contents(call: Call, sr: str) -> None:
    call.pool.refresh(sr, *call.db.get(sr, "VDIs"))
