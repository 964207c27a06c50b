"""Which SR each disk goes to and which network each NIC gets, unless somebody chose: with the reason for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from data.facts.pool import chosen_migration_network, own_pool
from data.failover import attached_srs, reach_of
from data.objects import PIF, SR, VDI, VIF, VM, Host, Network
from data.vms import copy_size, disks_of
from xo_dash.control.sr.choice import default_sr, disk_srs, free_space
from xo_dash.control.usable import Usable


class MappingReason(StrEnum):
    """How a place was found."""

    STAYS = "stays"
    CHOSEN = "chosen"
    DEFAULT = "default"  # the default SR of the pool
    ROOM = "room"  # the SR with the most free space
    NAME = "name"  # a network of the same name
    VLAN = "vlan"  # a network with the same VLAN
    EACH = "each"  # the SRs differ from host to host: one of those that each has
    GUESS = "guess"  # nothing speaks for it: somebody has to look
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class DiskMove:
    disk: VDI
    sr: SR | None  # None: there is no place for it
    why: MappingReason


@dataclass(frozen=True, slots=True)
class NicMove:
    nic: VIF
    network: Network | None
    why: MappingReason


def disk_moves(
    vm: VM, host: Host, everything: SR | None = None, chosen: Mapping[str, SR] | None = None, usable: Usable | None = None
) -> list[DiskMove]:
    """A place on `host` for each disk of `vm`. `everything`: the SR for all of them, `chosen`: {uuid of a disk: its own}.

    `usable`: which SRs one may be chosen of; None: of all.
    """
    reached, asked, promised = attached_srs(host), chosen or {}, Counter[SR]()
    moves = []
    for disk in disks_of(vm):
        wanted = asked.get(disk.uuid, everything)
        sr, why = (wanted, _chosen(disk, wanted)) if wanted is not None else _place(disk, host, reached, promised, usable)
        if sr is not None and why is not MappingReason.STAYS:
            promised[sr] += copy_size(disk)
        moves.append(DiskMove(disk, sr, why))
    return moves


def _chosen(disk: VDI, sr: SR) -> MappingReason:
    return MappingReason.STAYS if sr is disk.home.one(SR, disk.SR) else MappingReason.CHOSEN


def _place(
    disk: VDI, host: Host, reached: Iterable[str], promised: Mapping[SR, int], usable: Usable | None
) -> tuple[SR | None, MappingReason]:
    now = disk.home.one(SR, disk.SR)
    if host.home is disk.home and now is not None and now.ref in reached:
        return now, MappingReason.STAYS
    fitting = [
        sr for sr, _label in disk_srs(host.home)
        if sr.ref in reached and (usable is None or usable(sr)) and has_room(sr, copy_size(disk) + promised.get(sr, 0))
    ]  # fmt: skip
    default = default_sr(host.home)
    if default in fitting:
        return default, MappingReason.DEFAULT
    roomiest = max(fitting, key=lambda sr: (sr.shared, free_space(sr) or 0), default=None)
    return roomiest, MappingReason.NOWHERE if roomiest is None else MappingReason.ROOM


def has_room(sr: SR, needed: int) -> bool:
    free = free_space(sr)
    return free is None or needed <= free


def overfull(moves: Iterable[DiskMove]) -> Iterable[tuple[SR, int]]:
    """(SR, bytes that come to it) where that is more than is free."""
    coming = Counter[SR]()
    for move in moves:
        if move.sr is not None and move.why is not MappingReason.STAYS and move.sr is not move.disk.home.one(SR, move.disk.SR):
            coming[move.sr] += copy_size(move.disk)
    return [(sr, amount) for sr, amount in coming.items() if not has_room(sr, amount)]


def nic_moves(vm: VM, host: Host, chosen: Mapping[str, Network] | None = None, usable: Usable | None = None) -> list[NicMove]:
    """A network on `host` for each NIC of `vm`, which goes to another pool. `chosen`: {uuid of a NIC: its network}; `usable`: as above."""
    asked = chosen or {}
    there, main = usable_networks(networks_on(host), host, usable)
    return [
        NicMove(nic, asked[nic.uuid], MappingReason.CHOSEN)
        if nic.uuid in asked
        else NicMove(nic, *counterpart(nic.home.one(Network, nic.network), there, main))
        for nic in vm.all_of(VIF, vm.VIFs)
    ]


def networks_on(host: Host) -> list[Network]:
    """The networks that VMs can have on it: with a port of its own, or without any."""
    reached = reach_of(host)
    return [network for network in host.home.all(Network).values() if network.ref in reached or not network.PIFs]


def usable_networks(there: Sequence[Network], host: Host, usable: Usable | None) -> tuple[Sequence[Network], Network | None]:
    """Of those that are `there`, and the one of the host's management if it is one of them."""
    main = management_of(host)
    if usable is None:
        return there, main
    return [one for one in there if usable(one)], main if main is not None and usable(main) else None


def counterpart(now: Network | None, there: Sequence[Network], main: Network | None) -> tuple[Network | None, MappingReason]:
    """One of those that are `there`, by name, else by VLAN; else `main`, by which they are managed."""
    if now is not None:
        for network in there:
            if network.name_label == now.name_label and bool(network.PIFs) == bool(now.PIFs):
                return network, MappingReason.NAME
        if (tags := _tags(now)) and (same := next((network for network in there if _tags(network) & tags), None)):
            return same, MappingReason.VLAN
    guess = main or next(iter(there), None)
    return guess, MappingReason.NOWHERE if guess is None else MappingReason.GUESS


def _tags(network: Network) -> set[int]:
    return {pif.VLAN for pif in network.all_of(PIF, network.PIFs) if pif.VLAN >= 0}


def migration_network_of(host: Host) -> Network | None:
    """What memory and disks travel over unless told otherwise: the pool's migration network where the host has an address on it."""
    pool = own_pool(host.home)
    network = chosen_migration_network(pool) if pool is not None else None
    return network if network is not None and has_address(host, network) else management_of(host)


def management_of(host: Host) -> Network | None:
    """The network over which its pool is managed."""
    pif = next((pif for pif in host.all_of(PIF, host.PIFs) if pif.management), None)
    return host.home.one(Network, pif.network) if pif is not None else None


def has_address(host: Host, network: Network) -> bool:
    return any(pif.network == network.ref and (pif.IP or any(pif.IPv6)) for pif in host.all_of(PIF, host.PIFs))
