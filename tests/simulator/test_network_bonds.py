"""Bonds, tunnels and SR-IOV, and what moves with them; on the second host of a pool of three with VMs."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.client import Client, sign_in
from xo_dash.simulator.classes import host_start, pif_state
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def fresh() -> Iterator[SimulatedPool]:
    with simulated(hosts=(3,), vms=(20,), speed=500) as simulation:
        yield simulation.pool


@pytest.fixture
def client(fresh: SimulatedPool) -> Client:
    return sign_in(fresh)


def nics(client: Client, number: int = 1) -> dict[str, str]:
    """{device: PIF} of a host."""
    host = client.call("host.get_all")[number]
    records = client.call("PIF.get_all_records")
    return {r["device"]: ref for ref, r in records.items() if r["host"] == host and r["physical"]}


@pytest.fixture
def network(client: Client) -> Iterator[str]:
    ref = client.call("network.create", {"name_label": "for a test", "other_config": {}, "MTU": 9000})
    yield ref
    client.call("network.destroy", ref)


def vifs_on(client: Client, network: str, host: str) -> set[str]:
    """Of VMs that run on the host."""
    running = set(client.call("host.get_resident_VMs", host))
    return {ref for ref, r in client.call("VIF.get_all_records").items() if r["network"] == network and r["VM"] in running}


def test_all_that_stands_on_the_members_moves_to_the_bond_and_back(client: Client, network: str) -> None:
    members = nics(client)
    x, eth0 = client.call, members["eth0"]
    before = x("PIF.get_record", eth0)
    vlan = x("VLAN.get_record", before["VLAN_slave_of"][0])
    vlan_network = x("PIF.get_network", vlan["untagged_PIF"])
    vifs = vifs_on(client, before["network"], before["host"])
    addresses = {vif: guest_address(client, vif) for vif in vifs}
    assert vifs and any(addresses.values())
    x("PIF.reconfigure_ip", members["eth1"], "None", "", "", "", "")

    bond = x("Bond.create", network, [members["eth1"], eth0], "", "active-backup", {})
    record = x("Bond.get_record", bond)
    master = x("PIF.get_record", record["master"])
    assert (record["primary_slave"], record["links_up"], record["auto_update_mac"]) == (eth0, 2, True)
    assert (master["management"], master["IP"], master["MAC"], master["MTU"]) == (True, before["IP"], before["MAC"], 9000)
    assert master["disallow_unplug"] and master["currently_attached"] and not x("PIF.get_currently_attached", eth0)
    assert x("PIF_metrics.get_speed", master["metrics"]) == 20_000
    moved = x("VLAN.get_record", master["VLAN_slave_of"][0])
    assert (moved["tag"], x("PIF.get_network", moved["untagged_PIF"])) == (vlan["tag"], vlan_network)
    assert x("PIF.get_VLAN_slave_of", eth0) == [] and vifs <= set(x("network.get_VIFs", network))
    assert {vif: guest_address(client, vif) for vif in vifs} == addresses
    assert client.failure("PIF.plug", eth0) == ["CANNOT_PLUG_BOND_SLAVE", eth0]
    assert client.failure("PIF.set_property", eth0, "gro", "off") == ["CANNOT_CHANGE_PIF_PROPERTIES", eth0]

    x("Bond.destroy", bond)
    after = x("PIF.get_record", eth0)
    assert (after["management"], after["IP"], after["bond_slave_of"]) == (True, before["IP"], "OpaqueRef:NULL")
    assert x("VLAN.get_tag", after["VLAN_slave_of"][0]) == vlan["tag"] and after["currently_attached"]
    assert vifs_on(client, before["network"], before["host"]) >= vifs and x("network.get_PIFs", network) == []
    assert client.failure("PIF_metrics.get_record", master["metrics"])[0] == "HANDLE_INVALID"


def guest_address(client: Client, vif: str) -> str:
    record = client.call("VIF.get_record", vif)
    metrics = client.call("VM.get_guest_metrics", record["VM"])
    if metrics == "OpaqueRef:NULL":
        return ""
    return str(client.call("VM_guest_metrics.get_networks", metrics).get(f"{record['device']}/ip", ""))


def test_a_bond_with_two_addresses(client: Client, network: str) -> None:
    members = nics(client, 0)
    assert client.failure("Bond.create", network, list(members.values()), "", "lacp", {}) == ["PIF_BOND_MORE_THAN_ONE_IP"]


@pytest.fixture
def pair(fresh: SimulatedPool, client: Client) -> list[str]:
    """Two more NICs in the third host, plugged in by a scan."""
    host = client.call("host.get_all")[2]

    def put_in(pool: Pool) -> None:
        spare = pool.facts.setdefault("spare NICs", {}).setdefault(host, {})
        for device, mac in (("eth2", "00:16:3e:00:00:02"), ("eth3", "00:16:3e:00:00:03")):
            if not pool.db.find("PIF", host=host, device=device):
                spare[device] = {"pif": {"MAC": mac}, "metrics": {"carrier": True, "speed": 10_000}}

    fresh.do(put_in)
    client.call("PIF.scan", host)
    found = nics(client, 2)
    return [found["eth2"], found["eth3"]]


def test_modes_and_their_properties(client: Client, pair: list[str], network: str) -> None:
    x = client.call
    wrong = client.failure("Bond.create", network, pair, "", "lacp", {"hashing_algorithm": "vlan"})
    assert wrong == ["INVALID_VALUE", "properties", "hashing_algorithm = vlan"]
    bond = x("Bond.create", network, pair, "00:16:3e:11:22:33", "lacp", {"lacp-time": "fast"})
    assert x("Bond.get_properties", bond) == {"hashing_algorithm": "tcpudp_ports", "lacp-time": "fast", "lacp-fallback-ab": "true"}
    assert x("PIF.get_MAC", x("Bond.get_master", bond)) == "00:16:3e:11:22:33" and x("Bond.get_auto_update_mac", bond) is False
    x("Bond.set_property", bond, "hashing_algorithm", "src_mac")
    assert client.failure("Bond.set_property", bond, "mtu", "9")[:2] == ["INVALID_VALUE", "properties"]
    x("Bond.set_mode", bond, "balance-slb")
    assert x("Bond.get_properties", bond) == {}
    x("PIF.set_property", x("Bond.get_master", bond), "gro", "off")
    assert [x("PIF.get_properties", pif) for pif in pair] == [{"gro": "off"}] * 2
    x("Bond.destroy", bond)


def test_a_tunnel_needs_a_transport_with_an_address(client: Client, network: str) -> None:
    transport = nics(client, 0)["eth1"]
    x = client.call
    tunnel = x("tunnel.create", transport, network, "vxlan")
    record = x("tunnel.get_record", tunnel)
    access = x("PIF.get_record", record["access_PIF"])
    assert (record["status"], record["protocol"], access["device"]) == ({"active": "false"}, "vxlan", "tunnel0")
    assert access["currently_attached"] and access["MTU"] == 9000 and access["metrics"] == x("PIF.get_metrics", transport)
    other = x("network.create", {"name_label": "other", "other_config": {}})
    assert client.failure("tunnel.create", record["access_PIF"], other) == ["IS_TUNNEL_ACCESS_PIF", record["access_PIF"]]
    assert client.failure("VLAN.create", record["access_PIF"], 7, other) == ["IS_TUNNEL_ACCESS_PIF", record["access_PIF"]]
    assert client.failure("PIF.forget", transport)[0] in ("PIF_TUNNEL_STILL_EXISTS", "PIF_VLAN_STILL_EXISTS")
    x("tunnel.destroy", tunnel)
    assert client.failure("PIF.get_record", record["access_PIF"])[0] == "HANDLE_INVALID"
    x("network.destroy", other)


def without_functions(pool: Pool) -> None:
    for ref, pci in pool.db.records("PCI"):
        if pci["driver_name"] == "ixgbevf":
            pool.db.destroy(ref)


def test_virtual_functions(fresh: SimulatedPool, client: Client, pair: list[str], network: str) -> None:
    x, physical = client.call, nics(client, 2)["eth1"]
    assert client.failure("network_sriov.create", pair[0], network) == ["PIF_IS_NOT_SRIOV_CAPABLE", pair[0]]
    count = len(x("PCI.get_all"))
    sriov = x("network_sriov.create", physical, network)
    record = x("network_sriov.get_record", sriov)
    assert (record["configuration_mode"], record["requires_reboot"]) == ("sysfs", False)
    assert x("network_sriov.get_remaining_capacity", sriov) == 8 and len(x("PCI.get_all")) == count + 8
    assert client.failure("network_sriov.create", physical, network) == ["NETWORK_SRIOV_ALREADY_ENABLED", physical]
    assert client.failure("Bond.create", x("network.create", {"name_label": "b", "other_config": {}}), [record["logical_PIF"]], "") == [
        "PIF_IS_SRIOV_LOGICAL", record["logical_PIF"]]  # fmt: skip
    vm = next(ref for ref, r in x("VM.get_all_records").items() if r["power_state"] == "Halted" and not r["is_a_template"])
    vif = x("VIF.create", {"device": "9", "network": network, "VM": vm, "MAC": "", "MTU": "0", "other_config": {},
                           "qos_algorithm_type": "", "qos_algorithm_params": {}})  # fmt: skip
    assert client.failure("VIF.plug", vif) == ["OPERATION_NOT_ALLOWED", "Network SR-IOV VIF plug/unplug not allowed"]
    host = x("PIF.get_host", physical)
    x("VM.start_on", vm, host, False, False)
    assert x("network_sriov.get_remaining_capacity", sriov) == 7
    x("VM.hard_shutdown", vm)
    fresh.do(without_functions)
    assert client.failure("VM.start_on", vm, host, False, False) == ["NETWORK_SRIOV_INSUFFICIENT_CAPACITY", network]
    x("VIF.destroy", vif)
    x("network_sriov.destroy", sriov)
    assert len(x("PCI.get_all")) == count


def test_a_bond_that_loses_a_link_says_so(fresh: SimulatedPool, client: Client, pair: list[str], network: str) -> None:
    bond = client.call("Bond.create", network, pair, "", "balance-slb", {})
    metrics = client.call("PIF.get_metrics", client.call("Bond.get_master", bond))
    vlan_network = client.call("network.create", {"name_label": "tagged", "other_config": {}})
    vlan = client.call("VLAN.create", client.call("Bond.get_master", bond), 12, vlan_network)

    def link(present: bool) -> dict[str, Any]:
        for pif in pair:
            fresh.do(lambda pool, pif=pif: pif_state.set_carrier(pool, pif, present))  # type: ignore[misc]
        return dict(client.call("PIF_metrics.get_record", metrics))

    down = link(False)
    assert (down["carrier"], down["speed"], client.call("Bond.get_links_up", bond)) == (False, 0, 0)
    tagged = client.call("PIF.get_metrics", client.call("VLAN.get_untagged_PIF", vlan))
    assert client.call("PIF_metrics.get_carrier", tagged) is False
    assert link(True)["speed"] == 20_000
    bodies = [m["body"] for m in client.call("message.get_all_records").values() if m["name"] == "BOND_STATUS_CHANGED"]
    assert "The status of the eth2+eth3 bond changed: 1/2 up (was 2/2)" in bodies and len(bodies) == 4
    client.call("VLAN.destroy", vlan)
    client.call("network.destroy", vlan_network)
    client.call("Bond.destroy", bond)


def test_a_vm_brings_up_the_network_it_wants(fresh: SimulatedPool, client: Client, network: str) -> None:
    x, host = client.call, client.call("host.get_all")[2]
    vlan = x("VLAN.create", nics(client, 2)["eth0"], 30, network)
    pif = x("VLAN.get_untagged_PIF", vlan)
    fresh.do(lambda pool: host_start.bring_up_networks(pool, pool.db.record("host", host)))
    assert not x("PIF.get_currently_attached", pif) and x("PIF.get_currently_attached", nics(client, 2)["eth0"])
    vm = next(ref for ref, r in x("VM.get_all_records").items() if r["power_state"] == "Halted" and not r["is_a_template"])
    vif = x("VIF.create", {"device": "8", "network": network, "VM": vm, "MAC": "", "MTU": "0", "other_config": {},
                           "qos_algorithm_type": "", "qos_algorithm_params": {}})  # fmt: skip
    x("VM.start_on", vm, host, False, True)
    assert x("PIF.get_currently_attached", pif)
    assert client.failure("PIF.unplug", pif) == ["VIF_IN_USE", network, vif]
    assert client.failure("VLAN.destroy", vlan) == ["VIF_IN_USE", network, vif]
    assert client.failure("network.set_default_locking_mode", network, "disabled") == ["VIF_IN_USE", network, vif]
    assert client.failure("network.destroy", network) == ["NETWORK_CONTAINS_VIF", vif]
    x("VM.hard_shutdown", vm)
    x("VLAN.destroy", vlan)
