"""What is wrong with a pool, as far as its mirror tells: facts, worst first. No measurement, clock or threshold of time has a say here.

The map's marks and the list below it come from the same functions, so they cannot disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum, auto

from data.links import Link, link_of
from data.mirror import Mirror, PoolMirror
from data.objects import PBD, PIF, SR, VBD, VDI, VM, Bond, Host, Network
from data.placement import is_guest, is_live
from data.server import Server, ServerState
from data.types import XapiObject

SR_WARNING, SR_CRITICAL = 0.85, 0.95
"""How full an SR has to be, of its physical size; an ISO library may be full."""


class Level(IntEnum):
    NONE = 0
    INFORMATION = 1
    WARNING = 2
    CRITICAL = 3


class Cause(Enum):
    POOL_GONE = auto()
    HOST_GONE = auto()
    SR_UNPLUGGED = auto()
    SR_FULL = auto()
    NO_LINK = auto()
    LINK_DEGRADED = auto()


@dataclass(frozen=True, slots=True)
class Fact:
    """One cause and all it touches."""

    level: Level
    cause: Cause
    subject: XapiObject | Server
    where: tuple[Host, ...] = ()  # the hosts it is so on
    vms: int = 0  # how many VMs it touches


def facts(mirror: Mirror) -> list[Fact]:
    """All of them: by level, then by how many VMs are touched, then by name."""
    found = [fact for pool in mirror for fact in pool_facts(pool)]
    return sorted(found, key=lambda fact: (-fact.level, -fact.vms, _name(fact.subject)))


def pool_facts(pool: PoolMirror) -> Iterator[Fact]:
    """A pool that is gone says nothing else: what we know of it may not be true any more."""
    if level := server_level(pool.server):
        yield Fact(level, Cause.POOL_GONE, pool.server, vms=sum(map(is_guest, pool.all(VM).values())))
        return
    if not pool.server.is_live:
        return
    for host in pool.all(Host).values():
        if level := host_level(host):
            yield Fact(level, Cause.HOST_GONE, host, vms=sum(map(is_guest, host.all_of(VM, host.resident_VMs))))
    for sr in pool.all(SR).values():
        yield from _sr_facts(sr)
    yield from _link_facts(pool.all(PIF).values())


def server_level(server: Server) -> Level:
    """A pool that nobody switched off and that does not answer as it should."""
    silent = (ServerState.LIVE, ServerState.CONNECTING, ServerState.SYNCING, ServerState.DISABLED)
    return Level.NONE if server.state in silent else Level.CRITICAL


def host_level(host: Host) -> Level:
    return Level.NONE if is_live(host) else Level.CRITICAL


def sr_level(sr: SR) -> Level:
    return max((fact.level for fact in _sr_facts(sr)), default=Level.NONE)


def is_shown(sr: SR) -> bool:
    """Whether people store anything on it: not the guest tools, and no drive without size."""
    return not sr.is_tools_sr and sr.type != "udev" and sr.physical_size > 0


def unplugged(sr: SR) -> tuple[Host, ...]:
    """The living hosts that should reach `sr` and do not."""
    hosts = (sr.home.one(Host, pbd.host) for pbd in sr.all_of(PBD, sr.PBDs) if not pbd.currently_attached)
    return tuple(host for host in hosts if host is not None and is_live(host))


def _sr_facts(sr: SR) -> Iterator[Fact]:
    if not is_shown(sr):
        return
    if cut := unplugged(sr):
        yield Fact(Level.CRITICAL, Cause.SR_UNPLUGGED, sr, cut, users(sr))
    if level := fill_level(sr):
        yield Fact(level, Cause.SR_FULL, sr, vms=users(sr))


def fill_level(sr: SR) -> Level:
    """Whether it is too full; nobody minds where that is not known, and a library of images may be full."""
    if sr.physical_size <= 0 or sr.content_type == "iso":
        return Level.NONE
    full = sr.physical_utilisation / sr.physical_size
    return Level.CRITICAL if full >= SR_CRITICAL else Level.WARNING if full >= SR_WARNING else Level.NONE


def guests_on(sr: SR) -> set[VM]:
    """The VMs that have a disk on it."""
    vbds = (vbd for vdi in sr.all_of(VDI, sr.VDIs) if not vdi.is_a_snapshot for vbd in sr.all_of(VBD, vdi.VBDs))
    return {vm for vbd in vbds if (vm := sr.home.one(VM, vbd.VM)) and is_guest(vm)}


def users(sr: SR) -> int:
    """How many VMs have a disk on it."""
    return len(guests_on(sr))


def _link_facts(ports: Iterable[PIF]) -> Iterator[Fact]:
    """Ports in use without a link; one fact for all hosts of a network."""
    found: defaultdict[tuple[Network, Link], list[Host]] = defaultdict(list)
    for port in ports:
        network, host = port.home.one(Network, port.network), port.home.one(Host, port.host)
        if network is None or host is None or not port.currently_attached or port.home.one(Bond, port.bond_slave_of) or not is_live(host):
            continue
        if (link := link_of(port)) is not Link.UP:
            found[network, link].append(host)
    for (network, link), hosts in found.items():
        cause = Cause.NO_LINK if link is Link.DOWN else Cause.LINK_DEGRADED
        yield Fact(Level.WARNING, cause, network, tuple(hosts), len(network.VIFs))


def _name(subject: XapiObject | Server) -> str:
    return subject.label if isinstance(subject, Server) else getattr(subject, "name_label", "")
