"""The page that moves a VM: where it can go, what moves with it, and what is asked for in the end."""

from __future__ import annotations

import pytest
from nicegui.testing import User

from components.migration import form
from components.ui import Button
from data.identity import key_of
from data.objects import Host, HostMetrics
from data.stores.users import Role
from data.types import GIB
from tests.migration.pools import House, machine
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.control.vm.migration.targets import target_of


async def test_a_host_of_another_pool_is_chosen_and_what_is_asked_for_follows(user: User, house: House, context: Context) -> None:
    house.home.change(house.home.home.one(HostMetrics, house.attic.metrics) or HostMetrics(), memory_total=64 * GIB)
    moved = machine(house.lab, house.one, house.shared, house.tagged)
    await user.open(f"/migrate/{key_of(moved)}")
    for text in (
        "Migrate web-1",
        "Live, no disk moves",
        "it is already running there",
        "To another pool, with its disks: 5\u202fGiB to nas",
    ):
        await user.should_see(text)
    user.find(marker=f"target-{house.attic.uuid}").click()
    for text in (
        "default SR",
        "Free after",
        "Before it starts",
        "XAPI checks it before anything is copied",
        "no network with that name or VLAN: check it",
        "NIC 0 changes from tagged to lan: check it",
        "Preparing attic",
    ):
        await user.should_see(text)
    user.find(kind=Button, content="Migrate").click()
    (run,) = context.runner.runs
    assert run.request == MigrateVM(host=key_of(house.attic)) and run.user_name == "ann"
    await user.should_see("there is no connection to the pool")


async def test_a_host_that_changes_is_judged_anew(user: User, house: House) -> None:
    moved = machine(house.lab, house.one, house.shared, house.lan)
    await user.open(f"/migrate/{key_of(moved)}")
    await user.should_see("Live, no disk moves")
    house.lab.change(house.two, enabled=False)
    await user.should_see("two cannot run it: it is in maintenance mode")


async def test_of_hosts_those_that_changed_are_looked_at(user: User, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[Host]()
    monkeypatch.setattr(form, "target_of", lambda vm, offer: looked.append(offer.host) or target_of(vm, offer))
    moved = machine(house.lab, house.one, house.shared, house.lan)
    await user.open(f"/migrate/{key_of(moved)}")
    await until(lambda: set(looked) == {house.one, house.two, house.attic})
    looked.clear()
    house.lab.change(house.two, enabled=False)
    await user.should_see("it is in maintenance mode")
    assert looked == [house.two]


@pytest.mark.parametrize("role", [Role.VIEWER])
async def test_a_viewer_sees_where_it_could_go_and_why_they_cannot_move_it(user: User, house: House, context: Context) -> None:
    moved = machine(house.lab, house.one, house.shared, house.lan)
    await user.open(f"/migrate/{key_of(moved)}")
    await user.should_see("Live, no disk moves")
    user.find(kind=Button, content="Migrate").click()
    assert not context.runner.runs
