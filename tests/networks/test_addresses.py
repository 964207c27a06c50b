"""Addresses of hosts and the guard before a line is cut: what is compared, what may be tried, what is reverted and what is said if not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from data.objects import PBD, PIF, VMGuestMetrics
from data.stores.users import Role
from data.types import XapiObject
from tests.control.asked import calls_of, faults, steps_of
from tests.control.dying import Deeds, Life
from tests.control.failing import Situation, carried_out, each_call_fails_once, made
from tests.control.fake_pool import Desk, Users, ends_at_once, user
from tests.networks.place import Place
from tests.waiting import PATIENCE
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.network.address import SetAddress, paths_of
from xo_dash.control.network.guard import GuardVerdict
from xo_dash.control.network.management import paths_of as moved_paths
from xo_dash.control.plan import Call, Wait
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines

STATIC = {"mode": "Static", "netmask": "255.255.255.0"}


def compared(pif: PIF, **values: Any) -> list[tuple[str, str, GuardVerdict]]:
    return [(str(one.path), str(one.after), one.verdict) for one in paths_of(decode(SetAddress, STATIC | values), pif)]


# ---- what is compared


def test_the_master_s_new_address_cuts_our_line_if_we_are_connected_at_the_old_one(place: Place) -> None:
    pif = place.pif(place.hosts[0], place.lan)
    assert compared(pif, ip="10.0.0.50") == [
        ("xo-dash → host-1", "10.0.0.50 over eth0: 192.0.2.1 must lead there", GuardVerdict.CHECK),
        ("Members → master", "must find the master at its new address", GuardVerdict.CHECK),
    ]
    place.fake.server.address = "https://10.0.0.11"
    assert compared(pif, ip="10.0.0.50")[0] == (
        "xo-dash → host-1", "10.0.0.50 over eth0: lab is connected at https://10.0.0.11", GuardVerdict.BREAKS,
    )  # fmt: skip
    assert compared(pif, ip="10.0.0.11", gateway="10.0.0.2")[0][2] is GuardVerdict.SAME


def test_a_member_has_to_reach_the_master_from_its_new_address(place: Place) -> None:
    pif = place.pif(place.hosts[1], place.lan)
    assert compared(pif, ip="10.0.0.50") == [
        ("xo-dash → host-2", "10.0.0.50 over eth0, found by itself", GuardVerdict.SAME),
        ("host-2 → master", "10.0.0.50 over eth0", GuardVerdict.SAME),
    ]
    assert compared(pif, ip="10.9.0.50", gateway="10.9.0.1")[1][1:] == ("10.0.0.11 over the gateway 10.9.0.1", GuardVerdict.CHECK)
    assert compared(pif, ip="10.9.0.50")[1][1:] == ("10.0.0.11 is in another subnet, and there is no gateway", GuardVerdict.BREAKS)
    assert compared(pif, mode="DHCP", ip="")[1][1:] == ("depends on what DHCP says", GuardVerdict.CHECK)


def test_storage_is_lost_with_the_subnet_that_it_is_served_from(place: Place) -> None:
    pif = place.pif(place.hosts[1], place.store)
    assert compared(pif, ip="10.0.2.99") == [("host-2 → nas", "unchanged", GuardVerdict.SAME)]
    assert compared(pif, ip="10.8.0.99")[0][1:] == ("10.0.2.200 is in another subnet, and there is no gateway", GuardVerdict.BREAKS)
    assert compared(pif, mode="None")[0][1:] == ("10.0.2.200 is no longer in a subnet of the host", GuardVerdict.BREAKS)
    assert compared(place.pif(place.hosts[1], place.spare), ip="10.8.0.99") == []


def test_management_on_another_port_is_compared_the_same_way(place: Place) -> None:
    found = moved_paths(place.pif(place.hosts[1], place.store))
    assert [(str(one.path), str(one.now), str(one.after), one.verdict) for one in found] == [
        ("xo-dash → host-2", "10.0.0.12 over eth0", "10.0.2.12 over eth2, found by itself", GuardVerdict.SAME),
        ("host-2 → master", "10.0.0.12 over eth0", "10.0.0.11 is in another subnet, and there is no gateway", GuardVerdict.BREAKS),
    ]


# ---- what is wrong with it

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"ip": "10.0.3"}, "“10.0.3” is not a valid address"),
    ({"ip": "10.0.3.4", "netmask": "255.0.255.0"}, "it is not a netmask; it looks like 255.255.255.0"),
    ({"ip": "10.0.3.0"}, "it is the network's own or its broadcast address; take one in between"),
    ({"ip": "10.0.3.4", "gateway": "10.0.4.1"}, "it is not in 10.0.3.0/24"),
    ({"ip": "10.0.3.4", "dns": "nas"}, "“nas” is not a valid address"),
    ({"ip": "10.0.0.13"}, "10.0.0.13 is in use by host-3 eth0"),
    ({"ip": "10.0.3.77"}, "10.0.3.77 is in use by web-1"),
    (
        {"ip": "10.0.3.4", "keep": "try"},
        "only a change of the management interface can be tried: xo-dash cannot tell whether others are reached",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("values", "words"), WRONG, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_what_is_no_address_is_refused(place: Place, values: dict[str, Any], words: str) -> None:
    vif = place.nic(place.front)
    vm = next(iter(vm for vm in place.fake.home.all(type(place.fake.vm())).values() if vm.ref == vif.VM))
    place.fake.change(vm, guest_metrics=place.fake.put(VMGuestMetrics(networks={"0/ip": "10.0.3.77"})))
    assert faults("pif.address", place.pif(place.hosts[1], place.spare), **STATIC | values) == [words]


def test_what_breaks_a_line_is_tried_or_confirmed_by_name(place: Place) -> None:
    pif, away = place.pif(place.hosts[1], place.lan), STATIC | {"ip": "10.9.0.50"}
    assert faults("pif.address", pif, **away) == ["this breaks a connection; type host-2 to confirm"]
    assert faults("pif.address", pif, **away, confirm="host-1") == ["this breaks a connection; type host-2 to confirm"]
    assert faults("pif.address", pif, **away, confirm="host-2") == [] == faults("pif.address", pif, **away, keep="try")
    master = place.pif(place.hosts[0], place.lan)
    assert faults("pif.address", master, **away, keep="try") == ["host-1 is the master: once it cannot be reached, nothing can revert it"]
    assert faults("pif.address", pif, mode="None", confirm="host-2")[0] == "host-2 is managed over it; it needs an address"
    assert faults("pif.address", pif, mode="DHCP", keep="try") == [
        "an address from DHCP is not known before; it can only be changed permanently"
    ]
    assert action("pif.address").defaults([pif])["keep"] == "try" and action("pif.address").defaults([master])["keep"] == "permanent"


def test_when_it_cannot_be_changed_at_all_is_said(place: Place) -> None:
    admin, pif = user(Role.ADMIN), place.pif(place.hosts[1], place.lan)
    assert str(why_not(action("pif.management"), pif, admin)) == "the host is managed over it already"
    assert str(why_not(action("pif.management"), place.pif(place.hosts[1], place.spare), admin)) == "it has no address; set one first"
    assert str(why_not(action("network.management"), place.spare, admin)) == "host-2 has no address on it; set one first"
    assert str(why_not(action("network.addresses"), place.lan, admin)).startswith("hosts are managed over it")
    place.fake.change(place.pool, ha_enabled=True)
    assert str(why_not(action("pif.address"), pif, admin)).startswith("HA is on")


# ---- what is done, and reverted


def test_an_address_is_one_call_and_a_member_s_management_is_watched(place: Place) -> None:
    spare = place.pif(place.hosts[1], place.spare)
    values = STATIC | {"ip": "10.0.3.4", "dns": "10.0.3.1, 10.0.3.2"}
    assert calls_of("pif.address", spare, **values) == [
        ("PIF.reconfigure_ip", (spare.ref, "Static", "10.0.3.4", "255.255.255.0", "", "10.0.3.1,10.0.3.2"))
    ]
    assert xe_lines(steps_of("pif.address", spare, mode="DHCP"), place.fake.home) == [f"xe pif-reconfigure-ip uuid={spare.uuid} mode=DHCP"]
    assert calls_of("pif.address", spare, mode="None") == []
    steps = steps_of("pif.address", place.pif(place.hosts[1], place.lan), **STATIC | {"ip": "10.0.0.50", "keep": "try"})
    assert [str(step.says) for step in steps] == [
        "Checking that host-2 responds", "Setting the address of host-2 eth0", "Waiting for host-2 at its new address",
    ]  # fmt: skip
    assert isinstance(steps[2], Wait) and not steps[2].until()
    place.fake.change(place.hosts[1], address="10.0.0.50")
    assert steps[2].until()


def test_what_is_reverted_is_what_it_was_before_not_what_the_row_says_by_then(place: Place) -> None:
    pif = place.pif(place.hosts[1], place.lan)
    look, _set = steps_of("pif.address", pif, **STATIC | {"ip": "10.0.0.50", "gateway": "10.0.0.1"})
    place.fake.change(pif, IP="10.0.0.50", DNS="")
    assert isinstance(look, Call) and look.undo is not None
    (back,) = look.undo("")
    assert isinstance(back, Call) and back.parameters == (pif.ref, "Static", "10.0.0.12", "255.255.255.0", "10.0.0.1", "10.0.0.1")


def test_name_servers_are_those_of_the_management_interface(place: Place) -> None:
    member, master = place.hosts[1], place.hosts[0]
    pif, first = place.pif(member, place.lan), place.pif(master, place.lan)
    assert action("host.dns").defaults([member]) == {"servers": ("10.0.0.1",), "search": ()}
    wish = {"servers": "10.0.0.1, 10.0.0.53", "search": "lab.lan"}
    now = ("Static", "10.0.0.12", "255.255.255.0", "10.0.0.1", "10.0.0.1,10.0.0.53")
    assert calls_of("host.dns", member, **wish) == [
        ("PIF.add_to_other_config", (pif.ref, "domain", "lab.lan")), ("host.get_servertime", (member.ref,)),
        ("PIF.reconfigure_ip", (pif.ref, *now)), ("host.get_servertime", (member.ref,)),
    ]  # fmt: skip
    assert (
        xe_lines(steps_of("host.dns", member, **wish), place.fake.home)[0]
        == f"xe pif-param-set uuid={pif.uuid} other-config:domain=lab.lan"
    )
    assert [method for method, _parameters in calls_of("host.dns", master, servers="10.0.0.53")] == ["PIF.reconfigure_ip"]
    assert calls_of("host.dns", master, servers=first.DNS) == []


def test_what_is_no_name_server_and_who_needs_one_is_said(place: Place) -> None:
    member = place.hosts[1]
    assert faults("host.dns", member, servers="10.0.0", search="-lab") == [
        "“10.0.0” is not a valid address", "“-lab” is not a domain; it looks like lab.lan",
    ]  # fmt: skip
    assert faults("host.dns", member) == []
    for path in member.all_of(PBD, member.PBDs):
        place.fake.change(path, device_config={"location": "//nas.lan/iso"})
    assert faults("host.dns", member)[0].endswith("is on nas.lan, a name that the host could no longer look up; keep a name server")
    place.fake.change(place.pif(member, place.lan), ip_configuration_mode="DHCP")
    assert str(why_not(action("host.dns"), member, user(Role.ADMIN))).startswith("its name servers come from DHCP")


def test_all_hosts_get_addresses_in_order(place: Place) -> None:
    calls = calls_of("network.addresses", place.spare, mode="Static", first="10.0.3.20")
    assert [parameters[2] for method, parameters in calls if method == "PIF.reconfigure_ip"] == ["10.0.3.20", "10.0.3.21", "10.0.3.22"]
    assert [method for method, _parameters in calls[:2]] == ["PIF.reconfigure_ip", "host.get_servertime"]
    assert faults("network.addresses", place.spare, mode="Static", first="10.0.3.253") == [
        "10.0.3.0/24 ends before the last host; begin lower"
    ]
    assert faults("network.addresses", place.spare, mode="Static", first="10.0.2.10") == ["10.0.2.11 is in use by host-1 eth2"]
    assert faults("network.addresses", place.store, mode="None") == ["host-2 → nas breaks; detach that SR first"]


def of_port(which: Callable[[Place], XapiObject], **values: Any) -> Callable[[], Situation]:
    def situation() -> Situation:
        place = Place()
        return place.fake, which(place), values

    return situation


BACK: Mapping[str, str] = {"PIF.reconfigure_ip": "PIF.reconfigure_ip"}
WATCHED: Mapping[str, str] = {"host.get_servertime": "PIF.reconfigure_ip"}


@pytest.mark.parametrize(
    ("situation", "action_id", "back"),
    [
        (of_port(lambda place: place.pif(place.hosts[1], place.lan), **STATIC, ip="10.0.0.50"), "pif.address", WATCHED),
        (of_port(lambda place: place.spare, mode="Static", first="10.0.3.20"), "network.addresses", BACK),
        (of_port(lambda place: place.hosts[1], servers="10.0.0.53", search="lab.lan"), "host.dns",
         {"PIF.add_to_other_config": "PIF.remove_from_other_config", **WATCHED}),
        (of_port(lambda place: place.pif(place.hosts[1], place.store), confirm="host-2"), "pif.management",
         {"host.get_servertime": "host.management_reconfigure"}),
        (of_port(lambda place: place.store), "network.management", {}),
    ],
    ids=["member", "all hosts", "name servers", "port", "all management"],
)  # fmt: skip
async def test_each_call_fails_once_and_the_old_address_is_back(
    tmp_path: Path, situation: Callable[[], Situation], action_id: str, back: Mapping[str, str]
) -> None:
    await each_call_fails_once(tmp_path, situation, action_id, back)


async def test_a_member_that_cannot_be_reached_any_more_has_what_to_type_at_its_console(place: Place, tmp_path: Path) -> None:
    pif = place.pif(place.hosts[1], place.lan)
    place.fake.answers |= {
        "host.get_servertime": "now",
        "Async.PIF.reconfigure_ip": lambda *_given: place.fake.task("x", status="failure", error_info=["CANNOT_CONTACT_HOST", "10.0.0.12"]),
    }
    item = await carried_out(tmp_path, place.fake, "pif.address", pif, STATIC | {"ip": "10.0.0.50", "gateway": "10.0.0.1"})
    assert item.state is RunState.FAILED
    assert [str(left.says) for left in item.left] == [
        f"host-2 is not reverted; if it cannot be reached, type at its console: xe pif-reconfigure-ip uuid={pif.uuid} mode=static "
        "IP=10.0.0.12 netmask=255.255.255.0 gateway=10.0.0.1 DNS=10.0.0.1"
    ]


async def test_a_member_that_arrives_keeps_its_new_address(place: Place, tmp_path: Path) -> None:
    pif, host = place.pif(place.hosts[1], place.lan), place.hosts[1]
    place.fake.answers |= {"host.get_servertime": "now", "Async.PIF.reconfigure_ip": ends_at_once(place.fake)}
    desk = Desk(made(tmp_path / "desk"), place.fake)
    run = desk.runner.start(desk.hire(Role.ADMIN), action("pif.address"), [pif], STATIC | {"ip": "10.0.0.50", "keep": "try"})
    await desk.until(lambda: str(run.items[0].says) == "Waiting for host-2 at its new address")
    place.fake.change(host, address="10.0.0.50")
    await desk.runner.ended(run)
    await desk.runner.stop()
    assert run.items[0].state is RunState.DONE
    assert place.fake.sent.count("Async.PIF.reconfigure_ip") == 1


async def test_a_member_that_is_waited_for_over_a_restart_gets_its_old_address_back(place: Place, tmp_path: Path) -> None:
    """kill -9 while it is waited for; the row has the new address by then."""
    pif, ann, users = place.pif(place.hosts[1], place.lan), user(Role.ADMIN), Users()
    users[ann.id] = ann
    first = Life(tmp_path / "first", place.fake, users, Deeds(place.fake), holds_at=0)
    first.runner.start(ann, action("pif.address"), [pif], STATIC | {"ip": "10.0.0.50", "keep": "try"})
    await asyncio.wait_for(first.held.wait(), PATIENCE)
    await first.dies(tmp_path / "second")
    place.fake.change(pif, IP="10.0.0.50")
    second = Life(tmp_path / "second", place.fake, users, Deeds(place.fake))
    await second.runner.recall()
    (run,) = second.runner.runs
    is_waiting = asyncio.Event()
    second.runner.observe(lambda run: is_waiting.set() if str(run.items[0].says).startswith("Waiting for host-2") else None)
    first.finish_held()
    await asyncio.wait_for(is_waiting.wait(), PATIENCE)
    second.runner.cancel(ann, run)  # which takes back what the end of the time does too
    await second.until_ended(run)
    await second.ends()
    assert [(method, given[2]) for method, given in second.sent] == [("PIF.reconfigure_ip", "10.0.0.12")]
    assert run.continued and not run.items[0].left
