"""VMs carried on the map: what each host says, and what a drop asks for."""

from __future__ import annotations

import pytest
from nicegui.testing import User

from components.map import drop_targets
from components.map.host_verdicts import HostVerdicts, each
from components.map.map import Map
from components.map.moves import moves
from data.host_fit import Lack, Obstacle, Offers
from data.identity import key_of
from data.objects import PBD, VBD, VDI, VM, Host, HostMetrics, PowerState
from data.reading import reading
from data.stores.users import Role
from data.types import GIB
from tests.control.fake_pool import user as person
from tests.migration.pools import House, machine, network, sr
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import lazy
from xo_dash.control.requests.request import Request
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.vdi.move import MoveDisk
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.control.vm.migration.speeds import MigrationSpeeds
from xo_dash.control.vm.migration.targets import way_out
from xo_dash.control.vm.start_on import StartOn


async def chart(user: User) -> Map:
    await user.open("/")
    (found,) = user.find(kind=Map).elements
    return found


def told(*vms: VM) -> dict[str, tuple[str, str]]:
    """{key of what they can be dropped on: (how, in words)}"""
    operator = person(Role.OPERATOR)
    verdicts = HostVerdicts(vms, operator, MigrationSpeeds(lambda _item: None))
    return {one.key: (one.how, one.words) for one in (*each(verdicts), *drop_targets.verdicts(vms, operator))}


def test_every_host_says_what_a_drop_would_do(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    found = told(vm)
    assert found[key_of(house.one)] == ("no", "it is already running there")
    assert found[key_of(house.two)] == ("live", "Live, no disk moves · 64\u202fGiB → 56\u202fGiB free")
    assert found[key_of(house.attic)][0] == "no"


def test_a_host_without_room_says_how_much_is_short_and_who_would_make_it(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan, memory_overhead=20 * GIB)
    big, small = (machine(house.lab, house.two, house.shared, house.lan, memory_overhead=size * GIB) for size in (24, 12))
    house.lab.change(house.two, resident_VMs=[big.ref, small.ref])
    house.lab.change(small, name_label="small")
    (said,) = (
        one for one in each(HostVerdicts([vm], person(Role.OPERATOR), MigrationSpeeds(lambda _item: None))) if one.key == key_of(house.two)
    )
    assert (said.how, said.head) == ("no", "16\u202fGiB short")
    assert said.note == "28\u202fGiB needed, 12\u202fGiB free. Moving small (20\u202fGiB) away would make room"
    house.lab.change(house.one, enabled=False)
    lack, offers = Lack(Obstacle.MEMORY, needed=28 * GIB, free=12 * GIB), Offers()
    assert way_out(house.two, lack, offers) is None, "it has nowhere to go"
    with reading(house.lab.mirror.pools) as read:
        way_out(house.two, lack, offers)
    assert house.lab.home.all(PBD).keys().isdisjoint(row.ref for row in read.rows), "each host is looked up once"


def test_of_several_a_host_says_how_many_and_xapi_overrules(house: House) -> None:
    vms = [machine(house.lab, house.one, house.shared, house.lan) for _number in range(3)]
    house.lab.change(house.one, resident_VMs=[vm.ref for vm in vms])
    house.lab.change(vms[2], allowed_operations=frozenset())
    assert told(*vms)[key_of(house.two)] == ("live", "2 of 3 can go · 64\u202fGiB → 48\u202fGiB free")
    verdicts = HostVerdicts(vms, person(Role.OPERATOR), MigrationSpeeds(lambda _item: None))
    assert [vm for vm, _wish in verdicts.to_ask()] == vms[:2], "of the hosts that would take one"
    assert not verdicts.overrule(vms[0], house.two, None)
    assert all(verdicts.overrule(vm, house.two, lazy("its CPU is older")) for vm in vms[:2])
    assert (verdicts.of(house.two).how, verdicts.of(house.two).words) == ("no", "web-1: its CPU is older")


async def test_what_costs_nothing_is_done_at_a_drop_and_what_moves_disks_is_asked(user: User, house: House, context: Context) -> None:
    house.home.change(house.home.home.one(HostMetrics, house.attic.metrics) or HostMetrics(), memory_total=64 * GIB)
    vm = machine(house.lab, house.one, house.shared, house.lan)
    await chart(user)
    user.find(kind=Map).trigger("drop", {"vms": [key_of(vm)], "host": key_of(house.attic)})
    await user.should_see("Migrate web-1")
    assert not context.runner.runs
    await chart(user)
    user.find(kind=Map).trigger("drop", {"vms": [key_of(vm)], "host": key_of(house.two)})
    await user.should_see("there is no connection to the pool")
    (run,) = context.runner.runs
    assert run.request == MigrateVM(host=key_of(house.two)) and run.items[0].state is not RunState.DONE


@pytest.mark.parametrize(
    "wish", [None, [], {"vms": "x", "host": 3}, {"vms": [{}], "host": "nobody"}, {"vms": ["nobody"] * 100_000, "host": ""}]
)
async def test_what_makes_no_sense_asks_for_nothing(user: User, context: Context, wish: object) -> None:
    await chart(user)
    user.find(kind=Map).trigger("drop", wish)
    user.find(kind=Map).trigger("carry", wish)
    assert not context.runner.runs


async def test_halted_ones_are_started_where_they_are_dropped(user: User, house: House, context: Context) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan, PowerState.HALTED)
    house.lab.change(vm, allowed_operations=frozenset({"start", "start_on", "migrate_send"}))
    said = told(vm)
    assert said[key_of(house.two)] == ("start", "Start here · 64\u202fGiB → 56\u202fGiB free")
    house.lab.change(vm, memory_overhead=60 * GIB)
    assert told(vm)[key_of(house.two)] == ("start", "Start here · 4\u202fGiB more than is free"), "the pool may squeeze others"
    house.lab.change(vm, memory_overhead=0)
    assert said[key_of(house.attic)] == ("pool", "To another pool, with its disks: 5\u202fGiB to nas · 4\u202fGiB free")
    await chart(user)
    user.find(kind=Map).trigger("drop", {"vms": [key_of(vm)], "host": key_of(house.two), "ask": True})
    await user.should_see("Start on a host: web-1")
    assert not context.runner.runs
    await chart(user)
    user.find(kind=Map).trigger("drop", {"vms": [key_of(vm)], "host": key_of(house.two)})
    await user.should_see("there is no connection to the pool")
    assert [run.request for run in context.runner.runs] == [StartOn(host=house.two.uuid)], "nothing is to be chosen"


async def test_an_sr_takes_disks_a_network_a_nic_and_the_halted_row_shuts_down(user: User, house: House) -> None:
    vm = machine(house.lab, house.one, house.local, house.lan)
    house.lab.change(vm, allowed_operations=frozenset({"pool_migrate", "migrate_send", "clean_shutdown"}))
    for disk in house.lab.home.all(VDI).values():
        house.lab.change(disk, allowed_operations=frozenset({"copy"}), VBDs=vm.VBDs)
    said = told(vm)
    assert said[key_of(house.shared)] == ("disks", "Move 1 disk here: 5\u202fGiB")
    assert said[key_of(house.local)] == ("no", "its disks are here")
    away = sr(house.lab, "of two alone", house.two, shared=False)
    for drive in house.lab.home.all(VBD).values():
        house.lab.change(drive, currently_attached=True)
    beyond = network(house.lab, "of two alone", house.two)
    assert told(vm)[key_of(beyond)] == ("no", "one does not have it")
    assert told(vm)[key_of(away)] == ("no", "it is not attached on one"), "a running VM reaches what its host does"
    assert said[key_of(house.tagged)] == ("nic", "Add a NIC on tagged")
    assert said[house.lab.home.key] == ("halt", "Shut down") and key_of(house.nas) not in said
    for key, dialog in (
        (key_of(house.shared), "Move to another SR: root"),
        (key_of(house.tagged), "New NIC: web-1"),
        (house.lab.home.key, "Shut down: web-1"),
    ):
        await chart(user)
        user.find(kind=Map).trigger("drop", {"vms": [key_of(vm)], "host": key})
        await user.should_see(dialog)


@pytest.mark.parametrize("role", [Role.VIEWER])
async def test_a_viewer_carries_nothing(user: User, house: House, context: Context) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    shown = await chart(user)
    assert not shown.props.get("movable") and shown.on_drop is None
    user.find(kind=Map).trigger("drop", {"vms": [key_of(vm)], "host": key_of(house.two)})
    assert not context.runner.runs and isinstance(house.two, Host)


def going(action_id: str, subject: VM | VDI, wish: Request, state: RunState = RunState.RUNNING, *, progress: float = 0) -> Run:
    item = RunItem(subject=subject, uuid=subject.uuid, name="", pool=subject.home.id, request=wish, state=state, progress=progress)
    return Run(id=1, key="1", action=action(action_id), user_id="", user_name="", address="", items=(item,), created=0.0, request=wish)


def test_arrows_are_told_of_what_rows_do_not_say(house: House) -> None:
    """Disks from SR to SR, and VMs on their way to another pool, of runs that have begun; not to whom an end of it is hidden."""
    vm = machine(house.lab, house.one, house.local, house.lan)
    (disk,) = (disk for disk in house.lab.home.all(VDI).values() if house.local.ref == disk.SR)
    wish, mirror = MigrateVM(host=key_of(house.attic)), house.lab.mirror
    moving = [
        going("vdi.move", disk, MoveDisk(sr=house.shared.uuid), progress=0.25), going("vm.migrate", vm, wish, progress=0.5),
        going("vm.migrate", vm, wish, RunState.WAITING), going("vdi.move", disk, MoveDisk(sr="gone")),
    ]  # fmt: skip
    keys = [key_of(one) for one in (house.local, house.shared, vm, house.attic, house.nas)]
    local, shared, machine_, attic, nas = keys
    assert moves(mirror, moving) == [(local, shared, 25), (machine_, attic, 50), (local, nas, 50)]
    assert moves(mirror, []) == []
