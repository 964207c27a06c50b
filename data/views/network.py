"""A network as it is shown."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from data import networks
from data.facts.pool import own_pool
from data.facts.vm import is_guest
from data.findings.registry import FindingRegistry
from data.names import name_of, pool_name
from data.objects import VIF, VM, Network
from data.views import port
from data.views.things import GUEST, NAME, POOL_NAME, maybe, tags_of, via
from data.views.view import FINDINGS, Fact, View, is_present

V = TypeVar("V")


def guest_count(network: Network) -> int:
    """How many VMs have a NIC on it."""
    refs = {vif.VM for vif in network.all_of(VIF, network.VIFs)}
    return sum(1 for ref in refs if (vm := network.home.one(VM, ref)) and is_guest(vm))


class _Fact(Fact[Network, V]):
    pass


class NetworkView(View[Network]):
    """Everything that is shown of a network."""

    kind: ClassVar = Network

    present = _Fact(is_present)
    """False once it was removed; all else stays as it was last."""
    name = _Fact(name_of, *NAME, "bridge")
    description = _Fact(lambda network: network.name_description.strip(), "name_description")
    tags = _Fact(tags_of, "tags")
    pool = _Fact(lambda network: pool_name(network.home), *POOL_NAME)
    """Its name."""
    own_pool = _Fact(lambda network: maybe(own_pool(network.home)), *POOL_NAME)
    is_fresh = _Fact(lambda network: network.home.server.is_live, "Server.state")
    """Whether the picture is of now: its pool is connected."""
    network_kind = _Fact(networks.network_kind, "bridge", "PIFs.VLAN", "PIFs.bond_slave_of.mode", "PIFs.bond_master_of")
    vlans = _Fact(lambda network: tuple(networks.tags_of(network)), "PIFs.VLAN")
    bridge = _Fact(lambda network: network.bridge, "bridge")
    mtu = _Fact(lambda network: network.MTU, "MTU")
    locking = _Fact(lambda network: network.default_locking_mode, "default_locking_mode")
    """From which addresses its VMs may send: `unlocked`, `disabled`."""
    is_managed = _Fact(lambda network: network.managed, "managed")
    """Whether XAPI takes care of it."""

    purpose = _Fact(lambda network: tuple(network.purpose), "purpose")
    """Of its traffic: `nbd`, `insecure_nbd`."""
    carriers = _Fact(networks.carriers, *via("PIFs", "device", *port.SHAPE))
    host_addresses = _Fact(networks.host_addresses, *via("PIFs", "IP", "IPv6", "management"))

    links = _Fact(networks.links_of, *via("PIFs", *port.LINK), *via("PIFs.host", "name_label", "hostname", "uuid"))
    ports = _Fact(lambda network: tuple(port.seen(one.port.pif) for one in networks.ports_into(network)), *via("PIFs", *port.PORT))
    guest_count = _Fact(guest_count, "VIFs.VM", *via("VIFs.VM", *GUEST))
    level = _Fact(lambda network: network.home.part(FindingRegistry).mark(network), FINDINGS)
    """The worst that is told of it."""
