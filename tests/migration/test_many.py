"""Several VMs that move together: who goes where, what all their disks and NICs get, who cannot and is left out, and one run of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nicegui.testing import User

from components.ui import Button
from data.identity import key_of
from data.objects import VM, HostMetrics, PowerState
from data.types import GIB
from tests.control.fake_pool import Desk, ends_at_once
from tests.migration.pools import House, machine, network
from tests.waiting import PATIENCE
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.throttle import HostTurns, Turn
from xo_dash.control.vm.migration.estimate import moved_by
from xo_dash.control.vm.migration.group import Goal, GroupPlacement, goals, mapping_of, placing
from xo_dash.control.vm.migration.mapping import MappingReason
from xo_dash.control.vm.migration.migrate import MIGRATE, named_in, path_of_many
from xo_dash.control.vm.migration.request import MigrateVM, SRPlace, disks_in, host_in, nics_in
from xo_dash.control.vm.migration.speeds import MigrationRoute, MigrationSpeeds, MovedVM


def several(house: House, count: int, memory: int = 8 * GIB) -> list[VM]:
    """Running on `one` with a disk on its local SR and a NIC on `tagged`."""
    vms = [machine(house.lab, house.one, house.local, house.tagged) for _number in range(count)]
    for number, vm in enumerate(vms):
        house.lab.change(vm, name_label=f"web-{number}", memory_dynamic_max=memory, memory_static_max=memory)
    house.lab.change(house.one, resident_VMs=[vm.ref for vm in vms])
    return vms


def roomy(house: House, memory: int = 64 * GIB) -> None:
    house.home.change(house.home.home.one(HostMetrics, house.attic.metrics) or HostMetrics(), memory_total=memory)


def goal_of(house: House, key: str) -> Goal:
    return next(one for one in goals(house.lab.home.pools.values()) if one.key == key)


def worked_out(vms: list[VM], goal: Goal) -> GroupPlacement:
    placed = GroupPlacement(goal)
    for _step in placing(vms, goal, placed.targets):
        pass
    for _step in mapping_of(placed, {}, {}):
        pass
    return placed


def test_what_is_placed_counts_for_those_after_it(house: House) -> None:
    vms = several(house, 3, 24 * GIB)
    placed = worked_out(vms, goal_of(house, key_of(house.two)))
    assert [str(one.refused or "") for one in placed.targets.values()] == [
        "",
        "",
        "8\u202fGiB of memory short: 24\u202fGiB needed, 16\u202fGiB free",
    ]
    spread = worked_out(vms, goal_of(house, house.lab.home.key))
    assert {one.host for one in spread.targets.values() if one.refused is None} == {house.two}, "not where they are"


def test_disks_of_an_sr_and_nics_of_a_network_go_together_and_each_vm_gets_its_own_part(house: House) -> None:
    roomy(house)
    vms = several(house, 2)
    guests = network(house.home, "guests", house.attic, tag=20)
    placed = worked_out(vms, goal_of(house, key_of(house.attic)))
    assert [(one.source, one.disks, one.sr, one.why) for one in placed.sr_moves] == [(house.local, 2, house.nas, MappingReason.DEFAULT)]
    assert [(one.source, one.nics, one.network, one.why) for one in placed.network_moves] == [(house.tagged, 2, guests, MappingReason.VLAN)]
    request = placed.request()
    assert request.sr_map == (SRPlace(source=key_of(house.local), sr=key_of(house.nas)),)
    own = request.for_each(vms[0])
    (disk,), (nic,) = disks_in(own, vms[0], house.attic), nics_in(own, vms[0], house.attic)
    assert (disk.sr, nic.network) == (house.nas, guests) and not MIGRATE.faults(own, vms[0])
    other = machine(house.lab, house.two, house.shared, house.lan)
    assert request.for_each(other).sr_map == () == request.for_each(other).network_map, "it has nothing there"


def test_too_many_bytes_for_an_sr_are_said_once_for_all(house: House) -> None:
    vms = several(house, 3)
    house.lab.change(house.shared, physical_utilisation=house.shared.physical_size - 12 * GIB)
    placed = worked_out(vms, goal_of(house, key_of(house.two)))
    assert [str(one) for one in placed.faults()] == ["no SR attached on the target hosts has 15\u202fGiB free for the disks on local"]


def test_a_pool_as_the_target_names_a_host_for_each(house: House) -> None:
    vms = several(house, 2)
    request = worked_out(vms, goal_of(house, house.lab.home.key)).request()
    assert len(request.hosts) == 2 and {host_in(request.for_each(vm), vm) for vm in vms} == {house.two}
    assert all(not request.for_each(vm).hosts for vm in vms)


def test_the_address_of_the_page_names_all(house: House) -> None:
    vms = several(house, 3)
    path = path_of_many(vms, "h")
    assert path.count("@") == 1 and named_in(path.partition("vms=")[2].partition("&")[0]) == [key_of(vm) for vm in vms]
    assert named_in("a.b@p,,c") == ["a@p", "b@p", "c"] and path_of_many([vms[0]] * 301) == ""


async def test_a_host_that_receives_has_its_turns_too_and_two_ways_do_not_block_each_other(house: House) -> None:
    turns, done = HostTurns(in_a_pool=100, on_a_host=1), 0

    async def take(turn: Turn) -> None:
        nonlocal done
        async with turn:
            await asyncio.sleep(0)
            done += 1

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for _number in range(3):
            group.create_task(take(turns.turn("lab", house.one.ref, [house.attic])))
            group.create_task(take(turns.turn("home", house.attic.ref, [house.one])))
    assert done == 6


async def test_a_host_sends_the_disks_of_three_at_a_time_and_memory_of_four(house: House, tmp_path: Path) -> None:
    desk, fake = Desk(tmp_path, house.lab), house.lab
    fake.answers |= {
        "host.migrate_receive": {"host": "x"}, "Async.VM.assert_can_migrate": ends_at_once(fake),
        "Async.VM.migrate_send": None, "Async.VM.pool_migrate": None,
    }  # fmt: skip
    with_disks, without = several(house, 4, GIB), [machine(fake, house.one, house.shared, house.lan) for _number in range(2)]
    halted = machine(fake, house.one, house.local, house.lan, PowerState.HALTED)
    assert MIGRATE.sender(MigrateVM(host=key_of(house.two)), halted) is house.one, "its disk is local there"
    first = desk.runner.start(desk.hire(), action("vm.migrate"), with_disks, {"host": key_of(house.two)})
    desk.runner.start(desk.hire(), action("vm.migrate"), without, {"host": key_of(house.two)})
    await desk.until(lambda: fake.sent.count("Async.VM.migrate_send") == 3 and fake.sent.count("Async.VM.pool_migrate") == 1)
    assert [item.state for item in first.items].count(RunState.WAITING) == 1, "the fourth is not sent to be refused"
    await desk.runner.stop()


async def test_a_migration_that_is_done_tells_how_fast_they_are(house: House, tmp_path: Path) -> None:
    vm = machine(house.lab, house.two, house.shared, house.lan)
    desk = Desk(tmp_path, house.lab)
    house.lab.answers["Async.VM.pool_migrate"] = None
    run = desk.runner.start(desk.hire(), action("vm.migrate"), [vm], {"host": key_of(house.one)})
    await house.lab.until(1)
    (item,) = run.items
    known = moved_by(item)
    assert known is not None and known.bytes == 8 * GIB and not known.route.with_disks
    speeds = desk.runner.migration_speeds
    assert not speeds.of(known.route) and speeds.pace(item, 0.0) is None
    house.lab.change(house.lab.task_row(item.tasks[0]), progress=0.25)
    await desk.until(lambda: speeds.pace(item, 0.0) is not None)
    assert speeds.pace(item, item.steps[0].began + 10) == (2 * GIB, 8 * GIB, 2 * GIB / 10, 30.0), "by XAPI's account of the task"
    house.lab.end(item.tasks[0])
    await desk.until(lambda: run.ended)
    assert item.state is RunState.DONE and desk.runner.migration_speeds.of(known.route) > 0
    await desk.runner.stop()


def test_those_that_go_at_once_share_what_their_host_sends(house: House) -> None:
    """A host that sends 1 GiB in 10 s needs 40 s for four at once, and 15 s for each of two that are alone for 5 s of that."""
    route, wish = MigrationRoute("lab", "home", with_disks=True), MigrateVM(host=key_of(house.two))
    vms = several(house, 6)
    speeds = MigrationSpeeds(lambda item: MovedVM(route, GIB, house.one.ref if item.subject in vms else house.two.ref))
    items = [RunItem(subject=vm, uuid=vm.uuid, name="", pool="lab", request=wish)
             for vm in (*vms, machine(house.lab, house.two, house.local, house.lan))]  # fmt: skip
    run = Run(id=1, key="1", action=MIGRATE, user_id="", user_name="", address="", items=tuple(items), created=0.0, request=wish)

    def goes_on(state: RunState, at: float, *changed: RunItem) -> float:
        for item in changed:
            item.state, item.started, item.ended = state, item.started or at, at
        speeds.follow(run)
        return speeds.of(route)

    goes_on(RunState.RUNNING, 100.0, *items[:4], items[6])
    assert goes_on(RunState.DONE, 140.0, *items[:4]) == GIB / 10, "whatever another host sends"
    goes_on(RunState.RUNNING, 200.0, items[4])
    goes_on(RunState.RUNNING, 205.0, items[5])
    assert goes_on(RunState.DONE, 215.0, items[4]) == goes_on(RunState.DONE, 220.0, items[5]) == GIB / 10


async def test_the_page_leaves_out_who_cannot_go_and_does_the_rest_in_one_run(user: User, house: House, context: Context) -> None:
    roomy(house)
    vms = several(house, 3)
    house.lab.change(vms[2], allowed_operations=frozenset(), power_state=PowerState.PAUSED)
    await user.open(path_of_many(vms, key_of(house.attic)))
    for text in ("Migrate 3 VMs", "2 of 3 can go", "default SR", "no network with that name or VLAN: check it"):
        await user.should_see(text)
    await user.should_see("1 VM cannot go; leave it out or choose another target")
    user.find(kind=Button, content="Migrate 2 VMs").click()
    assert not context.runner.runs, "somebody has to say that one stays"
    user.find(marker="leave-out").click()
    await user.should_see("2 of 2 can go")
    user.find(kind=Button, content="Migrate 2 VMs").click()
    (run,) = context.runner.runs
    assert [item.name for item in run.items] == ["web-0", "web-1"] and isinstance(run.request, MigrateVM)
    assert [(one.source, one.sr) for one in run.request.sr_map] == [(key_of(house.local), key_of(house.nas))]
    await context.runner.ended(run)


async def test_what_changes_in_a_pool_and_another_target_are_worked_out_anew(user: User, house: House) -> None:
    vms = several(house, 2)
    await user.open(path_of_many(vms))
    await user.should_see("2 of 2 can go")
    house.lab.change(house.two, enabled=False)
    await user.should_see("0 of 2 can go")
    roomy(house)
    user.find(marker=f"target-{house.attic.uuid}").click()
    await user.should_see("Migrate 2 VMs", kind=Button)
