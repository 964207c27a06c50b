"""Facts about the hosts' ports into networks: what uses one, its link, its speed."""

from __future__ import annotations

from typing import Any

import pytest

from data.facts.network import LinkLevel, is_used, link_of, speed_of
from data.mirror import Mirror
from data.networks import links_of, load_of
from data.objects import PIF, VIF, VLAN, VM, Bond, Host, Network, PIFMetrics
from data.types import NULL_REF, Ref
from tests.fakes import Builder


@pytest.fixture
def build() -> Builder:
    return Builder(Mirror(), "pool")


def port(build: Builder, *, carrier: bool = False, speed: int = 1000, network: Ref = NULL_REF, **fields: Any) -> PIF:
    metrics = build.put(PIFMetrics, carrier=carrier, speed=speed)
    ref = build.put(PIF, physical=True, currently_attached=True, metrics=metrics, network=network, **fields)
    return build.commit().all(PIF)[ref]


@pytest.mark.parametrize(
    ("fields", "link"),
    [
        ({}, LinkLevel.SPARE),
        ({"carrier": True}, LinkLevel.UP),
        ({"management": True}, LinkLevel.DOWN),
        ({"IP": "10.0.0.1"}, LinkLevel.DOWN),
        ({"IPv6": ["2001:db8::1"]}, LinkLevel.DOWN),
        ({"IPv6": [""]}, LinkLevel.SPARE),
        ({"ip_configuration_mode": "DHCP"}, LinkLevel.DOWN),
    ],
)
def test_a_port_that_nothing_uses_lacks_no_link(build: Builder, fields: dict[str, Any], link: LinkLevel) -> None:
    assert link_of(port(build, **fields)) is link


@pytest.mark.parametrize(("template", "link"), [(False, LinkLevel.DOWN), (True, LinkLevel.SPARE)])
def test_a_vm_uses_the_port_below_its_network_also_through_a_vlan(build: Builder, template: bool, link: LinkLevel) -> None:
    vm = build.put(VM, is_a_template=template)
    plain, tagged, vlan = build.put(Network), Ref("OpaqueRef:tagged"), Ref("OpaqueRef:vlan")
    below = port(build, network=plain, VLAN_slave_of=[vlan])
    above = build.put(PIF, VLAN=20, VLAN_master_of=vlan, network=tagged, currently_attached=True)
    build.put(VLAN, vlan, tagged_PIF=below.ref, untagged_PIF=above)
    build.put(Network, tagged, VIFs=[build.put(VIF, VM=vm, network=tagged)], PIFs=[above])
    pool = build.commit()
    assert [link_of(pif) for pif in (below, pool.all(PIF)[above])] == [link, link]
    assert is_used(below) is not template


def test_a_network_of_spare_ports_has_nothing_to_say_of_links(build: Builder) -> None:
    network = Ref("OpaqueRef:spare")
    pif = port(build, network=network)
    build.put(Network, network, PIFs=[pif.ref])
    links = links_of(build.commit().all(Network)[network])
    assert (links.up, links.ports, links.worst) == (0, 0, LinkLevel.UP)


@pytest.mark.parametrize(
    ("mode", "own", "speed"),
    [
        ("lacp", 0, 11000),
        ("balance-slb", 0, 11000),
        ("active-backup", 1000, 1000),  # xapi tells the active one's
        ("active-backup", 0, 10000),  # nobody does: the fastest is likely
        ("active-backup", 11000, 10000),  # an older one adds them up
    ],
)
def test_one_nic_of_an_active_backup_bond_carries_all(build: Builder, mode: str, own: int, speed: int) -> None:
    bond, network, host = Ref("OpaqueRef:bond"), Ref("OpaqueRef:network"), build.put(Host)
    slaves = [port(build, carrier=True, speed=each, bond_slave_of=bond, device=f"eth{each}", host=host) for each in (10000, 1000)]
    slaves.append(port(build, speed=65535, bond_slave_of=bond, device="eth2", host=host))
    master = port(build, carrier=True, speed=own, bond_master_of=[bond], network=network, device="bond0", host=host)
    build.put(Bond, bond, master=master.ref, slaves=[slave.ref for slave in slaves], mode=mode)
    build.put(Network, network, PIFs=[master.ref])
    pool = build.commit()
    assert speed_of(master) == speed
    uuid = pool.all(Host)[host].uuid
    pool.history.put(uuid, "pif_eth1000_rx", 1000.0, 62.5e6)  # half of a Gbit/s
    assert load_of(pool.all(Network)[network]) == pytest.approx(500 / speed)
