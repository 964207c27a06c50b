"""What keeps a VM from a host, as far as we know: the pool has the last word."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from data.facts.host import is_live, memory_total
from data.failover import networks_of, srs_of, survey_of
from data.objects import SR, VM, Host, Network
from data.placement import memory_held
from data.types import Ref


class Obstacle(StrEnum):
    """The easiest to remove first."""

    MEMORY = "memory"
    MAINTENANCE = "maintenance"
    SR = "sr"
    NETWORK = "network"
    SILENCE = "silence"  # the host does not answer


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is in the way on one host."""

    obstacle: Obstacle
    what: SR | Network | None = None  # what the host does not reach
    needed: int = 0  # bytes, where it is for memory
    free: int = 0


@dataclass(slots=True)
class HostOffer:
    """What a host has for VMs, looked up once for many of them."""

    host: Host
    reached: Collection[Ref]  # SRs and networks
    free: int | None  # bytes of memory; None: it was never measured
    is_live: bool

    def put(self, vm: VM) -> None:
        """It counts from now on."""
        if self.free is not None:
            self.free -= memory_held(vm)


def offer_of(host: Host) -> HostOffer:
    free, reached = survey_of(host.home).host(host)
    return HostOffer(host, reached, free if memory_total(host) else None, is_live(host))


class Offers(dict[Host, HostOffer]):
    """Of hosts that are asked about again and again in one turn."""

    def __missing__(self, host: Host) -> HostOffer:
        self[host] = offer_of(host)
        return self[host]


def other_hosts(vm: VM) -> list[tuple[Host, bool]]:
    """Those of its pool that it is not on, and whether each could run it."""
    others = [host for host in vm.home.all(Host).values() if host.ref != vm.resident_on]
    return [(host, next(lacks(vm, host), None) is None) for host in others]


def lacks(vm: VM, host: Host) -> Iterator[Lack]:
    """All that is in the way of `vm` on `host`."""
    return lacks_of(vm, offer_of(host))


def lacks_of(vm: VM, offer: HostOffer) -> Iterator[Lack]:
    """The same, of a host that was looked up."""
    if not offer.is_live:
        yield Lack(Obstacle.SILENCE)
    if not offer.host.enabled:
        yield Lack(Obstacle.MAINTENANCE)
    for sr in dict.fromkeys(srs_of(vm)):
        if sr.ref not in offer.reached:
            yield Lack(Obstacle.SR, sr)
    for network in dict.fromkeys(networks_of(vm)):
        if network.ref not in offer.reached:
            yield Lack(Obstacle.NETWORK, network)
    if offer.free is not None and memory_held(vm) > offer.free:
        yield Lack(Obstacle.MEMORY, needed=memory_held(vm), free=max(0, offer.free))
