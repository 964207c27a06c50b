"""Facts about networks and the hosts' ports into them: links, what uses a port, how fast it is."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from data.facts.host import is_live
from data.facts.vm import is_guest, is_up
from data.level import Level
from data.objects import PIF, VIF, VLAN, VM, Bond, Host, Network, PIFMetrics

ACTIVE_BACKUP: Final = "active-backup"
HOST_INTERNAL: Final = "is_host_internal_management_network"
"""In other_config: the network between a host and its own domains, which is for no VM."""
UNKNOWN_SPEED: Final = 65535
"""Mbit/s that a NIC without a link reports; source: ethtool's -1 in 16 bits."""
DEEPEST: Final = 2
"""VLANs on a port are looked for so far up."""


def is_for_vms(network: Network) -> bool:
    """Whether VMs can be on it."""
    return network.other_config.get(HOST_INTERNAL) != "true"


class LinkLevel(IntEnum):
    SPARE = 0  # no carrier, and nothing uses the port
    UP = 1
    DOWN = 2  # no carrier
    DEGRADED = 3  # a bond that lost some of its NICs, not all


def link_of(pif: PIF) -> LinkLevel:
    """The link below `pif`: a VLAN has that of the port it tags, a bond that of its NICs.

    A port without metrics counts as up: nothing says otherwise. Source: xapi plugs every physical NIC when it starts, cable or not:
    one that nothing uses lacks nothing.
    """
    link = _link(pif)
    return LinkLevel.SPARE if link is LinkLevel.DOWN and not is_used(pif) else link


def _link(pif: PIF) -> LinkLevel:
    vlan = pif.home.one(VLAN, pif.VLAN_master_of)
    below = pif.home.one(PIF, vlan.tagged_PIF) if vlan else None
    port = below if below is not None and below is not pif else pif
    for bond in port.all_of(Bond, port.bond_master_of):
        slaves = port.all_of(PIF, bond.slaves)
        up = sum(map(has_carrier, slaves))
        return LinkLevel.UP if up == len(slaves) else LinkLevel.DEGRADED if up else LinkLevel.DOWN
    return LinkLevel.UP if has_carrier(port) else LinkLevel.DOWN


def has_carrier(pif: PIF) -> bool:
    metrics = pif.home.one(PIFMetrics, pif.metrics)
    return metrics is None or metrics.carrier


def is_used(pif: PIF, depth: int = DEEPEST) -> bool:
    """Whether anything needs this port: the host itself, somebody who made a bond of it, a VM on its network, or a VLAN that is used."""
    if pif.management or pif.IP or any(pif.IPv6) or pif.ip_configuration_mode not in ("", "None"):
        return True
    if pif.bond_master_of or pif.home.one(Bond, pif.bond_slave_of):
        return True
    network = pif.home.one(Network, pif.network)
    if network is not None and any(map(_is_guests, network.all_of(VIF, network.VIFs))):
        return True
    tags = [vlan.untagged_PIF for vlan in pif.all_of(VLAN, pif.VLAN_slave_of)]
    return depth > 0 and any(is_used(above, depth - 1) for above in pif.all_of(PIF, tags))


def cut_vms(pif: PIF) -> set[VM]:
    """The VMs on its host that have a NIC on its network: those that lack something where it has no link."""
    network = pif.home.one(Network, pif.network)
    vifs = network.all_of(VIF, network.VIFs) if network is not None else []
    return {vm for vif in vifs if (vm := vif.home.one(VM, vif.VM)) and is_guest(vm) and is_up(vm) and vm.resident_on == pif.host}


def link_level(pif: PIF) -> Level:
    """How grave its link is: critical where running VMs or the pool itself depend on one that is down.

    Nothing is said of a port that is unplugged, nor of one of a host that is not heard.
    """
    host, link = pif.home.one(Host, pif.host), link_of(pif)
    if link in (LinkLevel.UP, LinkLevel.SPARE) or host is None or not is_live(host):
        return Level.NONE
    if pif.home.one(Bond, pif.bond_slave_of) is None and not pif.currently_attached:
        return Level.NONE
    return Level.CRITICAL if link is LinkLevel.DOWN and (pif.management or cut_vms(pif)) else Level.WARNING


def _is_guests(vif: VIF) -> bool:
    vm = vif.home.one(VM, vif.VM)
    return vm is not None and is_guest(vm)


def speed_of(pif: PIF) -> int:
    """Mbit/s of a NIC, of the NICs of a bond together; 0 for none or not known.

    Of an active-backup bond one NIC carries all: which one, nobody says but by the speed of the bond itself.
    Source: xcp-networkd writes the speeds of a bond's active NICs into the bond's own metrics.
    """
    for bond in pif.all_of(Bond, pif.bond_master_of):
        speeds = [speed for member in pif.all_of(PIF, bond.slaves) if (speed := _speed(member))]
        own = _speed(pif)
        if bond.mode == ACTIVE_BACKUP:
            return own if own in speeds else max(speeds, default=0)
        return sum(speeds)
    return _speed(pif)


def _speed(pif: PIF) -> int:
    metrics = pif.home.one(PIFMetrics, pif.metrics)
    return metrics.speed if metrics is not None and metrics.carrier and 0 < metrics.speed < UNKNOWN_SPEED else 0
