"""What happens inside VMs, and to them."""

from __future__ import annotations

import math
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from .. import loads, tasks
from ..actor import Actor
from ..classes import vm_guest, vm_life
from ..errors import XapiError
from ..loads import Surge
from ..pool import Pool
from ..types import NULL

KEPT = 20  # surges of a VM that are remembered
MIB = float(1 << 20)


def running(pool: Pool, vm: str) -> None:
    if pool.db.get(vm, "power_state") != "Running":
        raise XapiError("VM_BAD_POWER_STATE", vm, "running", pool.db.get(vm, "power_state").lower())


def crash(pool: Pool, vm: str) -> Coroutine[Any, Any, None] | None:
    """Its kernel panics; the pool does what the VM's actions_after_crash say."""
    running(pool, vm)
    record = pool.db.record("VM", vm)
    pool.messages.create("VM_CRASHED", 2, "VM", record["uuid"], "")
    pool.db.set(vm, current_operations={})
    match record["actions_after_crash"]:
        case "restart" | "coredump_and_restart" | "rename_restart":
            return restart(pool, vm)
        case "preserve":
            pool.db.set(vm, power_state="Paused")
            vm_life.refresh_all(pool, vm)
        case _:
            vm_life.gone(pool, vm)
    return None


async def restart(pool: Pool, vm: str) -> None:
    vm_life.gone(pool, vm)
    await Actor(pool, "crash").call("VM.start", vm, False, False)


def tools(pool: Pool, vm: str, present: bool = False) -> None:
    """The agent in the guest vanishes, or comes back."""
    guests, record = vm_guest.guests(pool), pool.db.record("VM", vm)
    guests[record["uuid"]] = replace(vm_guest.guest_of(pool, record), tools=present)
    if present:
        vm_guest.expect_agent(pool, vm)
    else:
        vm_guest.forget_metrics(pool, vm)
        vm_guest.open_metrics(pool, vm)
        vm_life.refresh_all(pool, vm)


def power_off(pool: Pool, vm: str) -> None:
    """By the guest itself."""
    running(pool, vm)
    vm_life.shut_down_by_itself(pool, vm)


def busy(
    pool: Pool, vm: str, seconds: float = math.inf, cpu: float = 0.0, memory: float = 0.0, rise: float = 0.0, received: float = 0.0,
    sent: float = 0.0, read: float = 0.0, written: float = 0.0,
) -> None:  # fmt: skip
    """More than usual: shares of its vCPUs and its memory (grown to over `rise` seconds), MiB a second. With nothing: what was ends."""
    now = pool.clock.now()
    surges = loads.surges(pool).setdefault(pool.db.get(vm, "uuid"), [])
    added = Surge(now, now + seconds, cpu, memory, received * MIB, sent * MIB, read * MIB, written * MIB, rise)
    if any((cpu, memory, received, sent, read, written)):
        surges.append(added)
        del surges[:-KEPT]
    else:
        for surge in surges:
            surge.until = min(surge.until, now)


async def backup(pool: Pool, vm: str, seconds: float = 60.0, rate: float = 120.0) -> None:
    """A backup program: a snapshot, an export whose task goes on by itself at `rate` MiB a second, and the snapshot goes."""
    actor, db = Actor(pool, "backup"), pool.db
    name = db.get(vm, "name_label")
    snapshot = await actor.call("VM.snapshot", vm, f"backup {pool.clock.iso()}", [])
    task = tasks.create(pool, f"Export of {name}", "By the backup program", host=pool.master.ref)
    busy(pool, vm, seconds, cpu=0.03, read=rate)
    host = db.get(vm, "resident_on")
    dom0 = db.get(host if host != NULL else pool.master.ref, "control_domain")
    busy(pool, dom0, seconds, cpu=0.25, sent=rate)
    await advance(pool, task, 0.0, seconds)
    if db.exists(snapshot):
        disks = [db.get(vbd, "VDI") for vbd in db.get(snapshot, "VBDs") if db.get(vbd, "type") == "Disk"]
        await actor.call("VM.destroy", snapshot)
        for disk in filter(db.exists, disks):
            await actor.call("VDI.destroy", disk)


async def advance(pool: Pool, task: str, start: float, seconds: float) -> None:
    """A task of a client, step by step to its end; whoever destroys or ends it has the last word."""
    db, steps = pool.db, max(4, int(seconds / 2))
    for step in range(1, steps + 1):
        await pool.clock.sleep(seconds / steps)
        if not db.exists(task) or db.get(task, "status") != "pending":
            return
        if "cancel" in db.get(task, "current_operations").values():
            tasks.fail(pool, task, XapiError("TASK_CANCELLED", task))
            return
        if step < steps:
            db.set(task, progress=start + (1 - start) * step / steps)
    tasks.succeed(pool, task, "")


async def move(pool: Pool, vm: str, host: str = "") -> None:
    """Live, to `host` or to any other that can take it; whoever cannot move stays."""
    running(pool, vm)
    home = pool.db.get(vm, "resident_on")
    possible = [host] if host else await pool.run("VM.get_possible_hosts", vm)
    if others := [other for other in possible if other != home]:
        await Actor(pool, "balance").call("VM.pool_migrate", vm, others[0], {"live": "true"})


async def balloon(pool: Pool, vm: str, share: float = 1.0) -> None:
    """It gets this share of its memory."""
    size = int(pool.db.get(vm, "memory_static_max") * share) >> 20 << 20
    await Actor(pool, "squeeze").call("VM.set_memory_dynamic_range", vm, size, size)
