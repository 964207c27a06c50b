"""Several VMs that move together: the host that takes each, and where all disks on an SR and all NICs on a network go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from data.companions import Companions
from data.failover import attached_srs, by_size
from data.host_fit import HostOffer, offer_of
from data.identity import key_of
from data.names import by_name, name_of
from data.objects import SR, VDI, VIF, VM, Host, Network
from data.types import Home
from data.vms import copy_size, disks_of
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.sr.choice import default_sr, disk_srs, free_space
from xo_dash.control.usable import Usable
from xo_dash.control.vm.migration.mapping import MappingReason, counterpart, has_room, networks_on, usable_networks
from xo_dash.control.vm.migration.request import HostPlace, MigrateVM, NetworkPlace, SRPlace
from xo_dash.control.vm.migration.targets import Target, is_running, target_of
from xo_dash.i18n import N_

UNPINNED = (MappingReason.STAYS, MappingReason.EACH, MappingReason.NOWHERE)
"""Reasons for which no place is named in a request."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where all of them are to go: to one host, or to whichever host of a pool has room."""

    home: Home
    hosts: tuple[Host, ...]
    is_pool: bool = False

    @property
    def key(self) -> str:
        return self.home.key if self.is_pool else key_of(self.hosts[0])


def goals(pools: Iterable[Home]) -> list[Goal]:
    """Every host, and before them each pool of several."""
    found = []
    for home in pools:
        hosts = by_name(home.all(Host).values())
        found += [Goal(home, tuple(hosts), is_pool=True)] if len(hosts) > 1 else []
        found += [Goal(home, (host,)) for host in hosts]
    return found


def placing(vms: Iterable[VM], goal: Goal, found: dict[VM, Target]) -> Iterator[None]:
    """Fill `found`, a VM at a time, the largest first: with the host on which most is free of those where the least has to move,
    and where fewest are that the pool keeps it apart from.

    What is placed counts for those after it. One that no host takes has the reason of one of them.
    """
    offers, companions = [offer_of(host) for host in goal.hosts], Companions()
    for vm in by_size(vms):
        each = [(target_of(vm, offer), offer) for offer in offers]
        able = [(one, offer) for one, offer in each if one.refused is None]
        if able:
            best, offer = min(able, key=lambda pair: (pair[0].way, companions.count(pair[1].host, vm), -_free(pair[1])))
            companions.put(vm, offer.host)
            if is_running(vm):
                offer.put(vm)
        else:
            best, _offer = max(each, key=lambda pair: (pair[0].host.ref != vm.resident_on, _free(pair[1])))
        found[vm] = best
        yield


def _free(offer: HostOffer) -> int:
    return offer.free if offer.free is not None else 0


class SRMove(NamedTuple):
    """All disks on one SR that have to move, or that somebody wants elsewhere."""

    source: SR
    disks: int
    bytes: int
    sr: SR | None
    why: MappingReason


class NetworkMove(NamedTuple):
    """All NICs on one network that need another."""

    source: Network
    nics: int
    network: Network | None
    why: MappingReason


@dataclass(slots=True)
class GroupPlacement:
    """Where VMs go with what they have. Its parts are filled in the order of its fields."""

    goal: Goal
    targets: dict[VM, Target] = field(default_factory=dict)
    disks: dict[SR, list[tuple[VDI, Host]]] = field(default_factory=dict)  # by where they are
    nics: dict[Network, list[tuple[VIF, Host]]] = field(default_factory=dict)  # of those that leave their pool
    sr_moves: list[SRMove] = field(default_factory=list)
    network_moves: list[NetworkMove] = field(default_factory=list)

    @property
    def able(self) -> list[VM]:
        return [vm for vm, one in self.targets.items() if one.refused is None]

    def request(self, *, network: str | None = None, copy: bool = False) -> MigrateVM:
        """All that is shown, so that nothing else happens. `network`: the key of the one for the migration."""
        places = [(vm, key_of(self.targets[vm].host)) for vm in self.able]
        srs = [(key_of(one.source), key_of(one.sr)) for one in self.sr_moves if one.sr is not None and one.why not in UNPINNED]
        networks = [(key_of(one.source), key_of(one.network)) for one in self.network_moves if one.network is not None]
        return MigrateVM(
            host=places[0][1] if places else key_of(self.goal.hosts[0]),
            hosts=tuple(HostPlace(vm=vm.uuid, host=host) for vm, host in places) if self.goal.is_pool else (),
            sr_map=tuple(SRPlace(source=source, sr=sr) for source, sr in srs),
            network_map=tuple(NetworkPlace(source=source, network=found) for source, found in networks),
            network=network,
            copy=copy,
        )

    def faults(self) -> Iterator[LazyText]:
        """What is wrong with the whole of it."""
        coming = Counter[SR]()
        for one in self.sr_moves:
            if one.why is MappingReason.NOWHERE:
                yield lazy(N_("no SR attached on the target hosts has {size} free for the disks on {sr}"),
                           size=Amount(one.bytes), sr=name_of(one.source))  # fmt: skip
            elif one.sr is not None and one.why is not MappingReason.STAYS:
                coming[one.sr] += one.bytes
        for sr, amount in coming.items():
            if not has_room(sr, amount):
                free = Amount(free_space(sr) or 0)
                yield lazy(N_("{needed} needed on {sr}, {free} free"), needed=Amount(amount), sr=name_of(sr), free=free)
        for move in self.network_moves:
            if move.network is None:
                yield lazy(N_("no network of the target hosts for the NICs on {network}; create one first"), network=name_of(move.source))


def mapping_of(
    placed: GroupPlacement, srs: Mapping[SR, SR], networks: Mapping[Network, Network], usable: Usable | None = None
) -> Iterator[None]:
    """Fill the rest of `placed`, in small steps. `srs`, `networks`: what somebody chose; `usable`: what the rest is chosen of."""
    for vm in placed.able:
        host = placed.targets[vm].host
        for disk in disks_of(vm):
            if (sr := disk.home.one(SR, disk.SR)) is not None:
                placed.disks.setdefault(sr, []).append((disk, host))
        if host.home is not vm.home:
            for nic in vm.all_of(VIF, vm.VIFs):
                if (network := nic.home.one(Network, nic.network)) is not None:
                    placed.nics.setdefault(network, []).append((nic, host))
        yield
    promised = Counter[SR]()
    for sr in by_name(placed.disks):
        move = _sr_move(sr, placed.disks[sr], srs.get(sr), promised, usable)
        if move.sr is not None and move.why is not MappingReason.STAYS:
            promised[move.sr] += move.bytes
        placed.sr_moves.append(move)
        yield
    placed.network_moves = [_network_move(one, placed.nics[one], networks.get(one), usable) for one in by_name(placed.nics)]


def common_srs(hosts: Iterable[Host]) -> list[tuple[SR, str]]:
    """Those that hold disks and that all of these reach, and what each is called."""
    reached = [attached_srs(host) for host in hosts]
    home = next((host.home for host in hosts), None)
    return [(sr, label) for sr, label in disk_srs(home) if all(sr.ref in one for one in reached)] if home is not None else []


def common_networks(hosts: Sequence[Host]) -> list[Network]:
    """Those that VMs can have on all of these."""
    each = [networks_on(host) for host in hosts]
    return [network for network in each[0] if all(network in one for one in each)] if each else []


def _sr_move(sr: SR, disks: list[tuple[VDI, Host]], chosen: SR | None, promised: Mapping[SR, int], usable: Usable | None) -> SRMove:
    hosts = dict.fromkeys(host for _disk, host in disks)
    away: set[Host] = {host for host in hosts if host.home is not sr.home or sr.ref not in attached_srs(host)}
    whole = sum(copy_size(disk) for disk, _host in disks)
    if chosen is not None:
        return SRMove(sr, len(disks), whole, chosen, MappingReason.STAYS if chosen is sr else MappingReason.CHOSEN)
    if not away:
        return SRMove(sr, len(disks), whole, sr, MappingReason.STAYS)
    moving = [disk for disk, host in disks if host in away]
    needed = sum(map(copy_size, moving))
    there = [one for one, _label in common_srs(hosts) if usable is None or usable(one)]
    fitting = [one for one in there if has_room(one, needed + promised.get(one, 0))]
    default = default_sr(next(iter(away)).home)
    if default in fitting:
        return SRMove(sr, len(moving), needed, default, MappingReason.DEFAULT)
    if fitting:
        return SRMove(sr, len(moving), needed, max(fitting, key=lambda one: (one.shared, free_space(one) or 0)), MappingReason.ROOM)
    each = all(common_srs([host]) for host in away) and len(away) > 1
    return SRMove(sr, len(moving), needed, None, MappingReason.EACH if each else MappingReason.NOWHERE)


def _network_move(network: Network, nics: list[tuple[VIF, Host]], chosen: Network | None, usable: Usable | None) -> NetworkMove:
    if chosen is not None:
        return NetworkMove(network, len(nics), chosen, MappingReason.CHOSEN)
    hosts = list(dict.fromkeys(host for _nic, host in nics))
    there, main = usable_networks(common_networks(hosts), hosts[0], usable)
    return NetworkMove(network, len(nics), *counterpart(network, there, main))
