"""Networks, VLANs and bonds."""

from collections.abc import Iterator

import pytest

from tests.simulator.conftest import Client, sign_in
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
