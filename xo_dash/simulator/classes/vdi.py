"""Disks: create, grow, snapshot, clone, copy, destroy. The disk and its SR show what they are busy with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from .. import generic, operations
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..registry import message
from ..transfer import disks as contents
from ..types import NULL
from . import durations, sr_rules, storage_scan, vdi_changes, vdi_storage

KINDS = ("system", "user", "ephemeral", "suspend", "crashdump", "ha_statefile", "metadata", "redo_log", "rrd", "pvs_cache")


@asynccontextmanager
async def busy(call: Call, sr: str, sr_operation: str, vdi: str = "", operation: str = "") -> AsyncIterator[None]:
    """The SR is marked, and the disk if there is one yet; then a host must have the SR plugged."""
    if sr_operation and vdi:
        await operations.both_ready(call, (sr, sr_operation), (vdi, operation))
    async with AsyncExitStack() as marked:
        if sr_operation:
            await marked.enter_async_context(call.operation(sr, sr_operation))
        if vdi:
            await marked.enter_async_context(call.operation(vdi, operation))
        need_plugged(call, sr)
        yield


def need_plugged(call: Call, sr: str) -> None:
    if not sr_rules.is_plugged(call.pool, call.db.record("SR", sr)):
        raise XapiError("SR_HAS_NO_PBDS", sr)


def need_managed(call: Call, vdi: str) -> None:
    if not call.db.get(vdi, "managed"):
        raise XapiError("VDI_NOT_MANAGED", vdi)


@message("VDI.create")
async def create(call: Call, args: Record) -> str:
    fields = generic.constructor(call.db.model, "VDI", args)
    if fields["type"] not in KINDS:
        raise XapiError("VDI_INCOMPATIBLE_TYPE", "", fields["type"])
    sr = fields.pop("SR")
    call.db.record("SR", sr)
    async with busy(call, sr, "vdi_create"):
        await call.work(durations.seconds(call.pool, "vdi"))
        keys = (
            "name_label",
            "name_description",
            "virtual_size",
            "type",
            "sharable",
            "read_only",
            "other_config",
            "xenstore_data",
            "sm_config",
            "tags",
        )
        given = {key: fields[key] for key in keys if key in fields}
        return vdi_storage.create(call.pool, sr, {**given, "metadata_of_pool": ""})  # so does the driver's answer have it


@message("VDI.destroy")
async def destroy(call: Call, vdi: str) -> str:
    sr = call.db.get(vdi, "SR")
    async with busy(call, sr, "vdi_destroy", vdi, "destroy"):
        need_managed(call, vdi)
        await call.work(durations.seconds(call.pool, "vdi"))
        drop(call, vdi)
        vdi_storage.sweep_later(call.pool, sr)
    return ""


@message("VDI.forget")
async def forget(call: Call, vdi: str) -> str:
    async with call.operation(vdi, "forget"):
        storage_scan.leave(call.pool, vdi)
        drop(call, vdi, keep=True)
    return ""


def drop(call: Call, vdi: str, *, keep: bool = False) -> None:
    """The disk is gone, or its row alone (`keep`): drives that held it go, but for CD drives whose disk is only forgotten; they are empty.

    Suspended VMs have no memory any more.
    """
    for vbd in list(call.db.get(vdi, "VBDs")):
        record = call.db.record("VBD", vbd)
        if keep and record["type"] == "CD":
            call.db.set(vbd, VDI=NULL, empty=True)
            call.pool.refresh(vbd)
        else:
            if call.db.exists(record["metrics"]):
                call.db.destroy(record["metrics"])
            call.db.destroy(vbd)
    for vm in call.db.find("VM", suspend_VDI=vdi):
        call.db.set(vm, suspend_VDI=NULL)
    if keep:
        call.db.destroy(vdi)
    else:
        vdi_storage.forget(call.pool, vdi)


@message("VDI.resize", "VDI.resize_online")
async def resize(call: Call, vdi: str, size: int) -> str:
    operation = call.method.removeprefix("VDI.")
    async with busy(call, call.db.get(vdi, "SR"), "vdi_resize", vdi, operation):
        need_managed(call, vdi)
        await call.work(durations.seconds(call.pool, "vdi"))
        vdi_storage.resize(call.pool, vdi, size)
    return ""


@message("VDI.snapshot")
async def snapshot(call: Call, vdi: str, driver_params: dict[str, str] | None = None) -> str:
    async with busy(call, call.db.get(vdi, "SR"), "vdi_snapshot", vdi, "snapshot"):
        need_managed(call, vdi)
        await call.work(durations.seconds(call.pool, "vdi"))
        shot = vdi_storage.branch(call.pool, vdi, is_a_snapshot=True, snapshot_of=vdi, snapshot_time=call.clock.iso())
        vdi_changes.snapped(call.pool, vdi, shot)
        return shot


@message("VDI.clone")
async def clone(call: Call, vdi: str, driver_params: dict[str, str] | None = None) -> str:
    async with busy(call, call.db.get(vdi, "SR"), "vdi_clone", vdi, "clone"):
        need_managed(call, vdi)
        await call.work(durations.seconds(call.pool, "vdi"))
        return vdi_storage.branch(call.pool, vdi, snapshot_time=call.clock.iso())  # dated as a snapshot is, though it is none


@message("VDI.copy")
async def copy(call: Call, vdi: str, sr: str = NULL, base_vdi: str = NULL, into_vdi: str = NULL) -> str:
    """A full copy, into a new disk on `sr` or into one that is there; its progress is that of the bytes."""
    db = call.db
    record = db.record("VDI", vdi)
    if into_vdi not in db.rows("VDI"):
        into_vdi = NULL
        db.record("SR", sr)
    async with call.operation(vdi, "copy"):
        need_managed(call, vdi)
        if into_vdi != NULL:
            target = db.record("VDI", into_vdi)
            if target["read_only"]:
                raise XapiError("VDI_READONLY", into_vdi)
            if target["virtual_size"] < record["virtual_size"]:
                raise XapiError("VDI_TOO_SMALL", into_vdi, record["virtual_size"])
            made = into_vdi
        else:
            kept = ("name_label", "name_description", "virtual_size", "type", "sharable", "other_config", "xenstore_data", "tags")
            fields: dict[str, Any] = {key: record[key] for key in kept}
            made = await call.run("VDI.create", {**fields, "SR": sr, "read_only": False, "sm_config": {}})
            db.set(made, allow_caching=record["allow_caching"])
        carried = min(record["virtual_size"], written(record)) if base_vdi not in db.rows("VDI") else record["physical_utilisation"]
        try:
            if vdi_storage.driver_of(call.pool, db.get(made, "SR")).thin:
                vdi_storage.reserve(call.pool, db.get(made, "SR"), max(0, carried - db.get(made, "physical_utilisation")))
            await call.work(durations.seconds(call.pool, "copy_gib") * carried / (1 << 30), steps=20)
            fill(call, made, carried)
        except XapiError:
            if into_vdi == NULL:
                await call.run("VDI.destroy", made)
            raise
        contents.copied(call.pool, vdi, made)
    return made


def written(vdi: Record) -> int:
    """Bytes that a copy has to carry."""
    return int(max(vdi["physical_utilisation"], min(vdi["virtual_size"], 1 << 28)))


def fill(call: Call, vdi: str, size: int) -> None:
    """The disk holds that much now. SR_BACKEND_FAILURE_44 where the SR has filled up since it was made."""
    record = call.db.record("VDI", vdi)
    if record["physical_utilisation"] < size and vdi_storage.driver_of(call.pool, record["SR"]).thin:
        vdi_storage.reserve(call.pool, record["SR"], size - record["physical_utilisation"])
        vdi_storage.account(call.pool, record["SR"], physical=size - record["physical_utilisation"])
        call.db.set(vdi, physical_utilisation=size)


@message("VDI.introduce")
async def introduce(call: Call, uuid: str, name_label: str, name_description: str, SR: str, kind: str, sharable: bool, read_only: bool,
                    other_config: dict[str, str], location: str, xenstore_data: dict[str, str] | None = None,
                    sm_config: dict[str, str] | None = None, managed: bool = True, virtual_size: int = 0, *rest: Any) -> str:  # fmt: skip
    async with busy(call, SR, "vdi_introduce"):
        if any(call.db.get(vdi, "location") == location for vdi in call.db.get(SR, "VDIs")):
            raise XapiError("LOCATION_NOT_UNIQUE", SR, location)
        fields = {
            "name_label": name_label, "name_description": name_description, "type": kind, "sharable": sharable, "read_only": read_only,
            "other_config": other_config, "location": location, "xenstore_data": xenstore_data or {}, "sm_config": sm_config or {},
            "virtual_size": virtual_size or vdi_storage.BLOCK,
        }  # fmt: skip
        made = vdi_storage.create(call.pool, SR, fields)
        if uuid:
            vdi_storage.rename(call.pool, made, uuid)
        return made


@message("VDI.update")
async def update(call: Call, vdi: str) -> str:
    async with busy(call, call.db.get(vdi, "SR"), "", vdi, "update"):
        await call.work(durations.seconds(call.pool, "vdi"))
    return ""


@message("VDI.set_name_label", "VDI.set_name_description")
def set_words(call: Call, vdi: str, value: str) -> str:
    """They are kept on the SR as well, so it must be there."""
    need_plugged(call, call.db.get(vdi, "SR"))
    call.db.set(vdi, **{call.method.removeprefix("VDI.set_"): value})
    return ""


@message("VDI.set_on_boot")
async def set_on_boot(call: Call, vdi: str, value: str) -> str:
    need_halted(call, vdi)
    async with busy(call, call.db.get(vdi, "SR"), "vdi_set_on_boot", vdi, "set_on_boot"):
        call.db.set(vdi, on_boot=value)
    for vbd in call.db.get(vdi, "VBDs"):
        call.pool.refresh(call.db.get(vbd, "VM"))
    return ""


@message("VDI.set_allow_caching")
def set_allow_caching(call: Call, vdi: str, value: bool) -> str:
    need_halted(call, vdi)
    call.db.set(vdi, allow_caching=value)
    return ""


def need_halted(call: Call, vdi: str) -> None:
    for vbd in call.db.get(vdi, "VBDs"):
        vm = call.db.get(vbd, "VM")
        state = call.db.get(vm, "power_state")
        if state != "Halted":
            raise XapiError("VM_BAD_POWER_STATE", vm, "halted", state.lower())
