"""The page that creates a network, and the dialog before an address changes."""

from __future__ import annotations

import pytest
from nicegui import ui
from nicegui.testing import User

from components.ui import Button, Card
from data.identity import key_of
from data.objects import VIF, VM
from data.stores.users import Role
from tests.networks.place import Place
from xo_dash.context import Context
from xo_dash.control.network.address import SetAddress
from xo_dash.control.network.create import NewNetwork


async def test_a_vlan_is_named_by_its_number_and_a_taken_one_is_said_at_its_field(user: User, place: Place, context: Context) -> None:
    await user.open(f"/pool/{key_of(place.pool)}/new-network")
    box = next(iter(user.find(marker="field-on").elements))
    assert isinstance(box, ui.select)
    box.value = place.front.uuid
    user.find(marker="field-vlan").type("20")
    for text in ("VLAN 20 exists on eth1 as “vlan 20”; use that one, or a free number: 21", "exists as vlan 20, 0 VMs"):
        await user.should_see(text)
    user.find(marker="create").click()
    assert not context.runner.runs
    user.find("Use 21").click()
    await user.should_see("eth1.21")
    user.find(marker="field-vlan").clear().type("30")
    for text in ("eth1.30", "10\u202fGbit/s", "The switch must carry the VLAN on these ports", "VLAN 30 on all hosts"):
        await user.should_see(text)
    user.find(marker="create").click()
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert run.request == NewNetwork(kind="vlan", name="VLAN 30", on=place.front.uuid, vlan=30)


async def test_a_press_too_early_says_what_is_missing_and_leads_there(
    user: User, place: Place, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await user.open(f"/pool/{key_of(place.pool)}/new-network?kind=vlan")
    told: list[str] = []
    monkeypatch.setattr(ui.input, "run_method", lambda box, method: told.append(f"{method} {box._props['label']}"))
    vlan, name = (next(iter(user.find(marker=f"field-{one}").elements)) for one in ("vlan", "name"))
    assert isinstance(vlan, ui.input) and isinstance(name, ui.input)
    user.find(marker="create").trigger("click")
    assert (vlan.error, name.error) == ("enter a VLAN number from 1 to 4094", "“Name” is missing")
    assert told == ["focus VLAN number"]
    user.find(marker="field-vlan").type("30")
    assert name.value == "VLAN 30"
    assert not context.runner.runs


async def test_a_bond_shows_what_happens_on_each_host(user: User, place: Place, context: Context) -> None:
    await user.open(f"/pool/{key_of(place.pool)}/new-network?kind=bond")
    user.find(marker="field-name").type("pair")
    user.find(marker="nic-eth0").click()
    await user.should_see("a bond needs at least two NICs; select another one")
    user.find(marker="nic-eth3").click()
    for text in ("management moves to the bond", "2 × 10\u202fGbit/s", "Bond on host-2", "Checking that host-2 responds"):
        await user.should_see(text)
    user.find(marker=f"host-{place.hosts[1].uuid}").click()
    await user.should_see("left out")
    user.find(marker="create").click()
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert run.request == NewNetwork(kind="bond", name="pair", nics=("eth0", "eth3"), hosts=tuple(place.hosts[n].uuid for n in (2, 0)))


@pytest.mark.parametrize("role", [Role.OPERATOR])
async def test_who_is_no_administrator_is_told_so(user: User, place: Place, context: Context) -> None:
    await user.open(f"/pool/{key_of(place.pool)}/new-network?kind=internal")
    user.find(marker="field-name").type("inside")
    await user.should_see("administrator")
    user.find(marker="create").click()
    assert not context.runner.runs


async def test_a_line_that_breaks_is_seen_before_and_confirmed_by_name(user: User, place: Place, context: Context) -> None:
    pif = place.pif(place.hosts[1], place.store)
    await user.open(f"/host/{key_of(place.hosts[1])}")
    user.find(marker=f"port-{pif.uuid}").click()
    user.find(marker="pif.address").click()
    await user.should_see("host-2 → nas")
    await user.should_not_see("This breaks a connection of the host.")
    user.find("IP address").clear().type("10.8.0.9")
    for text in ("This breaks a connection of the host.", "10.0.2.200 is in another subnet, and there is no gateway"):
        await user.should_see(text)
    user.find(kind=Button, content="Change address").click()
    await user.should_see("this breaks a connection; type host-2 to confirm")
    user.find("Name of the host").type("host-2")
    user.find(kind=Button, content="Change address").click()
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert isinstance(run.request, SetAddress) and run.request.ip == "10.8.0.9"


async def test_a_member_s_management_is_tried_by_itself(user: User, place: Place, context: Context) -> None:
    pif = place.pif(place.hosts[1], place.lan)
    await user.open(f"/network/{key_of(place.lan)}")
    user.find(marker=f"port-{pif.uuid}").click()
    user.find(marker="pif.address").click()
    await user.should_see("unchanged")
    user.find("IP address").clear().type("10.9.0.9")
    user.find("Gateway").clear()
    await user.should_see("Try for 90 s, then revert automatically")
    user.find(kind=Button, content="Try for 90 s").click()
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert isinstance(run.request, SetAddress) and run.request.keep == "try"


async def test_a_vm_with_two_nics_on_a_network_is_one_vm(user: User, place: Place) -> None:
    first = place.nic(place.spare)
    second = VIF(VM=first.VM, network=place.spare.ref, device="1", currently_attached=True)
    place.put(second)
    place.fake.change(place.fake.home.all(VM)[first.VM], VIFs=[first.ref, second.ref])
    place.fake.change(place.spare, VIFs=[first.ref, second.ref])
    await user.open(f"/network/{key_of(place.spare)}")
    await user.should_see("1 VM")
    (card,) = (card for card in user.find(Card).elements if card.title.text == "VMs")
    assert card.count.text == "1"
