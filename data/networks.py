"""What can be told of a network: the hosts' ports into it, their links, and the VMs on it. Pure, computed on read."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final, NamedTuple

from data.facts.network import LinkLevel, link_level
from data.facts.vm import is_guest, is_up
from data.history import History
from data.hosts import Port, port_of
from data.level import Level
from data.names import name_of
from data.objects import PIF, VIF, VM, Bond, Host, Network
from data.texts import natural
from data.vms import nics_of

NO_TAG: Final = 0
"""The tag of what carries a NIC's untagged frames a second time. Source: VLAN.create takes 0; -1 is a port that is no VLAN at all."""


class NetworkKind(StrEnum):
    EXTERNAL = "external"  # it leaves the hosts
    BOND = "bond"  # ... by a bond of NICs
    VLAN = "vlan"  # it leaves them with a tag
    INTERNAL = "internal"  # VMs of one host among themselves
    MEMBER = "member"  # of a NIC that is part of a bond: nothing else lives there
    UNTOLD = "untold"  # seen by name, and no port of it


def network_kind(network: Network) -> NetworkKind:
    pifs = network.all_of(PIF, network.PIFs)
    if not pifs:
        return NetworkKind.INTERNAL if network.bridge else NetworkKind.UNTOLD
    if any(pif.VLAN > NO_TAG for pif in pifs):
        return NetworkKind.VLAN
    if any(pif.bond_master_of for pif in pifs):
        return NetworkKind.BOND
    return NetworkKind.MEMBER if all(pif.home.one(Bond, pif.bond_slave_of) for pif in pifs) else NetworkKind.EXTERNAL


def is_internal(network: Network) -> bool:
    """No host has a port of it; lists hide it until asked."""
    return network_kind(network) is NetworkKind.INTERNAL


def tags_of(network: Network) -> list[int]:
    """Its VLAN tags; one, unless somebody mixed them."""
    return sorted({pif.VLAN for pif in network.all_of(PIF, network.PIFs) if pif.VLAN > NO_TAG})


class HostPort(NamedTuple):
    host: Host | None
    port: Port


def ports_into(network: Network) -> list[HostPort]:
    """By host."""
    found = [HostPort(pif.home.one(Host, pif.host), port_of(pif)) for pif in network.all_of(PIF, network.PIFs)]
    return sorted(found, key=lambda one: (natural(one.host.name_label) if one.host else "\uffff", natural(one.port.pif.device)))


class NicOrBond(NamedTuple):
    """What a host has a network on."""

    device: str  # eth0, bond0
    members: tuple[str, ...]  # the devices of a bond, by name


def carriers(network: Network) -> tuple[NicOrBond, ...]:
    """Each once, however many hosts have it."""
    ports = map(port_of, network.all_of(PIF, network.PIFs))
    found = {NicOrBond(port.pif.device, tuple(sorted(member.device for member in port.members if port.tagged is None))) for port in ports}
    return tuple(sorted(found))


class HostAddresses(NamedTuple):
    """How many hosts have an address on a network, and whether any is managed over it."""

    hosts: int
    is_management: bool


def host_addresses(network: Network) -> HostAddresses:
    pifs = network.all_of(PIF, network.PIFs)
    return HostAddresses(sum(bool(pif.IP or any(pif.IPv6)) for pif in pifs), any(pif.management for pif in pifs))


class Links(NamedTuple):
    """How many of a network's ports have a link."""

    up: int
    ports: int
    worst: LinkLevel
    level: Level
    """How grave the worst of them is."""
    down: tuple[str, ...]
    """The names of the hosts that have none."""


def links_of(network: Network) -> Links:
    """Of attached ports that something uses or that have a link: any other carries nothing and lacks nothing."""
    found = [one for one in ports_into(network) if one.port.pif.currently_attached and one.port.link is not LinkLevel.SPARE]
    ports = [one.port for one in found]
    links = [port.link for port in ports]
    worst = LinkLevel.DOWN if LinkLevel.DOWN in links else LinkLevel.DEGRADED if LinkLevel.DEGRADED in links else LinkLevel.UP
    return Links(
        sum(link is not LinkLevel.DOWN for link in links),
        len(links),
        worst,
        max((link_level(port.pif) for port in ports), default=Level.NONE),
        tuple(name_of(one.host) for one in found if one.port.link is LinkLevel.DOWN and one.host is not None),
    )


class VmNic(NamedTuple):
    """A VM's NIC on a network."""

    vif: VIF
    vm: VM
    addresses: tuple[str, ...]
    host: Host | None  # it runs on


def nic_of(vif: VIF) -> VmNic | None:
    """None for those of templates, snapshots and control domains."""
    vm = vif.home.one(VM, vif.VM)
    if vm is None or not is_guest(vm):
        return None
    addresses = next((nic.addresses for nic in nics_of(vm) if nic.vif is vif), ())
    return VmNic(vif, vm, addresses, vm.home.one(Host, vm.resident_on) if is_up(vm) else None)


# ---- what goes over it

MOST_NICS = 500
"""NICs of VMs that are added up; of more, nobody knows."""


def load_of(network: Network) -> float:
    """How busy the busiest of the lines below its ports is: the fuller of its two ways, 0 to 1; NaN where nothing is measured."""
    busiest = math.nan
    for pif in network.all_of(PIF, network.PIFs):
        host, port = pif.home.one(Host, pif.host), port_of(pif)
        if host is None or not pif.currently_attached or port.speed <= 0:
            continue
        names = _lines(port)
        flows = [network.home.part(History).sum_now([(host.uuid, f"pif_{name}_{way}") for name in names]) for way in ("rx", "tx")]
        loads = [min(1.0, flow * 8 / (port.speed * 1e6)) for flow in flows if not math.isnan(flow)]
        busiest = max(loads if math.isnan(busiest) else [busiest, *loads], default=busiest)
    return busiest


def traffic_of(network: Network) -> list[tuple[str, str]]:
    """The series that add up to what goes over it, (uuid, data source): of its NICs; of a VLAN, or one within hosts, of the VMs on it."""
    if network_kind(network) in (NetworkKind.EXTERNAL, NetworkKind.BOND):
        ports = [(one.host.uuid, _lines(one.port)) for one in ports_into(network) if one.host is not None]
        return [(uuid, f"pif_{name}_{way}") for uuid, names in ports for name in names for way in ("rx", "tx")]
    vifs = network.all_of(VIF, network.VIFs)
    vms = [(vm.uuid, vif.device) for vif in vifs if (vm := vif.home.one(VM, vif.VM)) and is_guest(vm)] if len(vifs) <= MOST_NICS else []
    return [(uuid, f"vif_{device}_{way}") for uuid, device in vms for way in ("rx", "tx")]


def _lines(port: Port) -> list[str]:
    """The NICs below it."""
    return [pif.device for pif in port.members or (port.tagged or port.pif,)]
