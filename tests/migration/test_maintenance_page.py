"""The page before a host's maintenance: what is asked about, what follows from a choice, and the way back on the host's own page."""

from __future__ import annotations

import pytest
from nicegui import ui
from nicegui.testing import User

from components.ui import Button
from data.identity import key_of
from data.maintenance import List
from data.objects import VM, Host
from data.stores.users import Role
from data.types import GIB, NULL_REF
from tests.migration.pools import House, host, machine
from xo_dash.context import Context
from xo_dash.control.host.departures import EnterMaintenance, LeavingVM

pytestmark = pytest.mark.parametrize("role", [Role.ADMIN])
OFFERED = frozenset({"pool_migrate", "migrate_send", "suspend", "clean_shutdown", "hard_shutdown"})


@pytest.fixture
def third(house: House) -> Host:
    """Two VMs on `one`, of which one is tied to it, and a third host that only takes small ones."""
    web = machine(house.lab, house.one, house.shared, house.lan)
    tied = machine(house.lab, house.one, house.local, house.lan)
    for vm, name in ((web, "web"), (tied, "tied")):
        house.lab.change(vm, name_label=name, allowed_operations=OFFERED)
    house.lab.change(house.one, resident_VMs=[web.ref, tied.ref])
    return host(house.lab, "three", 4 * GIB)


def named(house: House, name: str) -> VM:
    return next(vm for vm in house.lab.home.all(VM).values() if vm.name_label == name)


async def test_who_cannot_move_is_asked_about_and_a_choice_is_what_is_done(user: User, house: House, third: Host, context: Context) -> None:
    tied = named(house, "tied").uuid
    await user.open(f"/host/{key_of(house.one)}/maintenance")
    for text in ("1 of 2 VMs can migrate, 1 cannot", "local is not attached on any other host", "Migrating web to two", "Suspending tied"):
        await user.should_see(text)
    (part,) = user.find("Migrating web to two").elements
    assert part.parent_slot is not None and part.parent_slot.parent.tag == "ul"  # of a step, and not counted as one
    (box,) = user.find(marker=f"way-{tied}").elements
    assert isinstance(box, ui.select) and box.value == "suspend"
    box.value = "shut_down"
    await user.should_see("Shutting down tied")
    user.find(kind=Button, content="Enter maintenance mode").click()
    (run,) = context.runner.runs
    assert run.request == EnterMaintenance(vms=(LeavingVM(vm=tied, how="shut_down"),))
    await context.runner.ended(run)


async def test_what_is_never_chosen_for_anybody_leaves_the_button_faint(user: User, house: House, third: Host, context: Context) -> None:
    house.lab.change(named(house, "tied"), allowed_operations=frozenset({"hard_shutdown"}))
    await user.open(f"/host/{key_of(house.one)}/maintenance")
    await user.should_see("tied cannot migrate: local is not attached on any other host; choose what happens to it")
    user.find(kind=Button, content="Enter maintenance mode").click()
    assert not context.runner.runs


async def test_a_host_says_who_is_to_be_brought_back(user: User, house: House, third: Host) -> None:
    web = named(house, "web")
    house.lab.change(web, resident_on=house.two.ref)
    house.lab.change(house.one, enabled=False, other_config={List.MIGRATED: web.uuid})
    await user.open(f"/host/{key_of(house.one)}")
    await user.should_see("In maintenance: 1 VM to bring back")
    user.find(kind=Button, content="Bring them back").click()
    await user.should_see("Bring VMs back: one")
    house.lab.change(web, resident_on=NULL_REF)
    await user.should_not_see("In maintenance: 1 VM to bring back")
