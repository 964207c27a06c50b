"""What becomes of the VMs of hosts that are lost or emptied: where each would go, and which have no place."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from data.companions import Companions
from data.facts.host import is_live, is_older
from data.names import name_order
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, Network, PowerState
from data.placement import guests_on, memory_held, memory_of
from data.types import Home, Ref


class Bound(StrEnum):
    """Why a VM cannot be on any other host, whatever room there is."""

    NO_HOST = "no_host"  # there is no other that takes VMs
    DEVICE = "device"  # a device of its host is passed through
    SR = "sr"  # no other host reaches all its SRs
    NETWORK = "network"  # no other host has all its networks
    VERSION = "version"  # the others have an older platform than the one it runs on
    ROOM = "room"  # none has so much memory free
    BUSY = "busy"  # XAPI does not offer it at the moment
    PAUSED = "paused"  # XAPI migrates no paused VM


@dataclass(frozen=True, slots=True)
class Unplaceable:
    """A VM without a place."""

    vm: VM
    why: Bound
    what: SR | Network | None = None  # what the others lack
    short: int = 0  # bytes that the roomiest host lacks, where it is for room
    free: int = 0  # bytes that are free there

    @property
    def is_agile(self) -> bool:
        """Whether it could go if there were room."""
        return self.why is Bound.ROOM


class FailoverVerdict(NamedTuple):
    """How many VMs would have no place if a host were lost."""

    bound: int  # they cannot be elsewhere
    no_room: int  # they could, but there is no room


class Fates(dict[Ref, FailoverVerdict]):
    """{host: what would become of its VMs without it}, of one pool."""


@dataclass(slots=True)
class FailoverSummary:
    """Where everything goes."""

    moves: dict[VM, Host] = field(default_factory=dict)
    stranded: list[Unplaceable] = field(default_factory=list)

    @property
    def fate(self) -> FailoverVerdict:
        agile = sum(stranded.is_agile for stranded in self.stranded)
        return FailoverVerdict(len(self.stranded) - agile, agile)


def failover_steps(hosts: Collection[Host], survey: Survey | None = None) -> Generator[None, None, FailoverSummary]:
    """What follows when `hosts`, all of one pool, are gone: the largest VM first, each to where most is free.

    A host or a VM at a time: a pool of thousands of VMs takes longer than the loop may be held. Counts with what VMs hold by
    setting, as the map does. Where HA is on, pool.ha_compute_vm_failover_plan has the last word.
    """
    outcome = FailoverSummary()
    first = next(iter(hosts), None)
    if first is None:
        return outcome
    room = HostRoom(survey=survey)
    for host in takers(first, hosts):
        room.add(host)
        yield
    for vm in by_size(vm for host in hosts for vm in guests_on(host)):
        place = room.place(vm)
        if isinstance(place, Unplaceable):
            outcome.stranded.append(place)
        else:
            room.put(vm, place)
            outcome.moves[vm] = place
        yield
    return outcome


def bound_by(gone: Host, others: Sequence[Host]) -> Generator[None, None, list[Host]]:
    """Those of `others` whose failure would stop VMs only because `gone` is gone as well; a piece at a time, as above."""
    survey = Survey()
    alone = yield from _stranded([gone], survey)
    found = []
    for other in others:
        before = alone | (yield from _stranded([other], survey))
        if (yield from _stranded([gone, other], survey)) - before:
            found.append(other)
    return found


def _stranded(hosts: Collection[Host], survey: Survey) -> Generator[None, None, set[VM]]:
    outcome = yield from failover_steps(hosts, survey)
    return {one.vm for one in outcome.stranded}


def takers(host: Host, without: Collection[Host]) -> list[Host]:
    """The hosts of its pool that take VMs, but for these."""
    return [one for one in host.home.all(Host).values() if one not in without and one.enabled and is_live(one)]


def by_size(vms: Iterable[VM]) -> list[VM]:
    """The largest first: small ones find a place later."""
    return sorted(vms, key=lambda vm: (-memory_held(vm), *name_order(vm)))


def reach_of(host: Host) -> set[Ref]:
    """The SRs and networks that VMs have on it; a network without any port is where running VMs have it."""
    used = {vif.network for vm in guests_on(host) for vif in vm.all_of(VIF, vm.VIFs)}
    return attached_srs(host) | {pif.network for pif in host.all_of(PIF, host.PIFs)} | used


def attached_srs(host: Host) -> set[Ref]:
    """The SRs alone, for which nobody has to look at what runs there."""
    return {pbd.SR for pbd in host.all_of(PBD, host.PBDs) if pbd.currently_attached}


class Needs(NamedTuple):
    """What a VM needs of a host."""

    srs: dict[Ref, SR]
    networks: dict[Ref, Network]
    key: frozenset[Ref]  # of both
    alone: frozenset[Ref]  # of the networks, those without any port


class Survey:
    """What hosts have and VMs need, each looked up once: for who asks about many hosts of one pool at a time."""

    def __init__(self) -> None:
        self._hosts: dict[Host, tuple[int, set[Ref]]] = {}
        self._vms: dict[VM, Needs] = {}

    def host(self, host: Host) -> tuple[int, set[Ref]]:
        """(bytes of memory that are free, what it reaches)"""
        if host not in self._hosts:
            self._hosts[host] = memory_of(host, guests_on(host)).free, reach_of(host)
        return self._hosts[host]

    def needs(self, vm: VM) -> Needs:
        if vm not in self._vms:
            srs, networks = {sr.ref: sr for sr in srs_of(vm)}, {network.ref: network for network in networks_of(vm)}
            alone = frozenset(ref for ref, network in networks.items() if not network.PIFs)
            self._vms[vm] = Needs(srs, networks, frozenset((*srs, *networks)), alone)
        return self._vms[vm]


class Surveyed:
    """What the hosts of a pool have and its VMs need, as it is now: until something changes all who ask are told the same."""

    def __init__(self) -> None:
        self._revision = -1
        self._survey = Survey()
        self._rooms: dict[Host, HostRoom] = {}

    def survey(self, home: Home) -> Survey:
        """`home` is the pool that this is a part of. For one turn of the loop."""
        if self._revision != home.revision:
            self._revision, self._survey, self._rooms = home.revision, Survey(), {}
        return self._survey

    def without(self, host: Host) -> HostRoom:
        """What is left without this host. Nothing is to be put into it."""
        survey = self.survey(host.home)
        if host not in self._rooms:
            self._rooms[host] = HostRoom(takers(host, (host,)), survey)
        return self._rooms[host]


def survey_of(home: Home) -> Survey:
    """Of the pool as it is now, for one turn of the loop."""
    return home.part(Surveyed).survey(home)


class HostRoom:
    """What hosts have free and in reach; VMs that are put somewhere count from then on."""

    def __init__(self, hosts: Iterable[Host] = (), survey: Survey | None = None) -> None:
        self.free: dict[Host, int] = {}  # bytes
        self._survey = survey or Survey()
        self._companions = Companions()
        self._reach: dict[Host, set[Ref]] = {}
        self._older: dict[Host | None, set[Host]] = {}  # {host: those with an older platform than it has}
        self._reaching: dict[tuple[frozenset[Ref], Host | None], list[Host]] = {}  # see `_candidates`
        for host in hosts:
            self.add(host)

    def add(self, host: Host) -> None:
        self.free[host], self._reach[host] = self._survey.host(host)
        self._older.clear()
        self._reaching.clear()

    def put(self, vm: VM, host: Host) -> None:
        self._companions.put(vm, host)
        if host in self.free:
            self.free[host] -= memory_held(vm)

    def take(self, vm: VM, host: Host) -> None:
        """It leaves."""
        if host in self.free:
            self.free[host] += memory_held(vm)

    def reaches(self, vm: VM, host: Host) -> bool:
        """Whether all its SRs and networks are there."""
        return host in self._reach and self._survey.needs(vm).key <= self._reach[host]

    def keeps_apart(self, vm: VM, source: Host, target: Host) -> bool:
        """Whether it has no more on `target` that it is kept apart from than on `source`."""
        return not vm.groups or self._companions.count(target, vm) <= self._companions.count(source, vm)

    def place(self, vm: VM, *, live: bool = False) -> Host | Unplaceable:
        """Where most is free of where it can be, and fewest are that it is kept apart from.

        `live`: while it runs, which XAPI allows to the same or a newer platform only.
        """
        if not self.free:
            return Unplaceable(vm, Bound.NO_HOST)
        if vm.attached_PCIs or vm.VGPUs:
            return Unplaceable(vm, Bound.DEVICE)
        needs = self._survey.needs(vm)
        candidates = self._candidates(needs, vm.home.one(Host, vm.resident_on) if live else None)
        if not candidates:
            return self._bound(vm, needs, vm.home.one(Host, vm.resident_on) if live else None)
        best = max(candidates, key=lambda host: (self.free[host], host.uuid))
        short = memory_held(vm) - self.free[best]
        if short > 0:
            return Unplaceable(vm, Bound.ROOM, short=short, free=max(0, self.free[best]))
        return self._apart(vm, candidates) if vm.groups else best

    def _apart(self, vm: VM, candidates: Iterable[Host]) -> Host:
        """Of those with room: a group keeps its VMs apart as far as there are hosts, and none from running."""
        fitting = [host for host in candidates if self.free[host] >= memory_held(vm)]
        return max(fitting, key=lambda host: (-self._companions.count(host, vm), self.free[host], host.uuid))

    def with_room(self, vm: VM) -> list[Host]:
        """Where it could be while it runs."""
        needed = memory_held(vm)
        found = self._candidates(self._survey.needs(vm), vm.home.one(Host, vm.resident_on))
        return [host for host in found if needed <= self.free[host]]

    def _candidates(self, needs: Needs, here: Host | None) -> list[Host]:
        """Those that have what it needs; `here`: and no older platform. Of a host that is emptied this is asked for each of its VMs."""
        asked = needs.key, here
        if asked not in self._reaching:
            older, key = self._older_than(here), self._needed(needs, here)
            self._reaching[asked] = [host for host, reach in self._reach.items() if host not in older and key <= reach]
        return self._reaching[asked]

    def _needed(self, needs: Needs, here: Host | None) -> frozenset[Ref]:
        """Who does not run any more may have a network without any port anywhere, unless others have it on one of these hosts."""
        return (
            needs.key
            if here is not None
            else needs.key - {ref for ref in needs.alone if all(ref not in has for has in self._reach.values())}
        )

    def _older_than(self, here: Host | None) -> set[Host]:
        if here not in self._older:
            self._older[here] = {host for host in self.free if here is not None and is_older(host, here)}
        return self._older[here]

    def _bound(self, vm: VM, needs: Needs, here: Host | None) -> Unplaceable:
        """Why there are none."""
        if any(self._needed(needs, here) <= reach for reach in self._reach.values()):
            return Unplaceable(vm, Bound.VERSION)
        if any(needs.srs.keys() <= reach for reach in self._reach.values()):
            return Unplaceable(vm, Bound.NETWORK, _rarest(needs.networks.values(), self._reach))
        return Unplaceable(vm, Bound.SR, _rarest(needs.srs.values(), self._reach))


def srs_of(vm: VM) -> Iterator[SR]:
    """What must be in reach: of its disks, and of what lies in its drives; not the tools, which every host has."""
    for vbd in vm.all_of(VBD, vm.VBDs):
        vdi = None if vbd.empty else vbd.home.one(VDI, vbd.VDI)
        sr = vdi.home.one(SR, vdi.SR) if vdi else None
        if sr is not None and not sr.is_tools_sr:
            yield sr


def networks_of(vm: VM) -> Iterator[Network]:
    """Those that not every host has: with a port on some, or without any while running VMs have it.

    Source: xapi lets VMs with a NIC on one without be only where such VMs run (VM_REQUIRES_NETWORK), and anywhere while none does.
    """
    for vif in vm.all_of(VIF, vm.VIFs):
        network = vif.home.one(Network, vif.network)
        if network is not None and (network.PIFs or (_is_alone(network) and (_runs(vm) or any(map(_runs, _vms_on(network)))))):
            yield network


def _is_alone(network: Network) -> bool:
    """Whether each host has its own of it. Source: xapi takes these two to be shared."""
    return network.managed and network.other_config.get("assume_network_is_shared") != "true"


def _vms_on(network: Network) -> Iterator[VM]:
    return (vm for vif in network.all_of(VIF, network.VIFs) if (vm := vif.home.one(VM, vif.VM)) is not None)


def _runs(vm: VM) -> bool:
    return vm.power_state is PowerState.RUNNING


def _rarest(wanted: Iterable[SR | Network], reach: dict[Host, set[Ref]]) -> SR | Network | None:
    """What the fewest hosts have."""
    return min(wanted, key=lambda thing: sum(thing.ref in has for has in reach.values()), default=None)
