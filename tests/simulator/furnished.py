"""A pool with what these tests stand on, whatever the inventory brings: storage, a network, hosts that can hold VMs."""

from __future__ import annotations

from xo_dash.simulator.classes import sm
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.simulator.types import NULL

GIB = 1 << 30
TIB = 1 << 40


async def furnish_inside(pool: Pool) -> None:
    db = pool.db
    sm.create_rows(pool)
    hosts = list(db.rows("host"))
    if db.get(pool.ref, "default_SR") == NULL:
        pool.clock.instant = True
        config = {"server": "10.0.0.9", "serverpath": "/pool"}
        sr = await pool.run("SR.create", hosts[0], config, 20 * TIB, "shared", "", "nfs", "user", True, {})
        pool.clock.instant = False
        db.set(pool.ref, default_SR=sr, suspend_image_SR=sr)
    if db.get(pool.ref, "suspend_image_SR") == NULL:
        db.set(pool.ref, suspend_image_SR=db.get(pool.ref, "default_SR"))
    for host in hosts:
        metrics = db.get(host, "metrics")
        db.set(metrics, memory_total=max(db.get(metrics, "memory_total"), 512 * GIB))


def furnish(pool: SimulatedPool) -> SimulatedPool:
    pool.simulation.wait(furnish_inside(pool.inside))
    return pool
