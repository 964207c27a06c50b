"""About how long migrations take: what travels, at the speed of earlier ones between these pools, else of the network it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil, inf
from typing import Final, NamedTuple

from data.facts.network import speed_of
from data.objects import PIF, VM, Host, Network
from data.types import Ref
from data.vms import copy_size
from xo_dash.control.run import RunItem
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.control.vm.migration.group import GroupPlacement
from xo_dash.control.vm.migration.mapping import DiskMove, MappingReason
from xo_dash.control.vm.migration.request import MigrateVM, disks_in, host_in
from xo_dash.control.vm.migration.speeds import MigrationRoute, MigrationSpeeds, MovedVM
from xo_dash.control.vm.migration.targets import memory_of

SHARE: Final = 0.7
"""Of what a NIC can do; the rest is protocol, encryption and disks that are slower."""
BEGINNING: Final = 5.0
"""Seconds that any migration takes."""


def moved_by(item: RunItem) -> MovedVM | None:
    """What an object of a run moves, and where; None for what is no migration."""
    request, vm = item.request, item.subject
    if not isinstance(request, MigrateVM) or not isinstance(vm, VM) or (host := host_in(request, vm)) is None:
        return None
    moves = disks_in(request, vm, host)
    return MovedVM(MigrationRoute(vm.home.key, host.home.key, _with_disks(moves)), moved_size(vm, moves), vm.resident_on)


def _with_disks(moves: Iterable[DiskMove]) -> bool:
    return any(move.why is not MappingReason.STAYS for move in moves)


class Estimate(NamedTuple):
    bytes: int  # that travel
    speed: float  # bytes per second; 0 if nobody knows
    is_seen: bool  # the speed of earlier migrations, not what a network card can do
    seconds: float | None


def moved_size(vm: VM, moves: Iterable[DiskMove]) -> int:
    """Bytes that travel with it."""
    return memory_of(vm) + sum(copy_size(move.disk) for move in moves if move.why is not MappingReason.STAYS)


def estimate(vm: VM, host: Host, moves: Iterable[DiskMove], network: Network | None, speeds: MigrationSpeeds | None = None) -> Estimate:
    """For `vm` to `host`, disks going where `moves` say, over `network` on the far side."""
    moves = list(moves)
    amount = moved_size(vm, moves)
    seen = speeds.of(MigrationRoute(vm.home.key, host.home.key, _with_disks(moves))) if speeds is not None else 0.0
    speed = seen or SHARE * min(filter(None, (_speed(host, network), _speed(vm.home.one(Host, vm.resident_on), None))), default=0.0)
    return Estimate(amount, speed, bool(seen), BEGINNING + amount / speed if speed else None)


def estimate_of_many(
    placed: GroupPlacement, sizes: Mapping[VM, int], network: Network | None, speeds: MigrationSpeeds
) -> Estimate:  # fmt: skip
    """All that go, so many at a time: as long as the host that sends or receives most takes. `sizes`: what travels with each."""
    loads, counts, slowest = Counter[Host](), Counter[Host](), dict[Host, float]()
    is_seen = bool(sizes)
    for vm, amount in sizes.items():
        to, source = placed.targets[vm].host, vm.home.one(Host, vm.resident_on)
        seen = speeds.of(MigrationRoute(vm.home.key, to.home.key, amount > memory_of(vm)))
        is_seen = is_seen and bool(seen)
        for host, over in ((to, network), (source, None)):
            if host is not None:
                loads[host] += amount
                counts[host] += 1
                slowest[host] = min(seen or SHARE * _speed(host, over), slowest.get(host, inf))
    if not all(slowest.values()):
        return Estimate(sum(sizes.values()), 0.0, False, None)
    seconds = max((loads[host] / slowest[host] + BEGINNING * ceil(counts[host] / ON_A_HOST) for host in loads), default=0.0)
    return Estimate(sum(sizes.values()), min(slowest.values(), default=0.0), is_seen, seconds)


def _speed(host: Host | None, network: Network | None) -> float:
    """Bytes per second of its port into `network`, or of the one that it is managed by."""
    ports = host.all_of(PIF, host.PIFs) if host is not None else ()
    wanted: Ref | None = network.ref if network is not None and host is not None and network.home is host.home else None
    port = next((pif for pif in ports if (pif.network == wanted if wanted else pif.management)), None)
    return speed_of(port) * 1e6 / 8 if port is not None else 0.0
