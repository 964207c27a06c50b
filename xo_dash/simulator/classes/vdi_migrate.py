"""Disks: one of a VM to another SR, by a migration of the whole VM to where it is."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import durations, vm_migrate_duration, vm_migrate_rules, vm_placement, vm_power
from .vm_migrate_goal import Goal
from .vm_migrate_rules import Map
from .vm_migrate_send import send


@message("VDI.pool_migrate")
async def pool_migrate(call: Call, disk: str, sr: str, options: Map) -> str:
    """Move a disk of a VM, and its snapshots with it, to another SR; the disk's reference changes, and a running VM gets a new domain."""
    db = call.db
    if not db.get(disk, "VBDs"):
        raise XapiError("VDI_NEEDS_VM_FOR_MIGRATE", disk)
    db.record("SR", sr)
    drive = db.get(disk, "VBDs")[0]
    vm = db.get(drive, "VM")
    async with call.operation(vm, "migrate_send"):
        host = own_host(call, vm, sr, force=options.get("force") == "true")
        vm_placement.check_host(call.pool, vm, host, cpu=False)
        async with vm_power.placed(call, vm, host, "vm_migrate"):
            if db.get(disk, "type") == "cbt_metadata":
                raise XapiError("VDI_INCOMPATIBLE_TYPE", disk, "cbt_metadata")
            if db.get(disk, "cbt_enabled"):
                raise XapiError("VDI_CBT_ENABLED", disk)
            held = [db.get(vbd, "VDI") for vbd in db.get(vm, "VBDs") if not db.get(vbd, "empty")]
            srs = {**{vdi: db.get(vdi, "SR") for vdi in held}, disk: sr}
            there = receiver(call.pool, host, set(srs.values()))
            pif = vm_migrate_duration.management(call.pool, there)
            to = Goal(call.pool, there, vm_migrate_duration.address_of(call.pool, pif) if pif != NULL else "", call.session, abroad=False)
            await vm_migrate_rules.check(call.pool, vm, to, srs, {}, {})
            await send(call, vm, to, host, srs, {}, {}, {disk: options.get("dest-img-format", "")})
    return str(db.get(drive, "VDI"))


def own_host(call: Call, vm: str, sr: str, *, force: bool) -> str:
    """Where the VM runs, or one where it could and that sees the SR. NO_HOSTS_AVAILABLE."""
    pool = call.pool
    if pool.db.get(vm, "power_state") in ("Running", "Paused"):
        return str(pool.db.get(vm, "resident_on"))
    fit = [host for host in pool.db.rows("host")
           if sr in vm_placement.seen_by(pool.db, host) and vm_placement.suits(pool, vm, host, cpu=not force)]  # fmt: skip
    if not fit:
        raise XapiError("NO_HOSTS_AVAILABLE")
    return vm_placement.pick(pool, vm, fit, durations.dice(pool))


def receiver(pool: Pool, host: str, srs: set[str]) -> str:
    """The same host if it sees all the SRs, else one in service that does. NO_HOSTS_AVAILABLE."""
    for other in (host, *pool.db.rows("host")):
        if srs <= vm_placement.seen_by(pool.db, other) and (other == host or pool.db.get(other, "enabled")):
            return other
    raise XapiError("NO_HOSTS_AVAILABLE")
