"""What a migration is asked for with, and where that puts the disks and NICs of one VM."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from data.identity import key_of, seen_from
from data.objects import SR, VIF, VM, Host, Network
from data.types import Ref, XapiObject
from data.vms import disks_of
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import AnyHost, AnyNetwork, AnySR, VDIUuid, VMUuid, called
from xo_dash.control.usable import Usable
from xo_dash.control.vm.migration.mapping import DiskMove, MappingReason, NicMove, disk_moves, nic_moves
from xo_dash.i18n import N_

MOST = 300
"""VMs that are moved by one command with a host of their own each."""
CHOSEN_FOR_THEM = frozenset({MappingReason.DEFAULT, MappingReason.ROOM, MappingReason.NAME, MappingReason.VLAN, MappingReason.GUESS})
"""How places are found that nobody named."""


class DiskPlace(Request, frozen=True, kw_only=True):
    """One disk and the SR it goes to."""

    disk: Annotated[VDIUuid, called(N_("Disk"))]
    sr: Annotated[AnySR, called(N_("SR"))]


class NicPlace(Request, frozen=True, kw_only=True):
    """One NIC and the network it gets."""

    nic: Annotated[str, called(N_("NIC"))]
    network: Annotated[AnyNetwork, called(N_("Network"))]


class SRPlace(Request, frozen=True, kw_only=True):
    """All disks on one SR, and the SR they go to."""

    source: Annotated[AnySR, called(N_("SR"))]
    sr: Annotated[AnySR, called(N_("Goes to"))]


class NetworkPlace(Request, frozen=True, kw_only=True):
    """All NICs on one network, and the network they get."""

    source: Annotated[AnyNetwork, called(N_("Network"))]
    network: Annotated[AnyNetwork, called(N_("Goes to"))]


class HostPlace(Request, frozen=True, kw_only=True):
    """One VM of several, and the host it goes to."""

    vm: Annotated[VMUuid, called(N_("VM"))]
    host: Annotated[AnyHost, called(N_("Host"))]


class MigrateVM(Request, frozen=True, kw_only=True):
    """To another host. Other disks than those it reaches, and between pools NICs, get a place by sensible rules unless one is named."""

    host: Annotated[AnyHost, called(N_("Host"))]
    sr: Annotated[AnySR | None, called(N_("Storage for all disks"), hint=N_("By default disks move only if they must"))] = None
    network: Annotated[AnyNetwork | None, called(N_("Migration network"), hint=N_("Default: the management network"))] = None
    copy: Annotated[bool, called(N_("Keep the original"), hint=N_("A copy in another pool, of a halted VM"))] = False
    disks: Annotated[tuple[DiskPlace, ...], called(N_("Disks"))] = ()
    nics: Annotated[tuple[NicPlace, ...], called(N_("NICs"))] = ()
    sr_map: Annotated[tuple[SRPlace, ...], called(N_("Storage map"))] = ()
    network_map: Annotated[tuple[NetworkPlace, ...], called(N_("Network map"))] = ()
    hosts: Annotated[tuple[HostPlace, ...], Meta(max_length=MOST), called(N_("Hosts"))] = ()

    def for_each(self, subject: XapiObject) -> Self:
        """With what concerns this VM alone: of many each would carry the places of all along."""
        if not isinstance(subject, VM):
            return self
        disks, nics = disks_of(subject), list(subject.all_of(VIF, subject.VIFs))
        mine = {row.uuid for row in (*disks, *nics)}
        srs = {sr for disk in disks if (sr := disk.home.one(SR, disk.SR))}
        networks = {network for nic in nics if (network := nic.home.one(Network, nic.network))}
        return msgspec.structs.replace(
            self,
            host=next((place.host for place in self.hosts if place.vm == subject.uuid), self.host),
            disks=tuple(place for place in self.disks if place.disk in mine),
            nics=tuple(place for place in self.nics if place.nic in mine),
            sr_map=tuple(place for place in self.sr_map if seen_from(subject.home, SR, place.source) in srs),
            network_map=tuple(place for place in self.network_map if seen_from(subject.home, Network, place.source) in networks),
            hosts=(),
        )


def host_in(request: MigrateVM, vm: VM) -> Host | None:
    return seen_from(vm.home, Host, request.host)


def disks_in(request: MigrateVM, vm: VM, host: Host, usable: Usable | None = None) -> list[DiskMove]:
    """Where each disk goes."""
    everything = seen_from(host.home, SR, request.sr) if request.sr else None
    return disk_moves(vm, host, everything, _chosen_srs(request, vm, host), usable)


def _chosen_srs(request: MigrateVM, vm: VM, host: Host) -> dict[str, SR]:
    """{uuid of a disk: the SR that somebody chose}; what is said of a disk comes before what is said of its SR."""
    by_sr = {
        source.ref: sr
        for place in request.sr_map
        if (source := seen_from(vm.home, SR, place.source)) and source.home is vm.home and (sr := seen_from(host.home, SR, place.sr))
    }
    mapped = {disk.uuid: by_sr[disk.SR] for disk in disks_of(vm) if disk.SR in by_sr} if by_sr else {}
    return mapped | {place.disk: sr for place in request.disks if (sr := seen_from(host.home, SR, place.sr))}


def nics_in(request: MigrateVM, vm: VM, host: Host, usable: Usable | None = None) -> list[NicMove]:
    """The network that each NIC gets; within a pool all keep theirs."""
    if host.home is vm.home:
        return []
    by_network = {
        source.ref: network
        for place in request.network_map
        if (source := seen_from(vm.home, Network, place.source))
        and source.home is vm.home
        and (network := seen_from(host.home, Network, place.network))
    }
    mapped = {nic.uuid: by_network[nic.network] for nic in vm.all_of(VIF, vm.VIFs) if nic.network in by_network}
    chosen = {place.nic: found for place in request.nics if (found := seen_from(host.home, Network, place.network))}
    return nic_moves(vm, host, mapped | chosen, usable)


def settled(request: MigrateVM, vm: VM, usable: Usable | None) -> MigrateVM:
    """With the SRs and networks named that are chosen of those that may be used; where there are none it stays open, and is refused."""
    host = host_in(request, vm)
    if host is None:
        return request
    disks = [
        DiskPlace(disk=move.disk.uuid, sr=key_of(move.sr))
        for move in disks_in(request, vm, host, usable)
        if move.sr is not None and move.why in CHOSEN_FOR_THEM
    ]
    nics = [
        NicPlace(nic=move.nic.uuid, network=key_of(move.network))
        for one in (vm, *vm.all_of(VM, vm.snapshots))
        for move in nics_in(request, one, host, usable)
        if move.network is not None and move.why in CHOSEN_FOR_THEM
    ]
    return msgspec.structs.replace(request, disks=(*request.disks, *disks), nics=(*request.nics, *nics))


def pinned(request: MigrateVM, vm: VM) -> MigrateVM:
    """With all of them named: what is free, and so what would be chosen, is another while the disks move."""
    return settled(request, vm, None)


def places_in(request: MigrateVM, vm: VM, host: Host) -> tuple[dict[Ref, Ref], dict[Ref, Ref]]:
    """{disk: SR}, {NIC: network}, as XAPI takes them."""
    srs = {move.disk.ref: move.sr.ref for move in disks_in(request, vm, host) if move.sr is not None}
    moves = nics_in(request, vm, host)
    networks = {move.nic.ref: move.network.ref for move in moves if move.network is not None}
    known = {move.nic.MAC for move in moves}
    for snapshot in vm.all_of(VM, vm.snapshots):
        # XAPI wants a network also for a NIC that only a snapshot has
        others = (move for move in nics_in(request, snapshot, host) if move.nic.MAC not in known)
        networks |= {move.nic.ref: move.network.ref for move in others if move.network is not None}
    return srs, networks
