"""Hosts: memory, and moving all VMs away."""

from __future__ import annotations

import asyncio

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import ha_plan, vm_memory, vm_placement, vm_rules

BATCH = 10  # VMs that are on their way at once


@message("host.compute_free_memory")
def compute_free_memory(call: Call, host: str) -> int:
    return vm_memory.free_memory(call.db, host)


@message("host.compute_memory_overhead")
def compute_memory_overhead(call: Call, host: str) -> int:
    return int(call.db.get(host, "memory_overhead"))


def targets(pool: Pool, host: str) -> list[str]:
    """Hosts that can take VMs from `host`."""
    return [ref for ref, record in pool.db.records("host") if ref != host and record["enabled"] and vm_memory.is_live(pool.db, ref)]


def plan(pool: Pool, host: str) -> dict[str, str | XapiError]:
    """{VM: the host it goes to, or why it cannot go}; the biggest first, each where most is left."""
    left = {ref: vm_memory.free_memory(pool.db, ref) for ref in targets(pool, host)}
    vms = sorted(vm_memory.resident(pool.db, host), key=lambda vm: -int(pool.db.get(vm, "memory_dynamic_min")))
    return {vm: destination(pool, vm, left) for vm in vms}


def destination(pool: Pool, vm: str, left: dict[str, int]) -> str | XapiError:
    record = pool.db.record("VM", vm)
    if not left:
        return XapiError("NO_HOSTS_AVAILABLE", vm)
    if reason := vm_rules.refusal(pool, vm, record, "pool_migrate"):
        return reason
    needed, reasons = vm_memory.start_memory(record), []
    for host in sorted(left, key=lambda h: -left[h]):
        try:
            vm_placement.check_host(pool, vm, host, memory=False)
        except XapiError as error:
            reasons.append(error)
            continue
        if left[host] >= needed:
            left[host] -= needed
            return host
    return reasons[0] if len(reasons) == len(left) else XapiError("HOST_NOT_ENOUGH_FREE_MEMORY", vm)


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
async def evacuate(call: Call, host: str, network: str = "", batch: int = 0) -> str:
    """Does not disable the host. The first VM that cannot go ends it; progress is that of the VMs."""
    ha_plan.check_disable(call.pool, host)
    async with call.operation(host, "evacuate"):
        found = plan(call.pool, host)
        for where in found.values():
            if isinstance(where, XapiError):
                raise where
        queue = [(vm, where) for vm, where in found.items() if isinstance(where, str)]
        for start in range(0, len(queue), batch or BATCH):
            group = queue[start : start + (batch or BATCH)]
            ended = await asyncio.gather(
                *(call.run("VM.pool_migrate", vm, where, {"live": "true"}) for vm, where in group), return_exceptions=True
            )
            for error in ended:
                if isinstance(error, BaseException):
                    raise error
            call.progress((start + len(group)) / len(queue))
            call.check_cancelled()
    return ""
