"""Where a VM can go, and why not elsewhere: what the mirror knows; XAPI is asked when it starts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from data.facts import vm as facts
from data.facts.host import is_older
from data.failover import attached_srs
from data.host_fit import HostOffer, Lack, Obstacle, Offers, lacks_of, offer_of
from data.names import name_of, name_order
from data.objects import SR, VM, Host, PowerState
from data.placement import memory_held
from data.types import Ref
from data.vms import disks_of
from xo_dash.control.conditions import host_refuses
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.control.usable import no_more_than_a_name
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_

PAUSED: Final = N_("it is paused; unpause it first")


class Way(IntEnum):
    """What moves, the least first."""

    MEMORY = 0  # its disks stay where they are
    DISKS = 1  # some of its disks go to another SR of its pool
    POOL = 2  # everything goes to another pool


@dataclass(frozen=True, slots=True)
class Target:
    """One host as a place for a VM; `refused` says why it is none."""

    host: Host
    way: Way
    refused: LazyText | None = None


def way_to(vm: VM, host: Host, reached: Collection[Ref] | None = None) -> Way:
    """What moves when `vm` goes to `host`, as long as nobody wants its disks elsewhere. `reached`: by it, if somebody looked."""
    return _way(vm, host, attached_srs(host) if reached is None else reached) if host.home is vm.home else Way.POOL


def _way(vm: VM, host: Host, reached: Collection[Ref]) -> Way:
    if host.home is not vm.home:
        return Way.POOL
    return Way.MEMORY if all(disk.SR in reached for disk in disks_of(vm)) else Way.DISKS


def target(vm: VM, host: Host) -> Target:
    return target_of(vm, offer_of(host))


def target_of(vm: VM, offer: HostOffer) -> Target:
    """The same, of a host that was looked up."""
    way = _way(vm, offer.host, offer.reached)
    return Target(offer.host, way, next(_refusals(vm, offer, way), None))


def targets(*vms: VM) -> list[Target]:
    """Every host of every pool that is connected, for one VM or several: those that can take them first, their own pool before others.

    A host that refuses one of several is refused, by its name.
    """
    found = []
    for host in (host for home in vms[0].home.pools.values() for host in home.all(Host).values()):
        offer = offer_of(host)
        each = [target_of(vm, offer) for vm in vms]
        no = next(((vm, one.refused) for vm, one in zip(vms, each, strict=True) if one.refused), None)
        why = None if no is None else no[1] if len(vms) == 1 else lazy("{name}: {reason}", name=name_of(no[0]), reason=no[1])
        found.append(Target(host, max(one.way for one in each), why))
    return sorted(found, key=by_fitness)


def by_fitness(one: Target) -> tuple[object, ...]:
    """Orders: those that can take it first, of them those where less moves."""
    return one.refused is not None, one.way, name_order(one.host)


_THERE: Final = {
    PowerState.HALTED: N_("the VM is halted and its disks are available there: start it there"),
    PowerState.SUSPENDED: N_("the VM is suspended and its disks are available there: resume it there"),
}
"""Why one that does not run has nothing to migrate within its pool."""


def is_running(vm: VM) -> bool:
    return vm.power_state is PowerState.RUNNING


def _refusals(vm: VM, offer: HostOffer, way: Way) -> Iterator[LazyText]:
    host = offer.host
    if unseen := no_more_than_a_name(host, vm):
        yield unseen
        return
    if vm.power_state is PowerState.PAUSED:
        yield lazy(PAUSED)
    if refused := host_refuses(host):
        yield refused
    if is_running(vm):
        yield from _of_a_running_one(vm, offer)
    if vm.attached_PCIs or vm.VGPUs:
        yield lazy(N_("a host device is passed through to it"))
    if host.home is vm.home:
        networks = (lack.what for lack in lacks_of(vm, offer) if lack.obstacle is Obstacle.NETWORK and lack.what)
        yield from (lazy(N_("it does not have the network {what}"), what=name_of(network)) for network in networks)
        if way is Way.MEMORY and (words := _THERE.get(vm.power_state)):
            yield lazy(words)


def _of_a_running_one(vm: VM, offer: HostOffer) -> Iterator[LazyText]:
    host = offer.host
    if vm.resident_on == host.ref and host.home is vm.home:
        yield lazy(N_("it is already running there"))
    for lack in lacks_of(vm, offer):
        if lack.obstacle is Obstacle.MEMORY:
            short = Amount(lack.needed - lack.free)
            words = N_("{short} of memory short: {needed} needed, {free} free")
            yield lazy(words, short=short, needed=Amount(lack.needed), free=Amount(lack.free))
    if is_older(host, vm.home.one(Host, vm.resident_on)):
        yield lazy(N_("it has an older version of XenServer or XCP-ng than the host that {vm} runs on"), vm=name_of(vm))


def short_of(vm: VM, host: Host) -> Lack | None:
    """The memory that it lacks there, where that is what refuses it."""
    if not is_running(vm) or host_refuses(host) or (vm.resident_on == host.ref and vm.home is host.home):
        return None
    return next((lack for lack in lacks_of(vm, offer_of(host)) if lack.obstacle is Obstacle.MEMORY), None)


def way_out(host: Host, lack: Lack, offers: Offers) -> LazyText | None:
    """Who would make room there: the smallest that is enough and has somewhere to go."""
    short = lack.needed - lack.free
    enough = [one for one in host.all_of(VM, host.resident_VMs) if is_machine(one) and is_running(one) and memory_held(one) >= short]
    smallest = min(enough, key=memory_held, default=None)
    if smallest is None:
        return None
    amount = memory_held(smallest)
    others = (offers[other] for other in host.home.all(Host).values() if other is not host)
    if all((other.free is not None and other.free < amount) or any(lacks_of(smallest, other)) for other in others):
        return None
    return lazy(N_("Moving {vm} ({size}) away would make room"), vm=named(smallest), size=Amount(amount))


def memory_after(vm: VM, free: int) -> int:
    """Bytes free on a host with `vm` there as well, if it runs."""
    return free - memory_held(vm) if is_running(vm) else free


def reached_srs(host: Host) -> list[SR]:
    """The SRs that VMs have on it."""
    reached = attached_srs(host)
    return [sr for sr in host.home.all(SR).values() if sr.ref in reached]


def memory_of(vm: VM) -> int:
    """Bytes that travel with it."""
    return facts.memory_of(vm) if is_running(vm) else 0
