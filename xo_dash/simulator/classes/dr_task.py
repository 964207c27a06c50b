"""Disaster recovery: the pool's database kept on its SRs, SRs of a lost pool brought in to read theirs (dr_database, dr_recover)."""

from __future__ import annotations

import contextlib

from ..call import Call
from ..errors import XapiError
from ..registry import message
from . import ha_storage, sm, sr_rules, storage_probe

METADATA = "SR_METADATA"


@message("SR.assert_supports_database_replication")
def assert_supports_database_replication(call: Call, sr: str) -> str:
    """All hosts have the SR plugged, and its driver can keep what is needed to find a database on it."""
    pbds = [call.db.record("PBD", pbd) for pbd in call.db.get(sr, "PBDs")]
    if len({pbd["host"] for pbd in pbds}) < len(call.db.rows("host")) or not all(pbd["currently_attached"] for pbd in pbds):
        raise XapiError("SR_HAS_NO_PBDS", sr)
    if METADATA not in sr_rules.features(call.pool, call.db.get(sr, "type")):
        raise XapiError("SR_OPERATION_NOT_SUPPORTED", sr)
    return ""


def kept(call: Call, sr: str) -> list[str]:
    """Disks of the SR with this pool's database."""
    return call.db.find("VDI", SR=sr, type="metadata", metadata_of_pool=call.pool.ref)


@message("SR.enable_database_replication")
async def enable_database_replication(call: Call, sr: str) -> str:
    assert_supports_database_replication(call, sr)
    if not kept(call, sr):
        fields = {"name_label": "Metadata for DR", "name_description": "Used for disaster recovery", "SR": sr,
                  "virtual_size": ha_storage.REDO_LOG, "type": "metadata", "sharable": False, "read_only": False, "other_config": {},
                  "xenstore_data": {}, "sm_config": {"type": "raw"}, "tags": []}  # fmt: skip
        made = await call.run("VDI.create", fields)
        call.db.set(made, metadata_latest=False, metadata_of_pool=call.pool.ref)
    return ""


@message("SR.disable_database_replication")
async def disable_database_replication(call: Call, sr: str) -> str:
    for vdi in kept(call, sr):
        await call.run("VDI.destroy", vdi)
    return ""


@message("DR_task.create")
async def create(call: Call, kind: str, device_config: dict[str, str], whitelist: list[str]) -> str:
    """Introduces those SRs of the white list that a probe finds, on all hosts. One that cannot be plugged is forgotten again."""
    driver = sm.drivers().get(kind)
    if driver is None or METADATA not in driver.can():
        raise XapiError("OPERATION_NOT_ALLOWED", f"Disaster recovery not supported on SRs of type {kind}")
    found = storage_probe.place(call.pool, call.pool.master.ref, kind, device_config)
    task = call.db.create("DR_task", {})
    for uuid, name in storage_probe.names(call.pool, found, kind).items():
        if uuid in whitelist and uuid not in call.db.tables["SR"].by_uuid:
            await introduce(call, task, kind, device_config, uuid, name)
    return task


async def introduce(call: Call, task: str, kind: str, device_config: dict[str, str], uuid: str, name: str) -> None:
    sr = await call.run("SR.introduce", uuid, name, "", kind, "", True, {})
    try:
        for host in list(call.db.rows("host")):
            await call.run("PBD.plug", await call.run("PBD.create", {"host": host, "SR": sr, "device_config": device_config}))
    except XapiError:
        await forget(call, sr)
        raise
    call.db.set(sr, introduced_by=task)


async def forget(call: Call, sr: str) -> None:
    for pbd in list(call.db.get(sr, "PBDs")):
        await call.run("PBD.unplug", pbd)
    await call.run("SR.forget", sr)


@message("DR_task.destroy")
async def destroy(call: Call, task: str) -> str:
    for sr in list(call.db.get(task, "introduced_SRs")):
        await forget(call, sr)
    call.db.destroy(task)
    return ""


@message("LVHD.enable_thin_provisioning")
def enable_thin_provisioning(_call: Call, *_arguments: object) -> str:
    """An extension that hosts of today do not have."""
    raise XapiError("XENAPI_MISSING_PLUGIN", "LVHD.enable_thin_provisioning")


@message("LVHD.get_by_uuid")
def get_by_uuid(_call: Call, uuid: str) -> str:
    """There are none."""
    raise XapiError("UUID_INVALID", "LVHD", uuid)


@message("LVHD.get_uuid", "LVHD.get_record")
def get_record(_call: Call, ref: str) -> str:
    raise XapiError("HANDLE_INVALID", "LVHD", ref)


@message("crashdump.destroy")
async def destroy_crashdump(call: Call, dump: str) -> str:
    """The row goes even if its disk cannot."""
    vdi = call.db.get(dump, "VDI")
    with contextlib.suppress(XapiError):
        await call.run("VDI.destroy", vdi)
    if call.db.exists(dump):
        call.db.destroy(dump)
    return ""
