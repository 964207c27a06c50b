"""What an archive may bring: whom a VM of it replaces, what it collides with, and what older releases wrote otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..classes import cpu_features, vm_memory, vm_rules
from ..database import Database, Record
from ..errors import XapiError
from ..types import NULL
from .ova import OvaArchive, OvaEntry

SEED = "mac_seed"
ORDERED = ("0", "1", "2", "3")  # restart priorities of old releases


@dataclass(frozen=True, slots=True)
class ImportMode:
    """How to import: `sr` for all disks, or "" to find disks that are there (metadata alone)."""

    sr: str = ""
    restore: bool = False  # same uuids, same MACs
    force: bool = False
    live: bool = False  # in preparation of a migration
    check_cpu: bool = False  # ... of one that will go on here
    host: str = ""  # that was called
    vdis: dict[str, str] = field(default_factory=dict)  # {uuid in the archive: uuid here}


class SkipError(Exception):
    """This VM stays as it is here."""


def known_template(db: Database, record: Record) -> str:
    """A default template of the archive is the one of that name here; "" if there is none."""
    return next(iter(db.find("VM", name_label=record["name_label"])), "") if vm_rules.is_default_template(record) else ""


def replaced(db: Database, record: Record, way: ImportMode) -> str:
    """The VM whose place it takes, or "".

    VM_BAD_POWER_STATE of one that is not halted (SkipError if forced), VM_TO_IMPORT_IS_NOT_NEWER_VERSION.
    """
    held = db.tables["VM"].by_uuid.get(record["uuid"], "") if way.restore else ""
    if not held:
        return ""
    state, old, new = db.get(held, "power_state"), db.get(held, "version"), record["version"]
    if state != "Halted":
        if way.force:
            raise SkipError
        raise XapiError("VM_BAD_POWER_STATE", held, "Halted", state)
    if old >= new and not way.force:
        raise XapiError("VM_TO_IMPORT_IS_NOT_NEWER_VERSION", held, old, new)
    return held


def check_room(db: Database, record: Record, way: ImportMode) -> None:
    """HOST_NOT_ENOUGH_FREE_MEMORY, VM_INCOMPATIBLE_WITH_THIS_HOST if a VM that is to arrive running does not fit."""
    if way.live and record["power_state"] in ("Running", "Paused"):
        needed, free = vm_memory.start_memory(record), vm_memory.free_memory(db, way.host)
        if free < needed:
            raise XapiError("HOST_NOT_ENOUGH_FREE_MEMORY", needed, free)
    if way.check_cpu and not record["is_a_snapshot"]:
        cpu_features.check(db, NULL, record, way.host)


def check_seeds(db: Database, archive: OvaArchive) -> None:
    """Who is restored keeps his MACs, so nobody else may have the same seed. DUPLICATE_MAC_SEED."""
    here: dict[str, list[Record]] = {}
    for _, record in db.records("VM"):
        here.setdefault(record["other_config"].get(SEED, ""), []).append(record)
    inside = {entry.id: entry.record["uuid"] for entry in archive.of("VM")}

    def owner(record: Record) -> str | None:
        """The uuid of the VM, or of the one a snapshot was made of."""
        if not record["is_a_snapshot"]:
            return str(record["uuid"])
        original = record["snapshot_of"]
        return inside.get(original) or (db.get(original, "uuid") if db.exists(original) else None)

    for entry in archive.of("VM"):
        seed = entry.record["other_config"].get(SEED)
        for other in here.get(seed, []) if seed else []:
            if owner(entry.record) is None or owner(entry.record) != owner(other):
                raise XapiError("DUPLICATE_MAC_SEED", seed)


def modern(entry: OvaEntry) -> dict[str, Any]:
    """Fields of a VM that an older release wrote otherwise, or not at all."""
    record = entry.record
    changes: dict[str, Any] = {}
    if record["domain_type"] == "unspecified":
        changes["domain_type"] = "hvm" if record["HVM_boot_policy"] else "pv"
    if record["ha_restart_priority"] in ORDERED:
        changes |= {"ha_restart_priority": "restart", "order": int(record["ha_restart_priority"])}
    if "parent" not in entry.given:  # from before memory could be ballooned
        most = record["memory_static_max"]
        changes |= {"memory_static_min": 0, "memory_dynamic_min": most, "memory_dynamic_max": most, "memory_target": most}
    if "has_vendor_device" not in entry.given:
        changes["has_vendor_device"] = False
    return changes
