"""VMs: to another host of the pool, while they run; their disks stay where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .. import machine, operations
from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import cpu_features, durations, ha_plan, vm_life, vm_memory, vm_migrate_duration, vm_placement, vm_power, vm_rules
from .vm_migrate_duration import MigrationTraffic


@message("VM.pool_migrate")
async def pool_migrate(call: Call, vm: str, host: str, options: dict[str, str]) -> str:
    """Its disks must be in reach of both hosts; resident_on changes near the end. Its own host will do as well."""
    db, pool = call.db, call.pool
    force = options.get("force") == "true"
    if not force:
        cpu_features.check(db, vm, db.record("VM", vm), host)
    async with forced(call, vm, "pool_migrate") if force else call.operation(vm, "pool_migrate"):
        source = db.get(vm, "resident_on")
        if "rolling_upgrade_in_progress" in db.get(pool.ref, "other_config") and is_older(pool, host, pool, source):
            raise XapiError("NOT_SUPPORTED_DURING_UPGRADE")
        vm_placement.check_host(pool, vm, host, cpu=False)
        ha_plan.check_placement(pool, vm, host)
        async with vm_power.placed(call, vm, host, "vm_migrate"):
            machine.need_home(pool, vm)
            network = options.get("network")
            pif = vm_migrate_duration.receiving(pool, host, network) if network else vm_migrate_duration.management(pool, host)
            await send_memory(call, vm, pif, packed=vm_migrate_duration.compressed(pool, options, local=host == source))
            machine.need_home(pool, vm)
            hand_over(call, vm, source, host)
    tell_migrated(call, vm, source, host)
    return ""


@asynccontextmanager
async def forced(call: Call, vm: str, operation: str) -> AsyncIterator[None]:
    """The operation, without a question whether the guest helps."""
    await operations.begin(call, vm, operation, vm_rules.lenient)
    call.db.set(call.task, allowed_operations=["cancel"])
    try:
        yield
    finally:
        operations.end(call, vm)


async def send_memory(call: Call, vm: str, pif: str, *, packed: bool) -> None:
    size = int(call.db.get(vm, "memory_dynamic_max"))
    async with MigrationTraffic(call, call.db.get(vm, "resident_on"), call.pool, pif, size) as line:
        await line.carry(size, packed=packed)
    await call.sleep(durations.seconds(call.pool, "pool_migrate"))


def hand_over(call: Call, vm: str, source: str, host: str) -> None:
    """The domain is on `host` now. VM_MIGRATE_FAILED if there is none any more, or no host."""
    problem = ""
    if call.db.get(vm, "power_state") != "Running":
        problem = "The VM changed its power state during migration"
    elif not vm_memory.is_live(call.db, host):
        problem = "The destination host went away during migration"
    if problem:
        raise XapiError("VM_MIGRATE_FAILED", *(call.db.get(ref, "uuid") for ref in (vm, source, host)), problem)
    vm_life.built(call.pool, vm, host, booted=False)


def tell_migrated(call: Call, vm: str, source: str, host: str) -> None:
    described = [f"'{call.db.get(h, 'name_label')}' (uuid: {call.db.get(h, 'uuid')})" for h in (source, host)]
    vm_power.tell(call, vm, "VM_MIGRATED", f"migrated from host {described[0]} to host {described[1]}")


def is_older(pool: Pool, host: str, other: Pool, than: str) -> bool:
    """Does `host` run an older platform than `than` of the pool `other`?"""
    here, there = (p.db.get(h, "software_version") for p, h in ((pool, host), (other, than)))
    return any(version(here.get(key, "")) < version(there.get(key, "")) for key in ("platform_version", "xapi_build", "xen"))


def version(text: str) -> list[int]:
    """3.4.0 -> [3, 4, 0]"""
    return [int(part) for part in text.replace("-", ".").split(".") if part.isdigit()]
