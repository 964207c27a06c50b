"""What becomes of the VMs of hosts that are lost or emptied: where each would go, and which have no place."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from data.facts.host import is_live
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, Network
from data.placement import is_guest, memory_held, memory_of
from data.types import Ref


class Bound(StrEnum):
    """Why a VM cannot be on any other host, whatever room there is."""

    NO_HOST = "no_host"  # there is no other that takes VMs
    DEVICE = "device"  # a device of its host is passed through
    SR = "sr"  # no other host reaches all its SRs
    NETWORK = "network"  # no other host has all its networks
    ROOM = "room"  # none has so much memory free


@dataclass(frozen=True, slots=True)
class Unplaceable:
    """A VM without a place."""

    vm: VM
    why: Bound
    what: SR | Network | None = None  # what the others lack
    short: int = 0  # bytes that the roomiest host lacks, where it is for room

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


def simulate_loss(hosts: Collection[Host]) -> FailoverSummary:
    """What follows when `hosts`, all of one pool, are gone: the largest VM first, each to where most is free.

    Counts with what VMs hold by setting, as the map does. Where HA is on, pool.ha_compute_vm_failover_plan has the last word.
    """
    steps = failover_steps(hosts)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: FailoverSummary = end.value
            return outcome


def failover_steps(hosts: Collection[Host]) -> Generator[None, None, FailoverSummary]:
    """The same, a host or a VM at a time: a pool of thousands of VMs takes longer than the loop may be held."""
    outcome = FailoverSummary()
    first = next(iter(hosts), None)
    if first is None:
        return outcome
    others = [host for host in first.home.all(Host).values() if host not in hosts and host.enabled and is_live(host)]
    free, reach = {}, {}
    for host in others:
        free[host], reach[host] = memory_of(host, _guests(host)).free, reach_of(host)
        yield
    vms = [vm for host in hosts for vm in _guests(host)]
    for vm in sorted(vms, key=lambda vm: (-memory_held(vm), vm.name_label, vm.uuid)):
        place = _place(vm, free, reach)
        if isinstance(place, Unplaceable):
            outcome.stranded.append(place)
        else:
            free[place] -= memory_held(vm)
            outcome.moves[vm] = place
        yield
    return outcome


def _guests(host: Host) -> Iterator[VM]:
    return filter(is_guest, host.all_of(VM, host.resident_VMs))


def reach_of(host: Host) -> set[Ref]:
    """The SRs and networks that VMs have on it."""
    srs = {pbd.SR for pbd in host.all_of(PBD, host.PBDs) if pbd.currently_attached}
    return srs | {pif.network for pif in host.all_of(PIF, host.PIFs)}


def _place(vm: VM, free: dict[Host, int], reach: dict[Host, set[Ref]]) -> Host | Unplaceable:
    if not free:
        return Unplaceable(vm, Bound.NO_HOST)
    if vm.attached_PCIs or vm.VGPUs:
        return Unplaceable(vm, Bound.DEVICE)
    srs, networks = {sr.ref: sr for sr in srs_of(vm)}, {network.ref: network for network in networks_of(vm)}
    candidates = [host for host in free if srs.keys() <= reach[host]]
    if not candidates:
        return Unplaceable(vm, Bound.SR, _rarest(srs.values(), reach))
    candidates = [host for host in candidates if networks.keys() <= reach[host]]
    if not candidates:
        return Unplaceable(vm, Bound.NETWORK, _rarest(networks.values(), reach))
    best = max(candidates, key=lambda host: (free[host], host.uuid))
    short = memory_held(vm) - free[best]
    return Unplaceable(vm, Bound.ROOM, short=short) if short > 0 else best


def srs_of(vm: VM) -> Iterator[SR]:
    """What must be in reach: of its disks, and of what lies in its drives; not the tools, which every host has."""
    for vbd in vm.all_of(VBD, vm.VBDs):
        vdi = None if vbd.empty else vbd.home.one(VDI, vbd.VDI)
        sr = vdi.home.one(SR, vdi.SR) if vdi else None
        if sr is not None and not sr.is_tools_sr:
            yield sr


def networks_of(vm: VM) -> Iterator[Network]:
    """Those with a port on some host; one without is on every host, each its own."""
    for vif in vm.all_of(VIF, vm.VIFs):
        network = vif.home.one(Network, vif.network)
        if network is not None and network.PIFs:
            yield network


def _rarest(wanted: Iterable[SR | Network], reach: dict[Host, set[Ref]]) -> SR | Network | None:
    """What the fewest hosts have."""
    return min(wanted, key=lambda thing: sum(thing.ref in has for has in reach.values()), default=None)
