"""May this VM go to that host, with its disks and NICs mapped like this? xapi's checks, in xapi's order."""

from __future__ import annotations

from collections.abc import Iterable

from .. import machine
from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import cpu_features, sr_rules, vm_memory, vm_migrate, vm_migrate_records, vm_placement
from .vm_migrate_goal import Goal, goal

SENDING = ("VDI_SNAPSHOT", "VDI_MIRROR")
TAKING = ("VDI_SNAPSHOT", "VDI_MIRROR_IN")
IMPLIED = {"VDI_MIRROR_IN": "VDI_MIRROR"}  # drivers name the latter alone
NO_VIF_MAP = "VIF mapping is not allowed for intra-pool migration -all VIFs must be on the same network"

Map = dict[str, str]


@message("VM.assert_can_migrate")
async def assert_can_migrate(call: Call, vm: str, dest: Map, live: bool, vdi_map: Map, vif_map: Map, options: Map,
                       vgpu_map: Map | None = None) -> str:  # fmt: skip
    await check(call.pool, vm, await goal(call, dest), vdi_map, vif_map, options)
    return ""


async def check(pool: Pool, vm: str, to: Goal, vdi_map: Map, vif_map: Map, options: Map) -> None:
    """Raises the first reason against it; `live` and `vgpu_map` are not looked at."""
    db = pool.db
    check_refs(db, to, vdi_map, vif_map)
    for vdi in disks_of(db, vm):
        if vdi not in vdi_map:
            raise XapiError("VDI_NOT_IN_MAP", vdi)
    home = db.get(vm, "resident_on")
    older = vm_migrate.is_older(to.pool, to.host, pool, pool.master.ref if home == NULL else home)
    force = options.get("force") == "true"
    if to.abroad:
        copy = options.get("copy") == "true"
        check_abroad(pool, vm, to, vdi_map, vif_map, older=older, force=force, copy=copy)
        await check_arrival(pool, vm, to, force=force, copy=copy)
    else:
        if older:
            raise XapiError("NOT_SUPPORTED_DURING_UPGRADE")
        check_drivers(pool, to, vdi_map)
        vm_placement.check_host(pool, vm, to.host, storage=False, cpu=not force)
        if vif_map:
            raise XapiError("OPERATION_NOT_ALLOWED", NO_VIF_MAP)
    check_contents(db, vdi_map)


def check_refs(db: Database, to: Goal, vdi_map: Map, vif_map: Map) -> None:
    """Everything in the maps is there: disks and NICs here, SRs and networks where the VM goes."""
    for held, cls, there, other in ((vdi_map, "VDI", "SR", to.pool.db), (vif_map, "VIF", "network", to.pool.db)):
        for ref, target in held.items():
            db.record(cls, ref)
            other.record(there, target)


def check_abroad(pool: Pool, vm: str, to: Goal, vdi_map: Map, vif_map: Map, *, older: bool, force: bool, copy: bool) -> None:
    db, record = pool.db, pool.db.record("VM", vm)
    if older:
        raise XapiError("VM_HOST_INCOMPATIBLE_VERSION_MIGRATE", vm, to.host)
    check_drivers(pool, to, vdi_map)
    state = record["power_state"]
    if copy and not force and state != "Halted":
        raise XapiError("VM_BAD_POWER_STATE", vm, "halted", state.lower())
    vm_placement.check_platform(to.pool.db, vm, record, to.host)
    if not to.pool.db.get(to.host, "enabled"):
        raise XapiError("HOST_DISABLED", to.host)
    vm_placement.check_cpus(to.pool.db, record, to.host)
    mapped_nics(db, vm, vif_map)


async def check_arrival(pool: Pool, vm: str, to: Goal, *, force: bool, copy: bool) -> None:
    """What the other pool finds when it reads the VM's records."""
    if to.peer:
        await vm_migrate_records.rehearse(pool, vm, to, force=force, copy=copy)
        return
    record, there = pool.db.record("VM", vm), to.pool.db
    if not vm_memory.is_live(there, to.host) or not machine.is_up(to.pool, to.host):
        raise XapiError("CANNOT_CONTACT_HOST", to.address)
    if not copy:
        check_namesake(record["uuid"], record["version"], to.pool)
        seed = record["other_config"].get("mac_seed")
        others = (other for _, other in there.records("VM") if other["uuid"] != record["uuid"] and not other["is_a_snapshot"])
        if seed and any(other["other_config"].get("mac_seed") == seed for other in others):
            raise XapiError("DUPLICATE_MAC_SEED", seed)
    if record["power_state"] == "Running":
        needed, free = vm_memory.start_memory(record), vm_memory.free_memory(there, to.host)
        if free < needed:
            raise XapiError("HOST_NOT_ENOUGH_FREE_MEMORY", needed, free)
    if not force:
        cpu_features.check(there, NULL, record, to.host)


def check_namesake(uuid: str, version: int, there: Pool) -> None:
    """A VM of the same uuid is in the way, unless it is halted and older."""
    held = there.db.tables["VM"].by_uuid.get(uuid)
    if held is None:
        return
    other = there.db.record("VM", held)
    if other["power_state"] != "Halted":
        raise XapiError("VM_BAD_POWER_STATE", held, "Halted", other["power_state"])
    if other["version"] >= version:
        raise XapiError("VM_TO_IMPORT_IS_NOT_NEWER_VERSION", held, other["version"], version)


def check_drivers(pool: Pool, to: Goal, vdi_map: Map) -> None:
    """SR_DOES_NOT_SUPPORT_MIGRATION of the first SR, on either side, whose driver cannot do its part."""
    for vdi, target in vdi_map.items():
        source = pool.db.get(vdi, "SR")
        if source != target:
            check_driver(pool, source, SENDING)
            check_driver(to.pool, target, TAKING)


def check_driver(pool: Pool, sr: str, needed: Iterable[str]) -> None:
    can = sr_rules.features(pool, pool.db.get(sr, "type"))
    missing = [name for name in needed if name not in can and IMPLIED.get(name) not in can]
    if missing:
        raise XapiError("SR_DOES_NOT_SUPPORT_MIGRATION", sr, ";".join(missing))


def check_contents(db: Database, vdi_map: Map) -> None:
    """What cannot leave its SR."""
    for vdi, sr in vdi_map.items():
        record = db.record("VDI", vdi)
        if record["SR"] == sr:
            continue
        if record["cbt_enabled"]:
            raise XapiError("VDI_CBT_ENABLED", vdi)
        if "key_hash" in record["sm_config"]:
            raise XapiError("VDI_IS_ENCRYPTED", vdi)


def disks_of(db: Database, vm: str) -> list[str]:
    """VDIs in its drives, CDs not."""
    drives = (db.record("VBD", vbd) for vbd in db.get(vm, "VBDs"))
    return list(dict.fromkeys(drive["VDI"] for drive in drives if not drive["empty"] and drive["type"] != "CD"))


def mapped_nics(db: Database, vm: str, vif_map: Map) -> Map:
    """{VIF: network} of the VM and its snapshots; who is not in the map goes where the same MAC goes. VIF_NOT_IN_MAP."""
    by_mac = {db.get(vif, "MAC"): network for vif, network in reversed(vif_map.items())}
    found: Map = {}
    for owner in (vm, *db.get(vm, "snapshots")):
        for vif in db.get(owner, "VIFs"):
            network = vif_map.get(vif) or by_mac.get(db.get(vif, "MAC"))
            if network is None:
                raise XapiError("VIF_NOT_IN_MAP", vif)
            found[vif] = network
    return found
