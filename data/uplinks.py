"""What networks of a pool stand on: each host's NICs and bonds, and which of them are free. Pure, computed on read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network

from data.facts.pool import is_master
from data.facts.vm import is_guest, is_up
from data.names import name_of, name_order
from data.objects import PIF, VLAN, VM, Bond, Host, Network, VMGuestMetrics
from data.types import Home


def hosts_of(home: Home) -> list[Host]:
    """Members by name, the master last: what cuts it off ends the line to all."""
    return sorted(home.all(Host).values(), key=lambda host: (is_master(host), name_order(host)))


def is_uplink(pif: PIF) -> bool:
    """Whether VLANs can stand on it: a NIC that is in no bond, or a bond."""
    free = pif.home.one(Bond, pif.bond_slave_of) is None and pif.home.one(VLAN, pif.VLAN_master_of) is None
    return free and pif.managed and pif.VLAN < 0 and (pif.physical or bool(pif.bond_master_of))


def uplinks_of(network: Network) -> dict[Host, PIF]:
    """By host, what leads from it into `network` without a tag."""
    pifs = network.all_of(PIF, network.PIFs)
    return {host: pif for pif in pifs if is_uplink(pif) and (host := pif.home.one(Host, pif.host)) is not None}


def nics_of(host: Host) -> dict[str, PIF]:
    """Its NICs by device, those in bonds too."""
    return {pif.device: pif for pif in host.all_of(PIF, host.PIFs) if pif.physical and pif.managed and pif.VLAN < 0}


def devices_of(home: Home) -> list[str]:
    """What NICs of the pool's hosts are called, in order."""
    found = {device for host in home.all(Host).values() for device in nics_of(host)}
    return sorted(found, key=lambda device: (len(device), device))


def bond_of(pif: PIF) -> Bond | None:
    """The bond that it is part of."""
    return pif.home.one(Bond, pif.bond_slave_of)


def vlans_on(pif: PIF) -> list[VLAN]:
    return pif.all_of(VLAN, pif.VLAN_slave_of)


def tags_on(pifs: Iterable[PIF]) -> dict[int, Network | None]:
    """Which tags are taken on these, and by which network."""
    found: dict[int, Network | None] = {}
    for pif in pifs:
        for vlan in vlans_on(pif):
            untagged = pif.home.one(PIF, vlan.untagged_PIF)
            found.setdefault(vlan.tag, untagged.home.one(Network, untagged.network) if untagged is not None else None)
    return found


def mtu_below(network: Network) -> int:
    """The least MTU of what its VLANs stand on; 0 where it stands on nothing."""
    vlans = [vlan for pif in network.all_of(PIF, network.PIFs) if (vlan := pif.home.one(VLAN, pif.VLAN_master_of)) is not None]
    below = [pif.MTU for vlan in vlans if (pif := network.home.one(PIF, vlan.tagged_PIF)) is not None]
    return min(filter(None, below), default=0)


def has_address(pif: PIF) -> bool:
    return pif.ip_configuration_mode not in ("", "None") or any(pif.IPv6)


def subnet_of(address: str, netmask: str) -> IPv4Network | None:
    """None where that is no address with its netmask."""
    try:
        return IPv4Network(f"{address}/{netmask}", strict=False) if address and netmask else None
    except ValueError:
        return None


def known_addresses(homes: Mapping[str, Home]) -> dict[IPv4Address, str]:
    """Every IPv4 address that is known to be in use in these pools, and what has it: hosts' ports, and guests that tell theirs."""
    found: dict[IPv4Address, str] = {}
    for home in homes.values():
        for pif in home.all(PIF).values():
            _note(found, pif.IP, name_of(pif))
        for vm in home.all(VM).values():
            metrics = home.one(VMGuestMetrics, vm.guest_metrics) if is_guest(vm) and is_up(vm) else None  # an old address is nobody's
            for place, address in metrics.networks.items() if metrics is not None else ():
                if "/ip" in place and "v6" not in place:
                    _note(found, address, name_of(vm))
    return found


def _note(found: dict[IPv4Address, str], text: str, holder: str) -> None:
    try:
        found.setdefault(IPv4Address(text), holder)
    except ValueError:
        return
