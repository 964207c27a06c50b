"""What is measured of one host: the sum of its guests, and what only a host has."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import loads, rrd_guest
from .loads import Load
from .rrd_guest import Guest, Value

if TYPE_CHECKING:
    from .pool import Pool

OF_SR = ("read", "write", "io_throughput_read", "io_throughput_write", "io_throughput_total", "iops_read", "iops_write", "iops_total",
         "read_latency", "write_latency", "latency", "iowait", "inflight", "avgqu_sz")  # fmt: skip
XAPI = ("xapi_memory_usage_kib", "xapi_free_memory_kib", "xapi_live_memory_kib", "xapi_allocation_kib", "xapi_open_fds")
POOL = ("pool_session_count", "pool_task_count", "pool_session_creation_rate", "pool_vgpu_migration_rate")  # told by the master
OWN = ("cpu_avg", "loadavg", "hostload", "running_vcpus", "running_domains", "memory_total_kib", "memory_free_kib", "memory_reclaimed",
       "memory_reclaimed_max", "Tapdisks_in_low_memory_mode")  # fmt: skip
IDLE_NIC = 1500.0  # bytes a second of management traffic


@dataclass(slots=True)
class HostSources:
    """A host and everyone on it, as it is now."""

    uuid: str
    cpus: int
    memory_kib: int
    overhead_kib: int
    guests: list[Guest]
    nics: dict[str, list[str]]  # {device: references of the networks behind it}
    srs: list[str]
    short: dict[str, str]  # {SR: the first eight characters of its uuid}
    counts: tuple[int, ...] = ()  # sessions and tasks of the pool, if it is the master
    names: list[str] = field(default_factory=list)
    kinds: str = ""

    def __post_init__(self) -> None:
        self.names = [f"cpu{n}" for n in range(self.cpus)] + list(OWN) + list(XAPI)
        self.kinds = "f" * (self.cpus + 3) + "d" * (len(OWN) - 3 + len(XAPI))
        for device in self.nics:
            self.names += [f"pif_{device}_rx", f"pif_{device}_tx"]
        self.names += ["pif_aggr_rx", "pif_aggr_tx"]
        for sr in self.srs:
            self.names += [f"{what}_{self.short[sr]}" for what in OF_SR]
        if self.counts:
            self.names += POOL
        self.kinds += "f" * (len(self.names) - len(self.kinds))

    def more_names(self) -> list[str]:
        """Of what is measured only when somebody asks for it: it is always 0."""
        return [f"pif_{device}_{way}_errors" for device in self.nics for way in ("rx", "tx")]

    def values(self, time: float, guests: list[tuple[Guest, Load]]) -> tuple[Value, ...]:
        """In the order of `names`; `guests` are those that have a sample at this time."""
        work = sum(load.cpu * guest.vcpus for guest, load in guests)
        usage = min(0.995, work / self.cpus)
        bits = loads.dice(loads.seed_of(self.uuid), round(time))
        values: list[Value] = list(rrd_guest.spread(usage, self.cpus, bits))
        held = sum(guest.memory for guest, _ in guests) >> 10
        dom0 = next((load.cpu * guest.vcpus for guest, load in guests if not guest.lives), 0.1)
        values += [usage, dom0 * 1.3, work / self.cpus, math.ceil(work), len(guests)]
        values += [self.memory_kib, max(0, self.memory_kib - self.overhead_kib - held), 0, 0, 0]
        heap = 190_000 + (bits >> 8 & 0x3FFF)
        values += [heap + 60_000, heap // 3, heap - heap // 3, 400 + (bits >> 24 & 0x3FF), 60 + (bits >> 40 & 0xF)]
        rates = (0.0, 0.0) if self.counts else ()
        return (*values, *self._traffic(guests), *self._storage(guests), *self.counts, *rates)

    def _traffic(self, guests: list[tuple[Guest, Load]]) -> list[Value]:
        by_network: dict[str, list[float]] = {}
        for guest, load in guests:
            for number, nic in enumerate(guest.nics):
                sums = by_network.setdefault(nic.network, [0.0, 0.0])
                sums[0] += load.received / (number + 1) ** 2
                sums[1] += load.sent / (number + 1) ** 2
        values: list[Value] = []
        total = [0.0, 0.0]
        for networks in self.nics.values():
            for way in (0, 1):
                rate = IDLE_NIC + sum(by_network[net][way] for net in networks if net in by_network)
                total[way] += rate
                values.append(rate)
        return [*values, *total]

    def _storage(self, guests: list[tuple[Guest, Load]]) -> list[Value]:
        sums = {sr: [0.0] * 6 for sr in self.srs}  # read, written, reads, writes, time waited, operations waiting
        for guest, load in guests:
            for number, disk in enumerate(guest.disks):
                if disk.sr not in sums:
                    continue
                read, written, latency, _, reads, writes, total, _, waiting, *_ = guest.disk(number, load)
                for at, value in enumerate((read, written, reads, writes, latency * total, waiting)):
                    sums[disk.sr][at] += value
        values: list[Value] = []
        for read, written, reads, writes, waited, waiting in sums.values():
            latency = waited / (reads + writes) if reads + writes else 0.0
            mib = loads.MIB
            values += [read, written, read / mib, written / mib, (read + written) / mib, reads, writes, reads + writes]
            values += [latency, latency * 1.6, latency * 1.2, min(1.0, waiting * 0.2), waiting, waiting]
        return values


def view(pool: Pool, ref: str, now: float) -> HostSources:
    """The host with all VMs that are on it now, its control domain first."""
    db, record = pool.db, pool.db.record("host", ref)
    guests = [rrd_guest.guest(pool, vm, now) for vm in record["resident_VMs"]]
    guests.sort(key=lambda g: (bool(g.lives), g.uuid))
    nics: dict[str, list[str]] = {}
    for pif in (db.record("PIF", p) for p in record["PIFs"]):
        behind = nics.setdefault(pif["device"], [])
        if not db.exists(pif["metrics"]) or db.get(pif["metrics"], "carrier"):
            behind.append(pif["network"])
    srs = [db.get(pbd, "SR") for pbd in record["PBDs"] if db.get(pbd, "currently_attached")]
    srs = [sr for sr in srs if db.get(sr, "content_type") != "iso" and db.get(sr, "physical_size") > 0]
    metrics = record["metrics"]
    return HostSources(
        record["uuid"], int(record["cpu_info"].get("cpu_count") or 4), db.get(metrics, "memory_total") >> 10 if db.exists(metrics) else 0,
        record["memory_overhead"] >> 10, guests, dict(sorted(nics.items())), srs, {sr: db.get(sr, "uuid")[:8] for sr in srs},
        (len(db.rows("session")), len(db.rows("task"))) if ref == pool.master.ref else (),
    )  # fmt: skip
