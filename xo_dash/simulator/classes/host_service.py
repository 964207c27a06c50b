"""Hosts: memory, and moving all VMs away."""

from __future__ import annotations

import asyncio
from typing import Any

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import ha_agile, ha_plan, vm_memory, vm_migrate, vm_migrate_duration, vm_placement, vm_rules

BATCH = 10  # VMs that are on their way at once


@message("host.compute_free_memory")
def compute_free_memory(call: Call, host: str) -> int:
    return vm_memory.free_memory(call.db, host)


@message("host.compute_memory_overhead")
def compute_memory_overhead(call: Call, host: str) -> int:
    return int(call.db.get(host, "memory_overhead"))


def targets(pool: Pool, host: str) -> list[str]:
    """Hosts that can take VMs from `host`: they run no older platform."""
    db = pool.db
    fit = (ref for ref, record in db.records("host") if ref != host and record["enabled"] and vm_memory.is_live(db, ref))
    return [ref for ref in fit if not vm_migrate.is_older(pool, ref, pool, host)]


def plan(pool: Pool, host: str, *, minding_ha: bool = True) -> dict[str, str | XapiError]:
    """{VM: the host it goes to, or why it cannot go}; the biggest first, each where most is left.

    With HA, only VMs that it protects go: so its plan looks the same as after a failure of the host.
    """
    left = {ref: vm_memory.free_memory(pool.db, ref) for ref in targets(pool, host)}
    vms = sorted(vm_memory.resident(pool.db, host), key=lambda vm: -int(pool.db.get(vm, "memory_dynamic_min")))
    guarded = minding_ha and pool.db.get(pool.ref, "ha_enabled")
    return {vm: destination(pool, vm, left, guarded=guarded) for vm in vms}


def destination(pool: Pool, vm: str, left: dict[str, int], *, guarded: bool = False) -> str | XapiError:
    """Where the VM goes of the hosts in `left` (bytes), or why nowhere.

    xapi wants every target fit for it, but for memory: a plan must not depend on who is asked first. What is wrong with the VM
    itself is found beside that, so it takes its room in the plan all the same, and is short of memory before anything else.
    """
    record = pool.db.record("VM", vm)
    if not left:
        return XapiError("NO_HOSTS_AVAILABLE", vm)
    own = vm_rules.refusal(pool, vm, record, "pool_migrate")
    if guarded and not ha_agile.is_protected(record):
        return own or XapiError("HOST_EVACUATE_VM_NOT_HA_PROTECTED", vm)
    for host in left:
        try:
            vm_placement.check_host(pool, vm, host, memory=False)
        except XapiError as error:
            return own or error
    most, needed = max(left, key=lambda h: left[h]), vm_memory.start_memory(record)
    if left[most] < needed:
        return XapiError("HOST_NOT_ENOUGH_FREE_MEMORY", vm)
    left[most] -= needed
    return own or most


@message("host.get_vms_which_prevent_evacuation")
def get_vms_which_prevent_evacuation(call: Call, host: str) -> dict[str, list[str]]:
    return {vm: found.details for vm, found in plan(call.pool, host).items() if isinstance(found, XapiError)}


@message("host.get_uncooperative_resident_VMs")
def get_uncooperative(call: Call, host: str) -> list[str]:
    return []


@message("host.assert_can_evacuate")
def assert_can_evacuate(call: Call, host: str) -> str:
    refused = [",".join(found.details) for found in plan(call.pool, host).values() if isinstance(found, XapiError)]
    if refused:
        raise XapiError("CANNOT_EVACUATE_HOST", "|".join(refused))
    return ""


@message("host.evacuate")
async def evacuate(call: Call, host: str, network: str = NULL, batch: int = 0) -> str:
    """Does not disable the host. Up to `batch` VMs are on their way at once; the first that cannot go ends it."""
    pool = call.pool
    ha_plan.check_disable(pool, host)
    async with call.operation(host, "evacuate"):
        found = plan(pool, host)
        for where in found.values():
            if isinstance(where, XapiError):
                raise where
        goals = {vm: where for vm, where in found.items() if isinstance(where, str)}
        options = {"live": "true"}
        if network not in (NULL, ""):
            options["network"] = network
            for where in sorted(set(goals.values())):
                vm_migrate_duration.receiving(pool, where, network)
        await move_all(call, goals, options, batch or BATCH)
        left = len(vm_memory.resident(call.db, host))
        if left:
            raise XapiError("INTERNAL_ERROR", f"evacuate: {left} VMs are still resident on {host}")
    return ""


async def move_all(call: Call, goals: dict[str, str], options: dict[str, str], batch: int) -> None:
    """So many at once, the next as soon as one is there; a VM that stopped meanwhile is none to move."""
    waiting, running, done = list(goals), set[asyncio.Future[Any]](), 0
    try:
        while waiting or running:
            call.check_cancelled()
            while waiting and len(running) < max(1, batch):
                vm = waiting.pop(0)
                running.add(asyncio.ensure_future(call.run("VM.pool_migrate", vm, goals[vm], options)))
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for each in ended:
                error = each.exception()
                if error is not None and not (isinstance(error, XapiError) and error.code == "VM_BAD_POWER_STATE"):
                    raise error
                done += 1
                call.progress(done / len(goals))
    finally:
        if running:
            await asyncio.wait(running)  # xapi does not call them back either
            for each in running:
                each.exception()
