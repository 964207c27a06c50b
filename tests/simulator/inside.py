"""Pools without sockets, for tests that look at them from inside; the clock stands still unless it is turned."""

from xo_dash.simulator import inventory, model, registry
from xo_dash.simulator.clock import Clock
from xo_dash.simulator.dispatch import Dispatcher
from xo_dash.simulator.inventory import PoolPlan
from xo_dash.simulator.pool import Pool

NOON = 1_790_164_800.0  # Wednesday, 2026-09-23 12:00 UTC


async def built(hosts: int = 3, vms: int = 40, srs: int = 4, *, index: int = 0, seed: str = "test", now: float = NOON) -> Pool:
    pool = Pool(Dispatcher(model.load(), registry.collect()), seed=seed, password="secret", clock=Clock(0.0, now))
    await inventory.build(pool, PoolPlan(index, tuple(f"127.0.{index}.{n + 1}" for n in range(hosts)), vms, srs))
    return pool


def vm_named(pool: Pool, name: str) -> str:
    (vm,) = [ref for ref, r in pool.db.records("VM") if r["name_label"] == name and not r["is_a_snapshot"]]
    return vm
