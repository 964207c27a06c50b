"""What lies on an SR and what the database knows of it: disks without rows, rows without disks, and the scan that brings both together."""

from __future__ import annotations

from ..database import Record
from ..pool import Pool
from ..transfer import disks as contents
from ..types import NULL
from . import storage_probe, vdi_storage
from .storage_world import TIB, Kept, put, world

REMEMBERED = (
    "location", "uuid", "name_label", "name_description", "virtual_size", "physical_utilisation", "type", "read_only", "sharable",
    "managed", "is_a_snapshot", "snapshot_time", "cbt_enabled", "is_tools_iso", "sm_config", "metadata_of_pool",
)  # fmt: skip


def kept_of(pool: Pool, sr: str) -> Kept:
    """The SR as it lies on storage; one that nobody made while we looked lies where its PBDs say."""
    record = pool.db.record("SR", sr)
    found = world(pool).find(record["uuid"])
    if found:
        return found
    pbds = [pool.db.record("PBD", pbd) for pbd in record["PBDs"]]
    put(pool, storage_probe.key_of(pool, pbds[0]["host"], record["type"], pbds[0]["device_config"]) if pbds else "", sr)
    return kept_of(pool, sr)


def leave(pool: Pool, vdi: str) -> None:
    """The disk is about to lose its row, but stays on its SR with what is written on it; the next scan finds it."""
    record = pool.db.record("VDI", vdi)
    origin = record["snapshot_of"]
    kept_of(pool, record["SR"]).absent[record["location"]] = {
        **{name: record[name].copy() if isinstance(record[name], dict) else record[name] for name in REMEMBERED},
        "snapshot_of": pool.db.get(origin, "uuid") if pool.db.exists(origin) else "",
        "held": vdi,  # under which its contents are kept
    }


def vanish(pool: Pool, vdi: str) -> None:
    """Somebody deleted the file behind xapi's back; the next scan finds out."""
    record = pool.db.record("VDI", vdi)
    world(pool).lost.setdefault(pool.db.get(record["SR"], "uuid"), set()).add(record["location"])


def scan(pool: Pool, sr: str) -> None:
    """Rows go, rows come, and the sums are those of what is there."""
    lost = world(pool).lost.pop(pool.db.get(sr, "uuid"), set())
    for vdi in list(pool.db.get(sr, "VDIs")):
        if pool.db.get(vdi, "location") in lost:
            pool.db.destroy(vdi)
            contents.dropped(pool, vdi)
    absent = kept_of(pool, sr).absent
    found = {location: returned(pool, sr, record) for location, record in absent.items()}
    for location, vdi in found.items():
        origin = pool.db.tables["VDI"].by_uuid.get(absent[location].get("snapshot_of", ""), NULL)
        pool.db.set(vdi, snapshot_of=origin)
    absent.clear()
    vdi_storage.settle(pool, sr)
    measure(pool, sr)
    pool.refresh(*found.values())


def returned(pool: Pool, sr: str, record: Record) -> str:
    """A row again, for a disk that lies there; its uuid and contents are what they were."""
    fields = {name: value for name, value in record.items() if name not in ("uuid", "held", "snapshot_of")}
    vdi = pool.db.create("VDI", {"managed": True, "on_boot": "persist", **fields, "SR": sr})
    uuid = record.get("uuid") or (record["location"] if len(record["location"]) == 36 else "")
    if uuid:
        vdi_storage.rename(pool, vdi, uuid)
    if held := record.get("held"):
        contents.copied(pool, held, vdi)
        contents.dropped(pool, held)
    return vdi


def measure(pool: Pool, sr: str) -> None:
    """The sums anew; foreign files on a file system are not ours to count, so what is used never shrinks below them."""
    record = pool.db.record("SR", sr)
    disks = [pool.db.record("VDI", disk) for disk in record["VDIs"]]
    used = sum(disk["physical_utilisation"] for disk in disks)
    used = max(used, record["physical_utilisation"]) if vdi_storage.driver_of(pool, sr).thin else used
    size = used if record["content_type"] == "iso" else record["physical_size"] if record["physical_size"] > 0 else TIB
    virtual = sum(disk["virtual_size"] for disk in disks)
    config = {key: value for key, value in record["other_config"].items() if key != "dirty"}
    pool.db.set(sr, virtual_allocation=virtual, physical_utilisation=used, physical_size=size, other_config=config)
