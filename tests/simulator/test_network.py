"""Networks, VLANs and bonds."""

from collections.abc import Iterator

import pytest

from tests.simulator.client import Client, sign_in
from tests.simulator.making import NULL
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def fresh() -> Iterator[SimulatedPool]:
    with simulated(hosts=(2,), vms=(2,), speed=500) as simulation:
        yield simulation.pool


@pytest.fixture
def client(fresh: SimulatedPool) -> Client:
    return sign_in(fresh)


@pytest.fixture
def pifs(fresh: SimulatedPool, client: Client) -> Iterator[list[str]]:
    """eth7 and eth8 of the first host, eth7 of the second, each device with a network of its own."""
    networks = {d: client.call("network.create", {"name_label": d, "other_config": {}}) for d in ("eth7", "eth8")}

    def create(pool: Pool) -> list[str]:
        one, two = list(pool.db.rows("host"))[:2]
        places = (one, "eth7"), (one, "eth8"), (two, "eth7")
        return [pool.db.create("PIF", {"host": h, "device": d, "network": networks[d], "physical": True, "VLAN": -1,
                                       "metrics": pool.db.create("PIF_metrics")}) for h, d in places]  # fmt: skip

    made = fresh.do(create)
    yield made
    for bond in client.call("Bond.get_all"):
        if set(client.call("Bond.get_slaves", bond)) & set(made):
            client.call("Bond.destroy", bond)
    for vlan in client.call("VLAN.get_all"):
        if client.call("VLAN.get_tagged_PIF", vlan) in made:
            client.call("VLAN.destroy", vlan)
    for pif in made:
        client.call("PIF.forget", pif)
    for network in networks.values():
        client.call("network.destroy", network)


@pytest.fixture
def network(client: Client) -> Iterator[str]:
    ref = client.call("network.create", {"name_label": "for a test", "other_config": {}})
    yield ref
    if ref in client.call("network.get_all"):
        for pif in client.call("network.get_PIFs", ref):
            client.call("PIF.destroy", pif)
        client.call("network.destroy", ref)


def test_a_bridge_is_named(client: Client, network: str) -> None:
    record = client.call("network.get_record", network)
    assert record["bridge"].startswith("xapi") and record["MTU"] == 1500 and record["default_locking_mode"] == "unlocked"
    taken = {"name_label": "x", "other_config": {}, "bridge": record["bridge"]}
    assert client.failure("network.create", taken)[0] == "INVALID_VALUE"


def test_a_network_in_use_stays(client: Client, pifs: list[str]) -> None:
    used = client.call("PIF.get_network", pifs[1])
    assert client.failure("network.destroy", used) == ["NETWORK_CONTAINS_PIF", pifs[1]]


def test_a_vlan_on_every_host(client: Client, pifs: list[str], network: str) -> None:
    made = client.call("pool.create_VLAN_from_PIF", pifs[0], network, 20)
    assert len(made) == 2
    record = client.call("PIF.get_record", made[0])
    assert (record["VLAN"], record["physical"], record["device"]) == (20, False, "eth7")
    assert client.call("VLAN.get_untagged_PIF", record["VLAN_master_of"]) == made[0]
    assert client.call("PIF.get_VLAN_slave_of", pifs[0]) == [record["VLAN_master_of"]]


@pytest.mark.parametrize("tag, code", [(4095, "VLAN_TAG_INVALID"), (-1, "VLAN_TAG_INVALID")])
def test_a_tag_that_is_none(client: Client, pifs: list[str], network: str, tag: int, code: str) -> None:
    assert client.failure("VLAN.create", pifs[0], tag, network) == [code, str(tag)]


def test_a_vlan_only_once(client: Client, pifs: list[str], network: str) -> None:
    client.call("VLAN.create", pifs[0], 5, network)
    assert client.failure("VLAN.create", pifs[0], 6, network)[0] == "NETWORK_ALREADY_CONNECTED"
    other = client.call("network.create", {"name_label": "other", "other_config": {}})
    assert client.failure("VLAN.create", pifs[0], 5, other) == ["PIF_VLAN_EXISTS", "eth7"]
    client.call("network.destroy", other)


def test_a_bond_takes_its_members_over_and_gives_them_back(client: Client, pifs: list[str], network: str) -> None:
    client.call("PIF.reconfigure_ip", pifs[1], "Static", "10.0.0.5", "255.255.255.0", "10.0.0.1", "")
    bond = client.call("Bond.create", network, pifs[:2], "", "lacp", {})
    master = client.call("PIF.get_record", client.call("Bond.get_master", bond))
    assert (master["IP"], master["device"][:4], master["bond_master_of"]) == ("10.0.0.5", "bond", [bond])
    assert client.call("PIF.get_IP", pifs[1]) == "" and client.call("PIF.get_bond_slave_of", pifs[0]) == bond
    other = client.call("network.create", {"name_label": "other", "other_config": {}})
    assert client.failure("Bond.create", other, pifs[:2], "", "lacp", {}) == ["PIF_ALREADY_BONDED", pifs[0]]
    client.call("network.destroy", other)
    client.call("Bond.destroy", bond)
    assert client.call("PIF.get_IP", pifs[1]) == "10.0.0.5"
    client.call("PIF.reconfigure_ip", pifs[1], "None", "", "", "", "")


@pytest.mark.parametrize("members, code", [(slice(0, 0), "PIF_BOND_NEEDS_MORE_MEMBERS"), (slice(0, 3, 2), "PIF_CANNOT_BOND_CROSS_HOST")])
def test_what_is_no_bond(client: Client, pifs: list[str], network: str, members: slice, code: str) -> None:
    assert client.failure("Bond.create", network, pifs[members], "", "balance-slb", {})[0] == code


def test_an_address_that_is_none(client: Client, pifs: list[str]) -> None:
    assert client.failure("PIF.reconfigure_ip", pifs[0], "Static", "10.0.0.256", "255.0.0.0", "", "") == [
        "INVALID_IP_ADDRESS_SPECIFIED",
        "IP",
    ]


def test_bridges_that_are_not_for_clients(client: Client) -> None:
    for bridge in ("xenbr9", "eth0", "a-name-that-is-too-long"):
        assert client.failure("network.create", {"name_label": "x", "other_config": {}, "bridge": bridge}) == [
            "INVALID_VALUE",
            "bridge",
            bridge,
        ]
    made = client.call("network.create", {"name_label": "x", "other_config": {}, "bridge": "br-mine", "MTU": 0})
    assert client.call("network.get_MTU", made) == 1500
    assert client.failure("network.create", {"name_label": "y", "other_config": {}, "bridge": "br-mine"}) == [
        "BRIDGE_NAME_EXISTS",
        "br-mine",
    ]
    client.call("network.destroy", made)


def test_the_system_network_stays(client: Client) -> None:
    (system,) = [ref for ref, r in client.call("network.get_all_records").items() if r["bridge"] == "xenapi"]
    assert client.failure("network.destroy", system) == ["CANNOT_DESTROY_SYSTEM_NETWORK", system]


def test_all_networks_serve_nbd_alike(client: Client, network: str) -> None:
    other = client.call("network.create", {"name_label": "other", "other_config": {}})
    client.call("network.add_purpose", network, "nbd")
    assert client.failure("network.add_purpose", other, "insecure_nbd") == ["NETWORK_INCOMPATIBLE_PURPOSES", "insecure_nbd", "nbd"]
    client.call("network.remove_purpose", network, "nbd")
    client.call("network.add_purpose", other, "insecure_nbd")
    client.call("network.destroy", other)


def test_an_unmanaged_network_is_left_alone(client: Client, pifs: list[str]) -> None:
    network = client.call("network.create", {"name_label": "x", "other_config": {}, "managed": False, "bridge": "br-x"})
    assert client.failure("VLAN.create", pifs[0], 3, network) == ["NETWORK_UNMANAGED", network]
    assert client.failure("network.add_purpose", network, "nbd") == ["NETWORK_UNMANAGED", network]
    client.call("network.destroy", network)


def test_what_fails_on_one_host_is_undone_on_the_others(client: Client, pifs: list[str], network: str) -> None:
    other = client.call("network.create", {"name_label": "other", "other_config": {}})
    vlan = client.call("VLAN.create", pifs[2], 77, other)
    assert client.failure("pool.create_VLAN_from_PIF", pifs[0], network, 77) == ["PIF_VLAN_EXISTS", "eth7"]
    assert client.failure("pool.create_VLAN", "eth8", network, 78) == ["INVALID_VALUE", "device", "eth8"]
    assert client.call("network.get_PIFs", network) == []
    client.call("VLAN.destroy", vlan)
    assert len(client.call("pool.create_VLAN", "eth7", network, 77)) == 2
    client.call("network.destroy", other)


def test_a_vlan_on_a_vlan(client: Client, pifs: list[str], network: str) -> None:
    untagged = client.call("VLAN.get_untagged_PIF", client.call("VLAN.create", pifs[0], 5, network))
    other = client.call("network.create", {"name_label": "other", "other_config": {}})
    assert client.failure("VLAN.create", untagged, 6, other) == ["PIF_IS_VLAN", untagged]
    assert client.failure("PIF.forget", pifs[0]) == ["PIF_VLAN_STILL_EXISTS", pifs[0]]
    assert client.failure("PIF.destroy", pifs[0]) == ["PIF_IS_PHYSICAL"]
    assert client.call("PIF.get_metrics", untagged) == client.call("PIF.get_metrics", pifs[0])
    client.call("network.destroy", other)


def test_a_nic_is_forgotten_and_found(client: Client) -> None:
    x = client.call
    host = x("host.get_all")[1]
    ref, before = next((ref, r) for ref, r in x("PIF.get_all_records").items() if r["host"] == host and r["device"] == "eth1")
    assert client.failure("PIF.unplug", ref) == ["PIF_DOES_NOT_ALLOW_UNPLUG", ref]
    assert client.failure("PIF.introduce", host, "", "eth1") == ["DUPLICATE_PIF_DEVICE_NAME", "eth1"]
    x("PIF.forget", ref)
    unknown = "COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS"
    assert client.failure("PIF.introduce", host, "00:16:3E:00:00:99", "eth1") == [unknown, "eth1", "00:16:3e:00:00:99"]
    assert client.failure("PIF.introduce", host, "", "eth5") == ["MAC_INVALID", ""]
    x("PIF.scan", host)
    (found,) = [r for r in x("PIF.get_all_records").values() if r["host"] == host and r["device"] == "eth1"]
    assert (found["MAC"], found["network"], found["PCI"]) == (before["MAC"], before["network"], before["PCI"])
    assert (found["currently_attached"], found["ip_configuration_mode"], found["properties"]) == (False, "None", {"gro": "on"})


def test_the_management_interface(client: Client) -> None:
    x = client.call
    pif, record = next((ref, r) for ref, r in x("PIF.get_all_records").items() if r["management"])
    for refused in (("PIF.unplug", pif), ("PIF.forget", pif), ("PIF.reconfigure_ip", pif, "None", "", "", "", ""),
                    ("PIF.set_primary_address_type", pif, "IPv6")):  # fmt: skip
        assert client.failure(*refused) == ["PIF_IS_MANAGEMENT_INTERFACE", pif]
    x("PIF.reconfigure_ip", pif, "DHCP", "", "", "", "10.0.0.53,fd00::53")
    assert (x("PIF.get_IP", pif), x("PIF.get_DNS", pif)) == (record["IP"], "10.0.0.53")
    x("PIF.reconfigure_ip", pif, "Static", record["IP"], record["netmask"], record["gateway"], record["DNS"])


def test_ipv6(client: Client, pifs: list[str]) -> None:
    x, pif = client.call, pifs[0]
    assert client.failure("PIF.reconfigure_ipv6", pif, "Static", "fd00::5", "", "") == ["INVALID_CIDR_ADDRESS_SPECIFIED", "IPv6"]
    assert client.failure("PIF.reconfigure_ipv6", pif, "Static", "fd00::5/64", "10.0.0.1", "") == [
        "INVALID_IP_ADDRESS_SPECIFIED",
        "gateway",
    ]
    x("PIF.reconfigure_ip", pif, "Static", "10.0.0.7", "255.0.0.0", "", "10.0.0.53")
    x("PIF.reconfigure_ipv6", pif, "Static", "fd00::5/64", "fd00::1", "fd00::53,9.9.9.9")
    record = x("PIF.get_record", pif)
    assert (record["IPv6"], record["ipv6_gateway"], record["DNS"]) == (["fd00::5/64"], "fd00::1", "fd00::53,10.0.0.53")
    x("PIF.set_primary_address_type", pif, "IPv6")
    assert x("PIF.get_primary_address_type", pif) == "IPv6"


def test_a_vif_that_carries_vlans(client: Client, pifs: list[str], network: str) -> None:
    x = client.call
    vm = next(ref for ref, r in x("VM.get_all_records").items() if not (r["is_control_domain"] or r["is_a_template"]))
    vif = x("VIF.create", {"device": "9", "network": network, "VM": vm, "MAC": "", "MTU": "0", "other_config": {},
                           "qos_algorithm_type": "ratelimit", "qos_algorithm_params": {"kbps": "100"}})  # fmt: skip
    assert client.failure("VIF.add_trunks", vif, 4095) == ["VLAN_TAG_INVALID", "4095"]
    x("VIF.set_trunks", vif, [4, 5, 4])
    x("VIF.add_trunks", vif, 6)
    x("VIF.remove_trunks", vif, 4)
    assert x("VIF.get_trunks", vif) == [6, 5]
    assert client.failure("VLAN.create", pifs[0], 9, network) == ["NETWORK_INCOMPATIBLE_WITH_TRUNKS", network]
    assert client.failure("VIF.add_ipv4_allowed", vif, "10.0.0.300") == ["INVALID_IP_ADDRESS_SPECIFIED", "ipv4_allowed"]
    x("VIF.set_ipv4_allowed", vif, ["10.0.0.3", "10.1.0.0/16"])
    assert client.failure("VIF.configure_ipv4", vif, "Static", "10.0.0.3", "") == ["INVALID_CIDR_ADDRESS_SPECIFIED", "address"]
    assert client.failure("VIF.configure_ipv4", vif, "Static", "10.0.0.3/8", "") == ["VM_LACKS_FEATURE", vm]
    x("VIF.set_locking_mode", vif, "locked")
    violates = client.failure("VIF.configure_ipv4", vif, "Static", "10.0.0.4/8", "")
    assert violates == ["ADDRESS_VIOLATES_LOCKING_CONSTRAINT", "10.0.0.4/8"]
    x("VIF.destroy", vif)


def test_a_guest_between_locks_and_hosts(client: Client) -> None:
    x = client.call
    (system,) = [ref for ref, r in x("network.get_all_records").items() if r["bridge"] == "xenapi"]
    vms = x("VM.get_all_records")
    vm = next(ref for ref, r in vms.items() if r["power_state"] == "Running" and not r["is_control_domain"] and r["guest_metrics"] != NULL)
    device = x("VM.get_allowed_VIF_devices", vm)[0]
    vif = x("VIF.create", {"device": device, "network": system, "VM": vm, "MAC": "", "MTU": "0", "other_config": {},
                           "qos_algorithm_type": "", "qos_algorithm_params": {}})  # fmt: skip
    x("VIF.plug", vif)
    assert x("network.get_assigned_ips", system) == {vif: "169.254.0.2"}

    def told() -> dict[str, str]:
        return {k: v for k, v in x("VM_guest_metrics.get_networks", vms[vm]["guest_metrics"]).items() if k.startswith(f"{device}/")}

    assert told()[f"{device}/ip"] == "169.254.0.2"
    x("VIF.set_locking_mode", vif, "disabled")
    x("VIF.unplug", vif)
    x("VIF.plug", vif)
    assert list(told()) == [f"{device}/ipv6/0"]
    assert client.failure("VIF.destroy", vif) == ["OPERATION_NOT_ALLOWED", "VIF currently attached to a running VM"]
    x("VIF.unplug", vif)
    x("VIF.destroy", vif)
