"""Ports of hosts plugged, unplugged and forgotten: when they cannot be, and what has to be confirmed."""

from __future__ import annotations

import pytest
from nicegui.testing import User

from components.ui import Button
from data.identity import key_of
from data.objects import PIF
from data.stores.users import Role
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import user as person
from tests.networks.place import Place
from xo_dash.context import Context
from xo_dash.control.actions import action, actions_for
from xo_dash.control.eligibility import why_not
from xo_dash.control.network.plug import LosePort
from xo_dash.control.xe import xe_lines


def reasons(pif: PIF) -> list[str]:
    """Why it cannot be plugged, unplugged, forgotten."""
    return [str(why_not(action(f"pif.{verb}"), pif, person(Role.ADMIN)) or "") for verb in ("plug", "unplug", "forget")]


def test_a_port_goes_only_where_nothing_needs_it(place: Place) -> None:
    host, plugged = place.hosts[1], "it is already plugged"
    managed = "host-2 is managed over it; use another network for that first"
    assert reasons(place.pif(host, place.lan)) == [plugged, managed, managed]
    assert reasons(place.pif(host, place.front)) == [
        plugged, "VLAN 20 stands on it; unplug that first", "VLAN 20 stands on it; delete that network first",
    ]  # fmt: skip
    spare = place.pif(host, place.spare)
    assert reasons(spare) == [plugged, "", ""]
    vif = place.nic(place.spare)
    place.fake.change(place.fake.home.all(type(place.fake.vm()))[vif.VM], resident_on=host.ref)
    assert reasons(spare)[1:] == ["in use by web-1; disconnect their NICs first"] * 2
    assert reasons(place.pif(place.hosts[2], place.spare))[1:] == ["", ""]  # there it runs on another host
    place.fake.change(place.pool, ha_enabled=True)
    assert all(reason.startswith("HA is on") for reason in reasons(spare)[1:])


def test_members_of_bonds_and_protected_ports_say_so(place: Place) -> None:
    host = place.hosts[1]
    spare = place.pif(host, place.spare)
    place.fake.change(spare, disallow_unplug=True)
    assert reasons(spare)[1:] == ["it is marked to stay plugged; clear disallow-unplug with xe first", ""]
    bond = place.bond(host, place.guests, place.spare, place.store)
    assert reasons(spare) == [
        "it is part of a bond; plug the bond", "it is part of a bond; unplug the bond", "it is part of a bond; delete the bond first",
    ]  # fmt: skip
    master = place.fake.home.all(PIF)[bond.master]
    assert {"pif.plug", "pif.unplug"} <= {row.id for row in actions_for(master)}
    assert "pif.forget" not in {row.id for row in actions_for(master)}


def test_what_was_unplugged_is_plugged_again_and_each_is_one_call(place: Place) -> None:
    host = place.hosts[1]
    spare = place.pif(host, place.spare)
    for verb, subject, line in (("unplug", spare, "pif-unplug"), ("forget", spare, "pif-forget"), ("plug", spare, "pif-plug")):
        assert calls_of(f"pif.{verb}", subject) == [(f"PIF.{verb}", (spare.ref,))]
        assert xe_lines(steps_of(f"pif.{verb}", subject), place.fake.home) == [f"xe {line} uuid={spare.uuid}"]
    assert xe_lines(steps_of("host.scan_nics", host), place.fake.home) == [f"xe pif-scan host-uuid={host.uuid}"]
    place.fake.change(spare, currently_attached=False)
    assert reasons(spare) == ["", "it is not plugged", ""]


def test_what_cuts_a_host_from_its_storage_is_confirmed_by_its_name(place: Place) -> None:
    long = "host-2 " + "x" * 100
    place.fake.change(place.hosts[1], name_label=long)
    pif = place.pif(place.hosts[1], place.store)
    for verb in ("pif.unplug", "pif.forget"):
        assert faults(verb, pif) == [f"this breaks a connection; type {long} to confirm"]
        assert faults(verb, pif, confirm=long) == [] == faults(verb, place.pif(place.hosts[1], place.spare))


async def test_the_line_that_breaks_is_shown_before_a_port_is_unplugged(user: User, place: Place, context: Context) -> None:
    pif = place.pif(place.hosts[1], place.store)
    await user.open(f"/host/{key_of(place.hosts[1])}")
    await user.should_see("Scan for NICs")
    user.find(marker=f"port-{pif.uuid}").click()
    user.find(marker="pif.unplug").click()
    for text in ("host-2 → nas", "10.0.2.200 is no longer in a subnet of the host", "This breaks a connection of the host."):
        await user.should_see(text)
    user.find(kind=Button, content="Unplug").click()
    await user.should_see("this breaks a connection; type host-2 to confirm")
    user.find("Name of the host").type("host-2")
    user.find(kind=Button, content="Unplug").click()
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert run.request == LosePort(confirm="host-2")


@pytest.mark.parametrize("role", [Role.OPERATOR])
async def test_who_is_no_administrator_is_offered_no_scan(user: User, place: Place) -> None:
    await user.open(f"/host/{key_of(place.hosts[1])}")
    await user.should_see("NICs")
    await user.should_not_see("Scan for NICs")
