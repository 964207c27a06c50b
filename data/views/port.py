"""A host's port into a network as it is shown, on the host's page and on the network's."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.facts.network import LinkLevel, link_level
from data.hosts import port_of
from data.level import Level
from data.objects import PIF, Bond, Host
from data.views.things import GUEST, Thing, maybe, via


class PortView(NamedTuple):
    pif: str  # uuid
    device: str  # eth0, bond0
    members: tuple[str, ...]  # the devices of a bond, by name
    mode: str  # of a bond: balance-slb, active-backup, lacp
    is_physical: bool
    is_tagged: bool  # a VLAN on another port
    is_attached: bool  # or part of a bond
    is_management: bool
    vlan: int | None
    link: LinkLevel
    level: Level  # how grave its link is
    speed: int  # Mbit/s; 0 for none or not known
    addresses: tuple[str, ...]
    mac: str
    mtu: int
    network: Thing | None
    host: Thing | None


def seen(pif: PIF) -> PortView:
    port = port_of(pif)
    return PortView(
        pif=pif.uuid, device=pif.device, members=tuple(sorted(member.device for member in port.members)), mode=port.mode,
        is_physical=pif.physical, is_tagged=port.tagged is not None,
        is_attached=pif.currently_attached or pif.home.one(Bond, pif.bond_slave_of) is not None, is_management=pif.management,
        vlan=port.vlan, link=port.link, level=link_level(pif), speed=port.speed, addresses=tuple(filter(None, (pif.IP, *pif.IPv6))),
        mac=pif.MAC, mtu=pif.MTU, network=maybe(port.network), host=maybe(pif.home.one(Host, pif.host)),
    )  # fmt: skip


_BOND: Final = ("bond_master_of.mode", *via("bond_master_of.slaves", "metrics.carrier", "metrics.speed", "device"))
_OWN: Final = ("metrics.carrier", "metrics.speed", *_BOND)
_NEEDS: Final = (
    "management", "IP", "IPv6", "ip_configuration_mode", "bond_master_of", "bond_slave_of.mode", *via("network.VIFs.VM", *GUEST),
)  # fmt: skip
_ABOVE: Final = "VLAN_slave_of.untagged_PIF"
SHAPE: Final = (
    *_OWN, *via("VLAN_master_of.tagged_PIF", *_OWN), *_NEEDS, *via(_ABOVE, *_NEEDS), *via(f"{_ABOVE}.{_ABOVE}", *_NEEDS),
)  # fmt: skip
"""What the state of a PIF's link is made of."""
LINK: Final = (
    *SHAPE, *via("network.VIFs.VM", "power_state", "resident_on"), "host.metrics.live", "currently_attached",
)  # fmt: skip
"""... and how grave it is."""
PORT: Final = (
    *LINK, "device", "physical", "VLAN", "MAC", "MTU", *via("network", "name_label", "bridge", "uuid"),
    *via("host", "name_label", "hostname", "uuid"),
)  # fmt: skip
