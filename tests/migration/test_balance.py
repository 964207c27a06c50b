"""Suggested moves: they even out memory, go nowhere that they cannot, and each can be left out."""

from __future__ import annotations

from nicegui import ui
from nicegui.testing import User

from components.ui import Button
from data.balance import WORTH, emptying, even_out, even_out_cpu
from data.evacuation import evacuate
from data.history import History, Load
from data.identity import key_of
from data.objects import VBD, VDI, VIF, VM, Pool, VMGroup
from data.types import GIB
from tests.control.asked import faults, steps_of
from tests.migration.pools import House, host, machine, network, sr
from xo_dash.context import Context
from xo_dash.control.plan import Parallel
from xo_dash.control.pool.balance import BalancePool, SuggestedMove
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.migration.request import MigrateVM


def crowded(house: House) -> dict[str, VM]:
    """Four VMs on `one`, of which one is tied to it, none on `two`."""
    made = {}
    for name, store in (("a", house.shared), ("b", house.shared), ("c", house.shared), ("tied", house.local)):
        made[name] = machine(house.lab, house.one, store, house.lan)
        house.lab.change(made[name], name_label=name, memory_dynamic_max=12 * GIB)
    house.lab.change(house.one, resident_VMs=[vm.ref for vm in made.values()])
    return made


async def test_the_fullest_host_gives_to_the_emptiest(house: House) -> None:
    made = crowded(house)
    found = even_out(house.lab.home)
    assert len(found.moves) == 2 and {one.target for one in found.moves} == {house.two}
    assert made["tied"] not in {one.vm for one in found.moves}
    assert found.after(house.one, found.moves) == found.after(house.two, found.moves) == 24 * GIB
    assert found.used[house.one] == 48 * GIB and found.total[house.one] == 64 * GIB
    for vm in made.values():
        house.lab.change(vm, memory_dynamic_max=int(64 * GIB * WORTH / 2))
    assert not even_out(house.lab.home).moves, "moves have their cost"


async def test_nobody_goes_where_there_is_no_room_or_no_storage(house: House) -> None:
    made = crowded(house)
    small = host(house.lab, "small", 8 * GIB)
    assert small not in {one.target for one in even_out(house.lab.home).moves}
    house.lab.change(house.two, enabled=False)
    assert not even_out(house.lab.home).moves
    assert evacuate(house.one, off=[made["tied"]]).stranded


async def test_a_plan_has_the_moves_that_were_left(house: House) -> None:
    made = crowded(house)
    (pool,) = house.lab.home.all(Pool).values()
    asked = {"moves": [{"vm": made["a"].uuid, "host": house.two.uuid}]}
    (step,) = steps_of("pool.balance", pool, **asked)
    assert isinstance(step, Parallel) and step.alone and step.at_once == 2
    assert [str(branch.says) for branch in step.branches] == ["a"]
    house.lab.change(house.two, enabled=False)
    assert faults("pool.balance", pool, **asked) == ["a cannot migrate to two: two cannot run it: it is in maintenance mode"]


async def test_a_host_s_page_leads_to_the_moves_that_empty_it(user: User, house: House) -> None:
    crowded(house)
    await user.open(f"/host/{key_of(house.one)}")
    user.find(kind=ui.link, content="Suggest moves").click()
    await user.should_see("3 moves to evacuate the host")


async def test_one_is_left_out_and_the_others_are_done(user: User, house: House, context: Context) -> None:
    crowded(house)
    (pool,) = house.lab.home.all(Pool).values()
    await user.open(f"/pool/{key_of(pool)}/balance")
    await user.should_see("2 moves to balance memory")
    first, second = even_out(house.lab.home).moves
    (box,) = user.find(marker=f"move-{first.vm.uuid}").elements
    assert isinstance(box, ui.checkbox)
    box.value = False
    user.find(kind=Button, content="Migrate").click()
    (run,) = context.runner.runs
    assert run.request == BalancePool(moves=(SuggestedMove(vm=second.vm.uuid, host=second.target.uuid),))
    await context.runner.ended(run)


async def test_busy_cpus_are_evened_out_and_a_host_is_emptied(house: House) -> None:
    made = crowded(house)
    for one in (house.one, house.two):
        house.lab.change(one, cpu_info={"cpu_count": "8"})
    for name, busy in (("a", 1.0), ("b", 0.5), ("c", 0.0), ("tied", 1.0)):
        house.lab.change(made[name], VCPUs_at_startup=4)
        house.lab.home.part(History).loads[made[name].uuid] = Load(cpu=busy)
    found = even_out_cpu(house.lab.home)
    assert [one.vm for one in found.moves] == [made["a"]] and found.used[house.one] == 10.0
    assert found.after(house.two, found.moves) == 4.0 and found.after(house.two, []) == 0.0
    empty = emptying(house.one)
    assert {one.vm for one in empty.moves} == {made["a"], made["b"], made["c"]}, "the other is tied to its storage"
    assert empty.after(house.one, empty.moves) == 12 * GIB


async def test_a_lone_host_has_nobody_to_give_to(house: House) -> None:
    assert not even_out(house.home.home).moves


async def test_vms_that_a_group_keeps_apart_stay_apart(house: House) -> None:
    made = crowded(house)
    there = machine(house.lab, house.two, house.shared, house.lan)
    group = VMGroup(name_label="web", placement="anti_affinity", VMs=[made["a"].ref, there.ref])
    house.lab.put(group)
    for vm in (made["a"], there):
        house.lab.change(vm, groups=[group.ref])
    assert {one.vm for one in even_out(house.lab.home).moves} <= {made["b"], made["c"]}
    words = [str(note) for note in MIGRATE.notes(MigrateVM(host=key_of(house.two)), made["a"])]
    assert words == ["web-1 is on two too: VMs of the group web should run on different hosts"]
    three = host(house.lab, "three", 40 * GIB)
    wide, lan = sr(house.lab, "wide", house.one, house.two, three), network(house.lab, "all", house.one, house.two, three)
    (drive,), (nic,) = made["a"].all_of(VBD, made["a"].VBDs), made["a"].all_of(VIF, made["a"].VIFs)
    house.lab.change(house.lab.home.all(VDI)[drive.VDI], SR=wide.ref)
    house.lab.change(nic, network=lan.ref)
    assert evacuate(house.one).moves[made["a"]] is three, "though the other has more free"
    house.lab.change(group, placement="normal")
    assert evacuate(house.one).moves[made["a"]] is house.two
