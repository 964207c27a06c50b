"""Storage repositories: create, introduce, scan, forget, destroy."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message
from . import durations, pbd, sm, sr_rules, storage_probe, storage_scan, storage_world, vdi

UNKNOWN = -1  # a size nobody has measured yet
NEVER_SHARED = frozenset({"lvm", "ext", "xfs", "udev"})


def need_driver(kind: str) -> sm.Driver:
    """SR_UNKNOWN_DRIVER for a type that no driver serves."""
    found = sm.drivers().get(kind)
    if found is None:
        raise XapiError("SR_UNKNOWN_DRIVER", kind)
    return found


@message("SR.create")
async def create(call: Call, host: str, device_config: dict[str, str], physical_size: int, name_label: str, name_description: str,
                 kind: str, content_type: str, shared: bool, sm_config: dict[str, str] | None = None) -> str:  # fmt: skip
    """The SR, a PBD on `host` or on every host, and all of them plugged; nothing is left of it when the driver fails.

    It is as large as what it is on; `physical_size` counts only where nobody knows.
    """
    if not shared:
        call.db.record("host", host)  # a shared one is the master's to make, whatever is said here
    kind = kind.lower()
    need_driver(kind)
    if shared and kind in NEVER_SHARED:
        raise XapiError("SR_NOT_SHARABLE", "", host)
    sr = new(call, "", name_label, name_description, kind, content_type, shared, sm_config or {})
    hosts = [call.pool.master.ref, *(ref for ref in call.db.rows("host") if ref != call.pool.master.ref)] if shared else [host]
    pbds: list[str] = []
    try:
        found = storage_probe.place(call.pool, hosts[0], kind, device_config)
        storage_probe.need_free(call.pool, found)
        pbds += [pbd.make(call, each, sr, device_config) for each in hosts]
        await call.work(durations.seconds(call.pool, "sr"))
    except XapiError:
        for made in pbds:
            pbd.remove(call, made)
        call.db.destroy(sr)
        raise
    storage_world.put(call.pool, found.key, sr)
    call.db.set(sr, physical_size=found.size or max(physical_size, 0) or storage_world.TIB, physical_utilisation=0)
    for made in pbds:
        await call.run("PBD.plug", made)
    storage_scan.scan(call.pool, sr)
    call.pool.refresh(sr)
    return sr


def new(call: Call, uuid: str, label: str, description: str, kind: str, content: str, shared: bool, config: dict[str, str]) -> str:
    fields = {
        "name_label": label, "name_description": description, "type": kind, "content_type": content, "shared": shared, "sm_config": config,
        "physical_size": UNKNOWN, "physical_utilisation": UNKNOWN,
    }  # fmt: skip
    sr = call.db.create("SR", {**fields, "uuid": uuid} if uuid else fields)
    call.pool.refresh(sr)
    return sr


@message("SR.introduce")
def introduce(call: Call, uuid: str, name_label: str, name_description: str, kind: str, content_type: str, shared: bool,
              sm_config: dict[str, str] | None = None) -> str:  # fmt: skip
    if uuid in call.db.tables["SR"].by_uuid:
        raise XapiError("SR_UUID_EXISTS", uuid)
    return new(call, uuid, name_label, name_description, kind.lower(), content_type, shared, sm_config or {})


@message("SR.make")
def make(_call: Call, *_arguments: object) -> str:
    raise XapiError("MESSAGE_DEPRECATED")


@message("SR.probe")
async def probe(call: Call, host: str, device_config: dict[str, str], kind: str, sm_config: dict[str, str] | None = None) -> str:
    """What is there, as XML; a missing parameter is a failure that tells what it could be."""
    kind = kind.lower()
    driver = need_driver(kind)
    await call.work(durations.seconds(call.pool, "scan"))
    if "SR_PROBE" not in driver.can() or kind not in storage_probe.PROBING:
        raise storage_world.failure(38, "The requested method is not supported/implemented")
    found = storage_probe.place(call.pool, host, kind, device_config)
    metadata = (sm_config or {}).get("metadata") == "true"
    return storage_probe.sr_list(call.pool, found, kind, device_config, metadata)


@message("SR.probe_ext")
async def probe_ext(
    call: Call, host: str, device_config: dict[str, str], kind: str, sm_config: dict[str, str] | None = None
) -> list[object]:
    """All our drivers are of the kind that prints XML, which this call does not understand."""
    await probe(call, host, device_config, kind, sm_config)
    raise XapiError("SR_OPERATION_NOT_SUPPORTED")


@message("SR.get_supported_types")
def supported_types(call: Call) -> list[str]:
    return sorted({record["type"] for _, record in call.db.records("SM")} or sm.drivers().keys() - {"dummy"})


def need_plugged(call: Call, sr: str) -> None:
    if not sr_rules.is_plugged(call.pool, call.db.record("SR", sr)):
        raise XapiError("SR_HAS_NO_PBDS", sr)


@message("SR.scan")
async def scan(call: Call, sr: str) -> str:
    async with call.operation(sr, "scan"):
        need_plugged(call, sr)
        await call.work(durations.seconds(call.pool, "scan"))
        storage_scan.scan(call.pool, sr)
    return ""


@message("SR.update")
async def update(call: Call, sr: str) -> str:
    need_plugged(call, sr)
    storage_scan.measure(call.pool, sr)
    return ""


@message("SR.forget")
async def forget(call: Call, sr: str) -> str:
    async with call.operation(sr, "forget", cancellable=False):
        await call.work(durations.seconds(call.pool, "sr"))
        kept = storage_scan.kept_of(call.pool, sr)
        kept.name, kept.about = call.db.get(sr, "name_label"), call.db.get(sr, "name_description")
        for disk in call.db.get(sr, "VDIs"):
            storage_scan.leave(call.pool, disk)
        remove(call, sr, keep=True)
    return ""


@message("SR.destroy")
async def destroy(call: Call, sr: str) -> str:
    async with call.operation(sr, "destroy", cancellable=False):
        if call.db.get(sr, "other_config").get("indestructible") == "true":
            raise XapiError("SR_INDESTRUCTIBLE", sr)
        for host in call.db.find("host", local_cache_sr=sr):
            raise XapiError("SR_IS_CACHE_SR", host)
        await call.work(durations.seconds(call.pool, "sr"))
        storage_world.wiped(call.pool, call.db.get(sr, "uuid"))
        remove(call, sr, keep=False)
    return ""


def remove(call: Call, sr: str, *, keep: bool) -> None:
    """The rows; `keep` what is written on its disks. A pool's default SR that is gone stays the default: xapi does not look."""
    for disk in list(call.db.get(sr, "VDIs")):
        vdi.drop(call, disk, keep=keep)
    for held in list(call.db.get(sr, "PBDs")):
        pbd.remove(call, held)
    call.db.destroy(sr)


@message("SR.set_name_label", "SR.set_name_description")
def set_words(call: Call, sr: str, value: str) -> str:
    need_plugged(call, sr)
    call.db.set(sr, **{call.method.removeprefix("SR.set_"): value})
    return ""


@message("SR.set_shared")
def set_shared(call: Call, sr: str, value: bool) -> str:
    if not value and len(call.db.get(sr, "PBDs")) > 1:
        raise XapiError("SR_HAS_MULTIPLE_PBDS", *call.db.get(sr, "PBDs"))
    call.db.set(sr, shared=value)
    return ""
