"""Networks of a pool: what is sent for a new one, what is wrong with it, what goes with one, and that a failure leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from data.names import name_of
from data.objects import Bond, Host, HostMetrics, Network
from data.stores.users import Role
from data.types import XapiObject
from tests.control.asked import calls_of, faults, steps_of
from tests.control.failing import Situation, each_call_fails_once
from tests.control.fake_pool import user
from tests.networks.place import Place
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import read_by
from xo_dash.control.plan import Call
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.xe import xe_lines


def methods(action_id: str, subject: XapiObject, **values: object) -> list[str]:
    return [method for method, _parameters in calls_of(action_id, subject, **values)]


def notes(place: Place, **values: object) -> list[str]:
    row = action("pool.new_network")
    return [str(note) for note in row.notes(decode(row.request, values), place.pool)]


# ---- what is sent


def test_a_vlan_is_made_on_all_hosts_by_one_call(place: Place) -> None:
    values = {"kind": "vlan", "name": "vlan 30", "on": place.front.uuid, "vlan": 30}
    assert faults("pool.new_network", place.pool, **values) == []
    create, tagged = calls_of("pool.new_network", place.pool, **values)
    assert create[1][0] == {
        "name_label": "vlan 30", "name_description": "", "MTU": 1500, "tags": [], "bridge": "", "managed": True,
        "other_config": {"automatic": "false"},
    }  # fmt: skip
    base = place.pif(place.hosts[0], place.front)
    assert tagged == ("pool.create_VLAN_from_PIF", (base.ref, "<network 1>", 30))
    steps = steps_of("pool.new_network", place.pool, **values)
    assert [str(step.says) for step in steps] == ["Creating the network vlan 30", "VLAN 30 on all hosts"]
    assert xe_lines(steps, place.fake.home) == [
        "network_1=$(xe network-create name-label='vlan 30' MTU=1500)",
        f"xe pool-vlan-create pif-uuid={base.uuid} network-uuid=$network_1 vlan=30",
    ]


def test_an_external_network_is_a_nic_without_a_tag(place: Place) -> None:
    values = {"kind": "external", "name": "second", "on": place.spare.uuid}
    assert calls_of("pool.new_network", place.pool, **values)[1][1][2] == 0
    other = place.put(Network(name_label="other"))
    for host in place.hosts:
        place.tag(host, place.spare, 0, other)
    assert faults("pool.new_network", place.pool, **values) == ["eth3 already has an external network, “other”; use that one"]


def test_an_internal_network_is_a_bridge_and_no_more(place: Place) -> None:
    assert methods("pool.new_network", place.pool, kind="internal", name="inside", purpose="nbd", locking="disabled") == [
        "network.create", "network.set_default_locking_mode", "network.add_purpose",
    ]  # fmt: skip


def test_a_bond_is_made_host_by_host_the_master_last_and_each_is_asked_whether_it_responds(place: Place) -> None:
    values = {"kind": "bond", "name": "bond", "nics": ["eth1", "eth3"], "mode": "lacp"}
    calls = calls_of("pool.new_network", place.pool, **values)
    assert [method for method, _parameters in calls] == ["network.create", *("Bond.create", "host.get_servertime") * 3]
    asked = [place.fake.home.one(Host, parameters[0]) for method, parameters in calls if method == "host.get_servertime"]  # type: ignore[arg-type]
    assert [host.name_label for host in asked if host] == ["host-2", "host-3", "host-1"]
    host = place.hosts[1]
    assert calls[1][1] == (
        "<network 1>", [place.pif(host, place.front).ref, place.pif(host, place.spare).ref], "", "lacp",
        {"hashing_algorithm": "tcpudp_ports"},
    )  # fmt: skip
    assert methods("pool.new_network", place.pool, **values, hosts=[host.uuid]).count("Bond.create") == 1


# ---- what is wrong with it


def refused(place: Place, **values: object) -> dict[str, str]:
    row = action("pool.new_network")
    try:
        found = row.faults(decode(row.request, values), place.pool)
    except BadRequest as error:
        found = list(error.faults)
    return {fault.field: str(fault.reason) for fault in reversed(found)}  # the first at each field


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "vlan", "name": "a", "vlan": 5000}, "vlan", "it must be at most 4094"),
    ({"kind": "vlan", "name": "a", "vlan": 0}, "vlan", "it must be at least 1"),
    ({"kind": "vlan", "name": "a", "on": "front", "vlan": None}, "vlan", "enter a VLAN number from 1 to 4094"),
    ({"kind": "vlan", "name": "a", "on": "front", "vlan": 20}, "vlan",
     "VLAN 20 exists on eth1 as “vlan 20”; use that one, or a free number: 21"),
    ({"kind": "vlan", "name": "a", "on": "guests", "vlan": 30}, "on", "select the NIC or bond that carries it"),
    ({"kind": "vlan", "name": "a", "on": "front", "vlan": 30, "mtu": 9000}, "mtu", "at most 1500, the MTU of the NIC below it"),
    ({"kind": "internal", "name": "vlan 20"}, "name", "the pool has a network of that name; choose another name"),
    ({"kind": "internal", "name": "a", "mtu": 100}, "mtu", "it must be at least 1280"),
    ({"kind": "bond", "name": "a", "nics": ["eth3"]}, "nics", "a bond needs at least two NICs; select another one"),
    ({"kind": "bond", "name": "a", "nics": ["eth3", "eth3"]}, "nics", "a bond needs at least two NICs; select another one"),
    ({"kind": "bond", "name": "a", "nics": ["eth3", "eth9"]}, "nics",
     "host-2 has no eth9; leave the host out, or select other NICs"),
    ({"kind": "bond", "name": "a", "nics": ["eth0", "eth2"]}, "nics",
     "eth0, eth2 of host-2 have addresses; a bond keeps one: remove the others first"),
    ({"kind": "bond", "name": "a", "nics": ["eth1", "eth3"], "hosts": ["nobody"]}, "hosts",
     "there is no such host in its pool; choose another"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "field", "words"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_is_said_at_its_field(place: Place, values: dict[str, Any], field: str, words: str) -> None:
    if name := values.get("on"):
        values = values | {"on": getattr(place, name).uuid}
    assert refused(place, **values)[field] == words


def test_a_network_gets_no_name_that_another_one_has(place: Place) -> None:
    row = action("network.rename")
    said = [
        [str(one.reason) for one in row.faults(decode(row.request, {"name": name}), place.front)]
        for name in ("vlan 20", name_of(place.front))
    ]
    assert said == [["the pool has a network of that name; choose another name"], []]


def test_lacp_needs_open_vswitch_and_ha_holds_management_where_it_is(place: Place) -> None:
    place.fake.change(place.hosts[2], software_version={"network_backend": "bridge"})
    assert refused(place, kind="bond", name="a", nics=["eth1", "eth3"], mode="lacp") == {
        "mode": "LACP needs Open vSwitch; this pool uses the Linux bridge"
    }
    place.fake.change(place.pool, ha_enabled=True)
    assert refused(place, kind="bond", name="a", nics=["eth0", "eth3"]) == {
        "nics": "host-2 is managed over one of them, and HA is on; turn HA off first"
    }


def test_what_one_should_know_is_said_before(place: Place) -> None:
    assert notes(place, kind="bond", name="a", nics=["eth0", "eth3"], mode="lacp") == [
        "The switch must speak LACP on these ports",
        "Management of host-2, host-3, host-1 moves to the bond; the connection to them is down for some seconds",
    ]
    metrics = place.fake.home.one(HostMetrics, place.hosts[2].metrics)
    assert metrics is not None
    place.fake.change(metrics, live=False)
    assert notes(place, kind="vlan", name="a", on=place.front.uuid, vlan=30) == [
        "host-3 does not respond and is left out", "No VM, no address and no storage is affected",
        "The switch must carry the VLAN on these ports",
    ]  # fmt: skip
    assert notes(place, kind="internal", name="a") == ["No VM, no address and no storage is affected"]


# ---- what changes, and what goes


def test_settings_are_checked_against_what_is_below_and_on_it(place: Place) -> None:
    assert faults("network.settings", place.guests, mtu=9000) == ["at most 1500, the MTU of the NIC below it"]
    place.nic(place.lan)
    assert faults("network.settings", place.lan, locking="disabled") == ["web-1 NIC 0 is connected; it can change only while no NIC is"]
    place.fake.change(place.store, purpose=["insecure_nbd"])
    assert faults("network.settings", place.guests, purpose="nbd") == ["eth2 is used for the other kind of NBD; a pool has one kind"]
    assert faults("network.settings", place.store, purpose="nbd") == []
    assert methods("network.settings", place.store, mtu=9000, purpose="nbd") == [
        "network.set_MTU", "network.remove_purpose", "network.add_purpose",
    ]  # fmt: skip
    assert methods("network.settings", place.lan) == []


def test_tags_are_added_and_removed_one_by_one(place: Place) -> None:
    place.fake.change(place.lan, tags=["old", "kept", "with, comma"])
    assert calls_of("network.tags", place.lan, tags="kept, new") == [
        ("network.add_tags", (place.lan.ref, "new")), ("network.remove_tags", (place.lan.ref, "old")),
    ]  # fmt: skip
    assert action("network.tags").defaults([place.lan]) == {"tags": ("kept", "old")}


def test_a_network_is_deleted_only_if_nothing_needs_it(place: Place) -> None:
    admin = user(Role.ADMIN)

    def said(network: Network) -> str:
        return str(why_not(action("network.delete"), network, admin) or "")

    assert said(place.lan) == "host-1 is managed over it; use another network for that first"
    assert said(place.spare) == "it belongs to the NIC eth3, and stays as long as that"
    assert said(place.guests) == ""
    for number in range(5):
        place.nic(place.guests, f"web-{number}")
    assert said(place.guests) == "in use by web-0, web-1, web-2 and 2 more; disconnect their NICs first"
    with read_by(lambda row: row is place.guests):
        assert "web" not in said(place.guests) and "an object that you cannot see" in said(place.guests)


def test_what_goes_with_a_network_is_said(place: Place) -> None:
    network = place.put(Network(name_label="bond"))
    place.bond(place.hosts[0], network, place.front, place.spare)
    place.nic(network, "old", connected=False)
    place.fake.change(place.pif(place.hosts[0], network), IP="10.0.9.1", ip_configuration_mode="Static")
    assert action("network.delete").consequences(network) == [
        "The NIC old NIC 0 is deleted", "The address 10.0.9.1 of host-1 moves to the first NIC of the bond",
        "The bond on host-1 is dissolved into eth1, eth3",
    ]  # fmt: skip


def test_a_bond_gets_its_old_mode_back_whatever_its_row_says_by_then(place: Place) -> None:
    network = a_bond(place)
    step = steps_of("network.bond_mode", network, mode="active-backup")[0]
    bond = next(iter(place.fake.home.all(Bond).values()))
    place.fake.change(bond, mode="active-backup")
    assert isinstance(step, Call) and step.undo is not None
    (back,) = step.undo("")
    assert isinstance(back, Call) and back.parameters == (bond.ref, "balance-slb")


# ---- each call fails once


def of_pool(**values: Any) -> Callable[[], Situation]:
    def situation() -> Situation:
        place = Place()
        on = values.get("on")
        return place.fake, place.pool, values | ({"on": getattr(place, on).uuid} if on else {})

    return situation


def a_bond(place: Place) -> Network:
    network = place.put(Network(name_label="bond", MTU=1500))
    for host in place.hosts:
        place.bond(host, network, place.front, place.spare)
    return network


def of_network(which: Callable[[Place], Network], **values: Any) -> Callable[[], Situation]:
    def situation() -> Situation:
        place = Place()
        return place.fake, which(place), values

    return situation


BACK: Mapping[str, str] = {
    "network.add_purpose": "network.remove_purpose",
    "network.create": "network.destroy", "Bond.create": "Bond.destroy", "Bond.destroy": "Bond.create", "VLAN.destroy": "VLAN.create",
    "network.set_MTU": "network.set_MTU", "network.set_default_locking_mode": "network.set_default_locking_mode",
    "network.add_tags": "network.remove_tags", "network.remove_tags": "network.add_tags", "Bond.set_mode": "Bond.set_mode",
}  # fmt: skip
MADE: Mapping[str, str] = {"network.create": "network.destroy", "Bond.create": "Bond.destroy"}


@pytest.mark.parametrize(
    ("situation", "action_id", "back"),
    [
        (of_pool(kind="vlan", name="a", on="front", vlan=30, purpose="nbd", locking="disabled"), "pool.new_network", MADE),
        (of_pool(kind="bond", name="a", nics=["eth1", "eth3"]), "pool.new_network", MADE),
        (of_network(lambda place: place.guests), "network.delete", BACK),
        (of_network(a_bond), "network.delete", BACK),
        (of_network(a_bond, mode="active-backup"), "network.bond_mode", BACK),
        (of_network(lambda place: place.lan, mtu=9000, purpose="nbd", locking="disabled"), "network.settings", BACK),
        (of_network(lambda place: place.lan, tags="a, b"), "network.tags", BACK),
    ],
    ids=["VLAN", "bond", "delete VLAN", "delete bond", "mode", "settings", "tags"],
)
async def test_each_call_fails_once_and_nothing_stays(
    tmp_path: Path, situation: Callable[[], Situation], action_id: str, back: Mapping[str, str]
) -> None:
    await each_call_fails_once(tmp_path, situation, action_id, back)
