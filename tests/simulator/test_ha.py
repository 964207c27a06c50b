"""High availability: what must be there for it, what it promises, and that it keeps it when a host dies."""

import asyncio
from typing import Any

import pytest

from tests.simulator.inside import built
from xo_dash.simulator import machine
from xo_dash.simulator.classes import ha_agile, vm_life
from xo_dash.simulator.classes.ha_binpack import Configuration, always_possible
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.pool import Pool

GIB = 1 << 30


async def calm(pool: Pool, seconds: float, step: float = 5) -> None:
    for _ in range(int(seconds / step)):
        await pool.clock.advance(step)


async def done(pool: Pool, work: Any, seconds: float = 120) -> Any:
    """The result of a call that takes simulated time."""
    task = asyncio.ensure_future(work)
    while not task.done() and seconds > 0:
        await pool.clock.advance(2)
        seconds -= 2
    return await task


async def refused(pool: Pool, method: str, *arguments: Any) -> list[str]:
    with pytest.raises(XapiError) as caught:
        await done(pool, pool.run(method, *arguments))
    return caught.value.details


async def safe(hosts: int, vms: int) -> Pool:
    """A pool with HA."""
    pool = await built(hosts, vms)
    pool.start()
    await done(pool, pool.run("pool.enable_ha", [], {}))
    return pool


def agile(pool: Pool, state: str = "Running") -> list[str]:
    found = [
        ref for ref, vm in pool.db.records("VM") if vm["power_state"] == state and not vm["is_control_domain"] and not vm["is_a_template"]
    ]
    return [vm for vm in found if ha_agile.obstacle(pool.db, vm) is None]


def told(pool: Pool, name: str) -> list[dict[str, Any]]:
    return [record for _, record in pool.messages.items() if record["name"] == name]


@pytest.mark.parametrize(
    "free, sizes, placement, failures, possible",
    [
        ({"a": 4, "b": 4}, {}, {}, 2, True),  # nothing to restart: all may fail
        ({"a": 4, "b": 4}, {"v": 4}, {"v": "a"}, 1, True),
        ({"a": 4, "b": 4}, {"v": 4}, {"v": "a"}, 2, False),
        ({"a": 4, "b": 3}, {"v": 4}, {"v": "a"}, 1, False),
        ({"a": 0, "b": 4, "c": 4}, {"v": 4, "w": 4}, {"v": "a", "w": "a"}, 1, True),
        ({"a": 0, "b": 4, "c": 4}, {"v": 4, "w": 4}, {"v": "a", "w": "a"}, 2, False),
        ({"a": 4, "b": 4}, {"v": 1}, {}, 3, False),
    ],
)
def test_every_failure_that_is_planned_for_leaves_a_place(
    free: dict[str, int], sizes: dict[str, int], placement: dict[str, str], failures: int, possible: bool
) -> None:
    assert always_possible(Configuration(free, sizes, placement, len(free), failures)) is possible


def test_large_pools_are_judged_by_their_worst_case() -> None:
    free = {f"h{n}": 8 for n in range(40)}
    config = Configuration(free, {"v": 4, "w": 4}, {"v": "h1", "w": "h1"}, 40, 38)
    assert always_possible(config)
    assert not always_possible(Configuration(free, {"v": 9}, {"v": "h1"}, 40, 1))


async def test_it_needs_an_sr_that_every_host_sees() -> None:
    pool = await built(3, 10)
    pool.start()
    local = next(ref for ref, sr in pool.db.records("SR") if sr["type"] == "ext")
    assert await refused(pool, "pool.enable_ha", [local], {}) == ["SR_HAS_NO_PBDS", local]
    assert await refused(pool, "pool.disable_ha") == ["HA_NOT_ENABLED"]
    for sr, record in pool.db.records("SR"):
        pool.db.set(sr, physical_utilisation=record["physical_size"])
    assert await refused(pool, "pool.enable_ha", [], {}) == ["CANNOT_CREATE_STATE_FILE"]
    await pool.close()


async def test_it_makes_its_disks_and_every_host_sees_them() -> None:
    pool = await safe(3, 10)
    row = pool.db.record("pool", pool.ref)
    (statefile,) = row["ha_statefiles"]
    sr = pool.db.record("SR", pool.db.get(statefile, "SR"))
    assert row["ha_enabled"] and {pool.db.get(v, "type") for v in sr["VDIs"]} >= {"ha_statefile", "redo_log"}
    assert all(h["ha_statefiles"] == [statefile] and len(h["ha_network_peers"]) == 3 for _, h in pool.db.records("host"))
    assert await refused(pool, "pool.enable_ha", [], {}) == ["HA_IS_ENABLED"]
    assert await refused(pool, "VDI.destroy", statefile) == ["HA_IS_ENABLED"]
    assert "ha_disable" in row["allowed_operations"] and "ha_enable" not in row["allowed_operations"]
    await done(pool, pool.run("pool.disable_ha"))
    assert not pool.db.get(pool.ref, "ha_enabled")
    disks = len(sr["VDIs"])
    await done(pool, pool.run("pool.enable_ha", [], {"timeout": "30"}))
    assert len(sr["VDIs"]) == disks and row["ha_configuration"] == {"timeout": "30"}
    await pool.close()


async def test_what_it_tolerates_depends_on_who_is_protected() -> None:
    pool = await safe(3, 10)
    assert await pool.run("pool.ha_compute_max_host_failures_to_tolerate") == 3
    vm = agile(pool)[0]
    await pool.run("VM.set_ha_restart_priority", vm, "restart")
    assert pool.db.get(vm, "ha_always_run")
    assert await pool.run("pool.ha_compute_max_host_failures_to_tolerate") == 2
    await pool.run("pool.set_ha_host_failures_to_tolerate", pool.ref, 1)
    assert pool.db.get(pool.ref, "ha_plan_exists_for") == 1 and not pool.db.get(pool.ref, "ha_overcommitted")
    assert await pool.run("pool.ha_failover_plan_exists", 1) and not await pool.run("pool.ha_failover_plan_exists", 3)
    hypothetical = "pool.ha_compute_hypothetical_max_host_failures_to_tolerate"
    assert await pool.run(hypothetical, {vm: "best-effort"}) == 3
    assert await refused(pool, hypothetical, {vm: "always"}) == ["INVALID_VALUE", "ha_restart_priority", "always"]
    assert await refused(pool, "pool.set_ha_host_failures_to_tolerate", pool.ref, -1) == [
        "INVALID_VALUE",
        "ha_host_failures_to_tolerate",
        "-1",
    ]
    assert await refused(pool, "VM.set_ha_restart_priority", vm, "x") == ["INVALID_VALUE", "ha_restart_priority", "x"]
    await pool.close()


async def test_what_would_break_the_plan_is_refused() -> None:
    pool = await safe(2, 8)
    vm = agile(pool)[0]
    await pool.run("VM.set_ha_restart_priority", vm, "restart")
    await pool.run("pool.set_ha_host_failures_to_tolerate", pool.ref, 1)
    other = next(h for h in pool.db.rows("host") if h != pool.master.ref)
    assert await refused(pool, "host.disable", other) == ["HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"]
    huge = agile(pool, "Halted")[0]
    size = pool.db.get(pool.db.get(other, "metrics"), "memory_total") * 9 // 10
    pool.db.set(
        huge, memory_static_max=size, memory_dynamic_max=GIB, memory_dynamic_min=GIB, memory_static_min=GIB, ha_restart_priority="restart"
    )
    assert await refused(pool, "VM.start", huge, False, False) == ["HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"]
    pool.db.set(pool.ref, ha_allow_overcommit=True)
    await done(pool, pool.run("VM.start", huge, False, False))
    assert pool.db.get(huge, "ha_always_run")
    await pool.run("pool.ha_compute_max_host_failures_to_tolerate")
    assert pool.db.get(pool.ref, "ha_overcommitted") and told(pool, "HA_POOL_DROP_IN_PLAN_EXISTS_FOR")[-1]["body"] == "0"
    await pool.close()


async def test_a_failover_plan_says_where_or_why_not() -> None:
    pool = await built(3, 20)
    dead = next(h for h in pool.db.rows("host") if h != pool.master.ref)
    vm, local = agile(pool)[:2]
    disk = next(pool.db.get(v, "VDI") for v in pool.db.get(local, "VBDs") if pool.db.get(v, "type") == "Disk")
    pool.db.set(disk, SR=next(ref for ref, sr in pool.db.records("SR") if sr["type"] == "ext"))
    for metrics in pool.db.rows("host_metrics"):
        pool.db.set(metrics, memory_total=pool.db.get(metrics, "memory_total") * 8)
    told = await pool.run("pool.ha_compute_vm_failover_plan", [dead], [vm, local])
    assert told[vm]["host"] in pool.db.rows("host") and told[vm]["host"] != dead
    for host in pool.db.rows("host"):
        pool.db.set(pool.db.get(host, "metrics"), memory_total=0)
    told = await pool.run("pool.ha_compute_vm_failover_plan", [dead], [vm, local])
    assert told == {vm: {"error_code": "HOST_NOT_ENOUGH_FREE_MEMORY"}, local: {"error_code": "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED"}}
    assert (await refused(pool, "VM.assert_agile", local))[0] == "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED"
    await pool.close()


async def test_protected_vms_of_a_dead_host_run_again_elsewhere() -> None:
    pool = await safe(3, 12)
    host = next(h for h in pool.db.rows("host") if h != pool.master.ref and any(pool.db.get(v, "resident_on") == h for v in agile(pool)))
    vm = next(v for v in agile(pool) if pool.db.get(v, "resident_on") == host)
    await pool.run("VM.set_ha_restart_priority", vm, "restart")
    await pool.run("pool.set_ha_host_failures_to_tolerate", pool.ref, 1)
    machine.die(pool, host)
    await calm(pool, 120)
    assert [m["body"] for m in told(pool, "HA_HOST_FAILED")] == [f"Server '{pool.db.get(host, 'name_label')}' has failed"]
    assert not pool.db.get(pool.db.get(host, "metrics"), "live")
    assert pool.db.get(vm, "power_state") == "Running" and pool.db.get(vm, "resident_on") not in (host, "OpaqueRef:NULL")
    await pool.close()


async def test_a_fenced_master_is_followed_by_another_and_comes_back() -> None:
    pool = await safe(3, 12)
    old = pool.master.ref
    pool.spawn(machine.fence(pool, old))
    await calm(pool, 300)
    assert pool.master.ref != old
    assert [m["obj_uuid"] for m in told(pool, "POOL_MASTER_TRANSITION")] == [pool.db.get(pool.master.ref, "uuid")]
    assert pool.db.get(pool.db.get(old, "metrics"), "live")
    await pool.close()


async def test_nobody_restarts_while_it_is_told_to_wait() -> None:
    pool = await safe(2, 8)
    host = next(h for h in pool.db.rows("host") if h != pool.master.ref)
    await pool.run("pool.ha_prevent_restarts_for", 600)
    machine.die(pool, host)
    await calm(pool, 300)
    assert not told(pool, "HA_HOST_FAILED")
    await calm(pool, 400)
    assert told(pool, "HA_HOST_FAILED")
    await pool.close()


async def test_vms_of_a_master_that_dies_run_on_under_the_next_one() -> None:
    pool = await safe(3, 12)
    old = pool.master.ref
    vm = next(v for v in agile(pool) if pool.db.get(v, "resident_on") == old)
    await pool.run("VM.set_ha_restart_priority", vm, "restart")
    machine.die(pool, old)
    await calm(pool, 240)
    assert pool.master.ref != old and pool.db.get(vm, "power_state") == "Running" and pool.db.get(vm, "resident_on") != old
    assert [m["obj_uuid"] for m in told(pool, "HA_HOST_FAILED")] == [pool.db.get(old, "uuid")]
    pool.spawn(machine.boot(pool, old))
    await calm(pool, 240)
    assert [m["obj_uuid"] for m in told(pool, "HA_HOST_WAS_FENCED")] == [pool.db.get(old, "uuid")]
    await pool.close()


async def test_a_protected_vm_that_powers_itself_off_is_started_again() -> None:
    pool = await safe(2, 8)
    vm, other = agile(pool)[:2]
    await pool.run("VM.set_ha_restart_priority", vm, "restart")
    vm_life.shut_down_by_itself(pool, vm)
    await calm(pool, 60)
    assert pool.db.get(vm, "power_state") == "Running"
    await done(pool, pool.run("VM.hard_shutdown", vm))
    await calm(pool, 60)
    assert pool.db.get(vm, "power_state") == "Halted" and not pool.db.get(vm, "ha_always_run")
    home = pool.db.get(other, "resident_on")
    refusals = await pool.run("host.get_vms_which_prevent_evacuation", home)
    assert refusals[other] == ["HOST_EVACUATE_VM_NOT_HA_PROTECTED", other]
    await pool.close()


async def test_one_great_thing_at_a_time() -> None:
    pool = await built(2, 4)
    pool.start()
    enabling = asyncio.ensure_future(pool.run("pool.enable_ha", [], {}))
    await pool.clock.advance(1)
    assert pool.db.get(pool.ref, "allowed_operations") == []
    assert await refused(pool, "pool.sync_updates", pool.ref, False) == ["HA_ENABLE_IN_PROGRESS"]
    await calm(pool, 60)
    await enabling
    assert await refused(pool, "pool.designate_new_master", next(h for h in pool.db.rows("host") if h != pool.master.ref)) == [
        "HA_IS_ENABLED"
    ]
    await pool.close()
