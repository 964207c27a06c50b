"""What is measured of one VM: the names of its series and their values at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import loads
from .classes import vm_guest
from .loads import Load, Profile, Surge

if TYPE_CHECKING:
    from .database import Record
    from .pool import Pool

MEASURED = ("Running", "Paused")
KEEP = 20  # lives of a VM that are remembered
DISK_WEIGHTS = (1.0, 0.6, 0.3, 0.15)
OF_DISK = ("read", "write", "read_latency", "write_latency", "iops_read", "iops_write", "iops_total", "iowait", "inflight", "latency",
           "io_throughput_read", "io_throughput_write", "io_throughput_total", "avgqu_sz")  # fmt: skip
RUNSTATES = ("runstate_fullrun", "runstate_full_contention", "runstate_concurrency_hazard", "runstate_blocked", "runstate_partial_run",
             "runstate_partial_contention", "runnable_any", "runnable_vcpus", "numa_node_nonaffine_vcpus", "numa_nodes",
             "memory_numa_node_0")  # fmt: skip
EXTREMES = "create_min_max_in_new_VM_RRDs"  # in the pool's other_config
FASTEST = 180.0  # microseconds of an operation on an idle disk

Value = float | int


@dataclass(slots=True)
class GuestUptime:
    """From a boot to its end, in seconds since the epoch; a guest that is paused does nothing."""

    since: float
    until: float
    paused: float | None = None


@dataclass(frozen=True, slots=True)
class GuestDisk:
    name: str  # xvda
    sr: str


@dataclass(frozen=True, slots=True)
class Nic:
    device: str
    network: str


@dataclass(slots=True)
class Guest:
    uuid: str
    profile: Profile
    seed: int
    vcpus: int  # online
    most: int  # vCPUs that its domain has; those not online do nothing, and are measured too
    memory: int  # bytes
    target: int
    tools: bool
    disks: tuple[GuestDisk, ...]
    nics: tuple[Nic, ...]
    lives: list[GuestUptime]  # the last one first; none = has always been there
    extremes: bool = False  # MIN and MAX are kept of it too
    surges: Sequence[Surge] = ()
    slow: dict[str, float] = field(default_factory=dict)  # {SR: how many times as long as usual its disks take}
    names: list[str] = field(default_factory=list)
    kinds: str = ""  # of each value: d for whole numbers, f for others

    def __post_init__(self) -> None:
        self.names = [f"cpu{n}" for n in range(self.most)] + ["cpu_usage", "memory", "memory_target"]
        self.kinds = "f" * (self.most + 1) + "dd"
        if self.tools:
            self.names.append("memory_internal_free")
            self.kinds += "d"
        for nic in self.nics:
            self.names += [f"vif_{nic.device}_rx", f"vif_{nic.device}_tx"]
        for disk in self.disks:
            self.names += [f"vbd_{disk.name}_{what}" for what in OF_DISK]
        self.kinds += "f" * (len(self.names) - len(self.kinds))

    def load(self, time: float, step: float) -> Load | None:
        """None = there is no sample: it was not running."""
        usual = self._usual(time, step)
        return loads.surged(usual, self.surges, time, step) if usual and self.surges else usual

    def _usual(self, time: float, step: float) -> Load | None:
        if not self.lives:
            return loads.load(self.profile, self.seed, time, step)
        for life in self.lives:
            if time > life.since:
                if time > life.until:
                    return None
                if life.paused is not None and time > life.paused:
                    return Load(0.0, self.profile.used, 0.0, 0.0, 0.0, 0.0, 0)
                return loads.load(self.profile, self.seed, time, step, life.since)
        return None

    def values(self, load: Load) -> tuple[Value, ...]:
        """In the order of `names`."""
        values: list[Value] = [*spread(load.cpu, self.vcpus, load.dice), *[0.0] * (self.most - self.vcpus)]
        values += [load.cpu, self.memory, self.target]
        if self.tools:
            values.append(int(self.memory * (1 - load.memory)) >> 10)
        for number in range(len(self.nics)):
            values += [load.received / (number + 1) ** 2, load.sent / (number + 1) ** 2]
        for number in range(len(self.disks)):
            values += self.disk(number, load)
        return tuple(values)

    def disk(self, number: int, load: Load) -> list[Value]:
        """As OF_DISK names them: bytes a second, microseconds, operations a second, seconds a second, operations waiting, MiB a second."""
        weight = DISK_WEIGHTS[min(number, 3)]
        read, written = load.read * weight, load.written * weight
        reads, writes = read / self.profile.request, written / self.profile.request
        latency = FASTEST * (1 + 6 * load.cpu + (load.dice >> 32 & 0xFF) / 128) * self.slow.get(self.disks[number].sr, 1.0)
        waiting = (reads + writes) * latency / 1e6
        mib = loads.MIB
        return [read, written, latency, latency * 1.6, reads, writes, reads + writes, min(1.0, waiting * 0.4), waiting, latency * 1.3,
                read / mib, written / mib, (read + written) / mib, waiting]  # fmt: skip

    def more_names(self) -> list[str]:
        """Of what is measured only when somebody asks for it."""
        return list(RUNSTATES)

    def more(self, load: Load) -> tuple[Value, ...]:
        """In the order of `more_names`: shares of the time, which make 1 up to the two partial ones; then the nodes of memory."""
        cpu = load.cpu
        shares = cpu * 0.6, cpu * 0.01, cpu * 0.01, 1 - cpu, cpu * 0.35, cpu * 0.03
        return (*shares, cpu * 0.04, cpu * 0.04, 0.0, 1.0, float(self.memory))


def spread(usage: float, count: int, dice: int) -> list[float]:
    """The usage of each of `count` CPUs, so that they make `usage` on average: what one has more, its neighbour has less."""
    room = min(1 - usage, usage) * 0.7 / 255
    each: list[float] = []
    for pair in range(count // 2):
        off = room * (dice >> (7 + pair * 5 % 50) & 0xFF)
        each += [usage + off, usage - off]
    return each if count % 2 == 0 else [*each, usage]


def guest(pool: Pool, ref: str, now: float) -> Guest:
    """A VM as it is now, whether it runs or not."""
    db, vm = pool.db, pool.db.record("VM", ref)
    disks = []
    for vbd in map(db.rows("VBD").__getitem__, vm["VBDs"]):
        record = vbd.record
        if record["type"] == "Disk" and record["currently_attached"] and db.exists(record["VDI"]):
            disks.append(GuestDisk(record["device"] or "xvda", db.get(record["VDI"], "SR")))
    vifs = (row.record for row in map(db.rows("VIF").__getitem__, vm["VIFs"]))
    nics = [Nic(vif["device"], vif["network"]) for vif in vifs if vif["currently_attached"]]
    control = vm["is_control_domain"]
    metrics = db.record("VM_metrics", vm["metrics"]) if db.exists(vm["metrics"]) else None
    online = max(1, metrics["VCPUs_number"] if metrics else vm["VCPUs_at_startup"])
    return Guest(
        vm["uuid"], loads.PROFILES["dom0"] if control else loads.profile_of(pool, vm["uuid"]), loads.seed_of(vm["uuid"]),
        online, max(online, vm["VCPUs_max"]),
        (metrics and metrics["memory_actual"]) or vm["memory_dynamic_max"], vm["memory_target"] or vm["memory_dynamic_max"],
        control or vm_guest.has_reported(pool, vm), tuple(sorted(disks, key=lambda d: d.name)), tuple(sorted(nics, key=lambda n: n.device)),
        [] if control else lives(pool, vm, metrics, now), extremes(pool, vm["uuid"]), loads.surges(pool).get(vm["uuid"], ()),
        pool.facts.get("slow", {}),
    )  # fmt: skip


def extremes(pool: Pool, uuid: str) -> bool:
    """Whether MIN and MAX are kept is decided when a VM is measured for the first time."""
    decided: dict[str, bool] = pool.facts.setdefault("extremes", {})
    return decided.setdefault(uuid, pool.db.get(pool.ref, "other_config").get(EXTREMES) == "true")


def lives(pool: Pool, vm: Record, metrics: Record | None, now: float) -> list[GuestUptime]:
    """The boots of a VM that anybody has seen: each poll tells that it is still up. The last one first."""
    all_lives: dict[str, list[GuestUptime]] = pool.facts.setdefault("lives", {})
    if vm["power_state"] not in MEASURED:
        return all_lives.get(vm["uuid"]) or [GuestUptime(0, 0)]
    known = all_lives.setdefault(vm["uuid"], [])
    since = pool.seconds(metrics["start_time"]) if metrics else 0.0
    paused = vm["power_state"] == "Paused"
    if not known or known[0].since != since:
        known.insert(0, GuestUptime(since, now, since if paused else None))
        del known[KEEP:]
    life = known[0]
    life.until = now
    if paused and life.paused is None:
        life.paused = now
    elif not paused:
        life.paused = None
    return known
