"""What keeps a VM from a host, as far as we know: the pool has the last word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from data.facts.host import is_live
from data.failover import networks_of, reach_of, srs_of
from data.hosts import account_of
from data.objects import SR, VM, Host, Network
from data.placement import memory_held


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


def lacks(vm: VM, host: Host) -> Iterator[Lack]:
    """All that is in the way of `vm` on `host`."""
    if not is_live(host):
        yield Lack(Obstacle.SILENCE)
    if not host.enabled:
        yield Lack(Obstacle.MAINTENANCE)
    reached = reach_of(host)
    for sr in dict.fromkeys(srs_of(vm)):
        if sr.ref not in reached:
            yield Lack(Obstacle.SR, sr)
    for network in dict.fromkeys(networks_of(vm)):
        if network.ref not in reached:
            yield Lack(Obstacle.NETWORK, network)
    account = account_of(host)
    if account.total and memory_held(vm) > account.free:  # a total of 0 was never measured
        yield Lack(Obstacle.MEMORY, needed=memory_held(vm), free=max(0, account.free))
