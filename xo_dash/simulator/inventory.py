"""What is in a pool when it starts: machines, networks, storage, templates, VMs and their past."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import (
    inventory_devices,
    inventory_hosts,
    inventory_names,
    inventory_networks,
    inventory_past,
    inventory_storage,
    inventory_templates,
    inventory_vms,
)
from .classes import updates, vm_memory
from .inventory_names import Sketch
from .pool import Pool

FULL = 0.96  # of the first shared SR, in a pool that is large enough to have trouble
ROOMY = 0.41


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A pool to be built: `addresses` of its hosts, the master first; `srs` are those that all hosts share; `spare` is memory
    (bytes) of the master for those who try a XAPI out with a hundred small VMs: a pool to look at needs none.
    """

    index: int
    addresses: tuple[str, ...]
    vms: int
    srs: int
    spare: int = 128 * inventory_names.GIB


async def build(pool: Pool, plan: PoolPlan) -> None:
    """Fill an empty pool; the same plan and seed give the same references, uuids and names."""
    pool.clock.instant = True
    dice = random.Random(pool.rng.getrandbits(64))  # noqa: S311  the same seed is the same pool
    pool.facts["dice"] = random.Random(dice.getrandbits(64))  # noqa: S311  how long things take
    pool.facts["life"] = dice.getrandbits(64)
    site = inventory_names.site(plan.index)
    sketches = inventory_names.sketches(site, plan.vms, dice)
    storage, networks = await _ground(pool, plan, site, sketches, dice)
    builder = inventory_vms.Builder(pool, networks, storage, dice)
    vms = [builder.make(sketch) for sketch in sketches]
    for sr in storage.all:
        inventory_storage.measure(pool.db, sr, ROOMY)
    await inventory_past.build(pool, vms, dice)
    _settle(pool, plan, storage, dice)
    inventory_devices.build(pool.db, list(pool.db.rows("host")), dice)
    if pool.dialect.software.get("product_brand") == "XenServer":
        updates.furnish(pool)
    pool.clock.instant = False


async def _ground(
    pool: Pool, plan: PoolPlan, site: inventory_names.Site, sketches: list[Sketch], dice: random.Random
) -> tuple[inventory_storage.Storage, inventory_networks.Networks]:
    """Everything that VMs stand on."""
    memory = inventory_hosts.memory_of_hosts(inventory_vms.memory_needed(sketches), len(plan.addresses), plan.spare)
    names = inventory_names.host_names(site, len(plan.addresses))
    hosts = inventory_hosts.build(pool, names, plan.addresses, memory, dice)
    row = inventory_hosts.pool_row(pool, site, hosts)
    networks = await inventory_networks.build(pool, site, hosts, dice)
    storage = inventory_storage.build(pool, hosts, inventory_names.sr_names(site, plan.srs))
    default = storage.all[0]
    pool.db.set(row, default_SR=default, suspend_image_SR=default, crash_dump_SR=default)
    inventory_templates.build(pool.db, default)
    return storage, networks


def _settle(pool: Pool, plan: PoolPlan, storage: inventory_storage.Storage, dice: random.Random) -> None:
    """Sums of what is there, and what may be done with it."""
    db = pool.db
    for sr in list(db.rows("SR")):
        is_full = storage.shared[:1] == [sr] and plan.index == 0 and plan.vms >= 20
        inventory_storage.measure(db, sr, FULL if is_full else 0.12 + 0.6 * dice.random(), exactly=is_full)
    templates = [vm for vm, record in db.records("VM") if record["is_a_template"] or record["is_control_domain"]]
    devices = [ref for cls in ("VBD", "VDI") for ref, record in db.records(cls) if not record["allowed_operations"]]
    vm_memory.tell_unused(db, *db.rows("host"))
    pool.refresh(pool.ref, *db.rows("host"), *db.rows("SR"), *templates, *devices)
