"""What is in a pool when it starts."""

from __future__ import annotations

from dataclasses import dataclass

from .pool import Host, Pool

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Plan:
    """A pool to be built: `addresses` of its hosts, the master first."""

    index: int
    addresses: tuple[str, ...]
    vms: int
    srs: int


async def build(pool: Pool, plan: Plan) -> None:
    """Fill an empty pool; the same plan and seed give the same references and uuids."""
    pool.clock.instant = True
    db = pool.db
    hosts = []
    for number, address in enumerate(plan.addresses):
        metrics = db.create("host_metrics", {"memory_total": (64 + 2 * plan.vms) * GIB, "live": True, "last_updated": pool.clock.iso()})
        fields = {"name_label": f"host-{number + 1}", "hostname": f"host-{number + 1}", "address": address, "enabled": True,
                  "metrics": metrics, "API_version_major": 2, "API_version_minor": 21}  # fmt: skip
        ref = db.create("host", fields)
        pool.hosts[address] = Host(ref, address)
        hosts.append(ref)
    db.create("pool", {"name_label": f"pool-{plan.index + 1}", "master": hosts[0]})
    for number in range(plan.vms):
        metrics = db.create("VM_metrics", {})
        vm = db.create("VM", {"name_label": f"vm-{number + 1}", "metrics": metrics, "memory_static_max": GIB, "memory_dynamic_max": GIB,
                              "memory_dynamic_min": GIB, "VCPUs_max": 1, "VCPUs_at_startup": 1})  # fmt: skip
        pool.refresh(vm)
        if number % 2:
            await pool.run("VM.start", vm, False, False)
    pool.clock.instant = False
