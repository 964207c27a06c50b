"""Storage repositories: create, introduce, scan, forget, destroy."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message
from . import chance, pbd, sm, sr_rules, vdi, vdi_storage

TIB = 1 << 40
UNKNOWN = -1  # a size nobody has measured yet
NEVER_SHARED = frozenset({"lvm", "ext", "xfs", "udev"})


def need_driver(kind: str) -> sm.Driver:
    """SR_UNKNOWN_DRIVER for a type that no driver serves."""
    found = sm.drivers().get(kind)
    if found is None:
        raise XapiError("SR_UNKNOWN_DRIVER", kind)
    return found


def need_config(driver: sm.Driver, config: dict[str, str]) -> None:
    for key in driver.needs:
        if not config.get(key):
            raise XapiError("SR_BACKEND_FAILURE_90", "", f"The request is missing the {key} parameter", "")


@message("SR.create")
async def create(call: Call, host: str, device_config: dict[str, str], physical_size: int, name_label: str, name_description: str,
                 kind: str, content_type: str, shared: bool, sm_config: dict[str, str] | None = None) -> str:  # fmt: skip
    """The SR, a PBD on `host` or on every host, and all of them plugged; nothing is left of it when that fails."""
    kind = kind.lower()
    driver = need_driver(kind)
    need_config(driver, device_config)
    if shared and kind in NEVER_SHARED:
        raise XapiError("SR_NOT_SHARABLE", "", host)
    sr = new(call, "", name_label, name_description, kind, content_type, shared, sm_config or {})
    hosts = list(call.db.rows("host")) if shared else [host]
    await call.work(chance.seconds(call.pool, "sr"))
    size = physical_size if physical_size > 0 else TIB
    call.db.set(sr, physical_size=size, physical_utilisation=0)
    for each in hosts:
        made = pbd.make(call, each, sr, device_config)
        await call.run("PBD.plug", made)
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
def probe(call: Call, host: str, device_config: dict[str, str], kind: str, sm_config: dict[str, str] | None = None) -> str:
    """What is there, as XML; a missing parameter is a failure that tells what it could be."""
    need_config(need_driver(kind.lower()), device_config)
    found = [r for _, r in call.db.records("SR") if r["type"] == kind.lower()]
    known = "".join(f"\t<SR>\n\t\t<UUID>\n\t\t\t{record['uuid']}\n\t\t</UUID>\n\t</SR>\n" for record in found)
    return f'<?xml version="1.0" ?>\n<SRlist>\n{known}</SRlist>\n'


@message("SR.probe_ext")
def probe_ext(call: Call, host: str, device_config: dict[str, str], kind: str, sm_config: dict[str, str] | None = None) -> list[object]:
    need_driver(kind.lower())
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
        await call.work(chance.seconds(call.pool, "scan"))
        measure(call, sr)
    return ""


@message("SR.update")
async def update(call: Call, sr: str) -> str:
    need_plugged(call, sr)
    measure(call, sr)
    return ""


def measure(call: Call, sr: str) -> None:
    """The sums anew; foreign files on a file system are not ours to count, so what is used never shrinks below them."""
    record = call.db.record("SR", sr)
    disks = [call.db.record("VDI", disk) for disk in record["VDIs"]]
    used = sum(disk["physical_utilisation"] for disk in disks)
    call.db.set(
        sr,
        virtual_allocation=sum(disk["virtual_size"] for disk in disks if disk["managed"]),
        physical_utilisation=max(used, record["physical_utilisation"]) if vdi_storage.driver_of(call.pool, sr).thin else used,
        physical_size=record["physical_size"] if record["physical_size"] > 0 else TIB,
    )


@message("SR.forget")
async def forget(call: Call, sr: str) -> str:
    async with call.operation(sr, "forget", cancellable=False):
        await call.work(chance.seconds(call.pool, "sr"))
        remove(call, sr)
    return ""


@message("SR.destroy")
async def destroy(call: Call, sr: str) -> str:
    async with call.operation(sr, "destroy", cancellable=False):
        if call.db.get(sr, "other_config").get("indestructible") == "true":
            raise XapiError("SR_INDESTRUCTIBLE", sr)
        for host in call.db.find("host", local_cache_sr=sr):
            raise XapiError("SR_IS_CACHE_SR", host)
        await call.work(chance.seconds(call.pool, "sr"))
        remove(call, sr)
    return ""


def remove(call: Call, sr: str) -> None:
    for disk in list(call.db.get(sr, "VDIs")):
        vdi.drop(call, disk)
    for held in list(call.db.get(sr, "PBDs")):
        call.db.destroy(held)
    call.db.destroy(sr)


@message("SR.set_name_label", "SR.set_name_description")
def set_words(call: Call, sr: str, value: str) -> str:
    need_plugged(call, sr)
    call.db.set(sr, **{call.method.removeprefix("SR.set_"): value})
    return ""


@message("SR.set_shared")
def set_shared(call: Call, sr: str, value: bool) -> str:
    call.db.set(sr, shared=value)
    return ""


@message("SR.set_physical_size")
def set_physical_size(call: Call, sr: str, value: int) -> str:
    call.db.set(sr, physical_size=value)
    return ""


@message("SR.assert_supports_database_replication")
def assert_shared(call: Call, sr: str) -> str:
    if not call.db.get(sr, "shared"):
        raise XapiError("SR_DOES_NOT_SUPPORT_MIGRATION", sr)
    need_plugged(call, sr)
    return ""
