"""About how long a migration takes: what travels, over the network it takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from data.facts.network import speed_of
from data.objects import PIF, VM, Host, Network
from data.types import Ref
from data.vms import copy_size
from xo_dash.control.vm.migration.mapping import DiskMove, MappingReason
from xo_dash.control.vm.migration.targets import memory_of

SHARE: Final = 0.7
"""Of what a NIC can do; the rest is protocol, encryption and disks that are slower."""
BEGINNING: Final = 5.0
"""Seconds that any migration takes."""


class Estimate(NamedTuple):
    bytes: int  # that travel
    mbits: int  # per second, of the slower end; 0 if nobody knows
    seconds: float | None


def estimate(vm: VM, host: Host, moves: Iterable[DiskMove], network: Network | None) -> Estimate:
    """For `vm` to `host`, disks going where `moves` say, over `network` on the far side."""
    amount = memory_of(vm) + sum(copy_size(move.disk) for move in moves if move.why is not MappingReason.STAYS)
    speeds = [speed for speed in (_speed(host, network.ref if network else None), _speed(vm.home.one(Host, vm.resident_on), None)) if speed]
    slowest = min(speeds, default=0)
    return Estimate(amount, slowest, BEGINNING + amount * 8 / (slowest * 1e6 * SHARE) if slowest else None)


def _speed(host: Host | None, network: Ref | None) -> int:
    """Mbit/s of its port into `network`, or of the one that it is managed by."""
    ports = host.all_of(PIF, host.PIFs) if host is not None else ()
    port = next((pif for pif in ports if (pif.network == network if network else pif.management)), None)
    return speed_of(port) if port is not None else 0
