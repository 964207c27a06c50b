"""A host that is emptied and filled again: who goes where, what cannot move is asked about, and what stands after each failure."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.tasks.cancelling import if_cancelled
from data.evacuation import evacuate
from data.failover import Bound, bound_by, failover_steps
from data.grants.grant import Grant, GrantKind, OwnRole
from data.grants.table import GrantTable
from data.identity import key_of
from data.maintenance import MODE, List, away_from
from data.names import name_of
from data.objects import PBD, VIF, VM, Host, Network, Pool, PowerState, TaskStatus
from data.stores.users import Role
from data.turns import finished
from data.types import GIB, NULL_REF, Ref
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool, ends_at_once, user
from tests.control.wired import wired
from tests.migration.pools import House, host, machine
from xo_dash.control.actions import action
from xo_dash.control.admission import taken
from xo_dash.control.host.bring_back import BringBack, _migrating
from xo_dash.control.host.departures import EnterMaintenance, decided, departures
from xo_dash.control.host.maintenance import masters
from xo_dash.control.lazy_text import read_by
from xo_dash.control.plan import Call, Parallel, Wait
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.testing import simulated
from xo_dash.xapi.errors import Timeout, XapiFailure

ENTER, BACK, LOOK = action("host.maintenance"), action("host.bring_back"), "host.get_vms_which_prevent_evacuation"
OFFERED = frozenset({"pool_migrate", "migrate_send", "suspend", "clean_shutdown", "hard_shutdown"})


class Busy:
    """A host with three VMs, of which one is tied to it, and two other hosts; calls are carried out on the mirror."""

    def __init__(self) -> None:
        self.house = House()
        self.fake, self.one, self.two = self.house.lab, self.house.one, self.house.two
        self.three = host(self.fake, "three", 16 * GIB)
        self.web, self.db = self.machine("web", self.house.shared), self.machine("db", self.house.shared)
        self.tied = self.machine("tied", self.house.local)
        self.fails: set[str] = set()  # "Async.VM.pool_migrate web"
        self.fake.answers |= {
            "Async.host.disable": self._does(lambda ref: self.change(self.one, enabled=False)),
            "Async.host.enable": self._does(lambda ref: self.change(self.one, enabled=True)),
            "host.add_to_other_config": lambda ref, key, value: self.config(**{key: value}),
            "host.remove_from_other_config": lambda ref, key: self.config(**{key: None}),
            "Async.VM.pool_migrate": self._does(self._moved, "Async.VM.pool_migrate"),
            "Async.VM.suspend": self._does(lambda ref: self._stands(ref, PowerState.SUSPENDED), "Async.VM.suspend"),
            "Async.VM.clean_shutdown": self._does(lambda ref: self._stands(ref, PowerState.HALTED), "Async.VM.clean_shutdown"),
            "Async.VM.start_on": self._does(lambda ref, to, *_rest: self._stands(ref, PowerState.RUNNING, to), "Async.VM.start_on"),
            "Async.VM.resume_on": self._does(lambda ref, to, *_rest: self._stands(ref, PowerState.RUNNING, to), "Async.VM.resume_on"),
            LOOK: {},
        }  # fmt: skip

    def machine(self, name: str, store: Any) -> VM:
        residents = list(self.one.resident_VMs)
        vm = machine(self.fake, self.one, store, self.house.lan)
        self.change(vm, name_label=name, allowed_operations=OFFERED)
        self.change(self.one, resident_VMs=[*residents, vm.ref])
        return vm

    def change(self, row: Any, **fields: Any) -> str:
        self.fake.change(row, **fields)
        return ""

    def config(self, **values: str | None) -> str:
        kept = {key: value for key, value in {**self.one.other_config, **values}.items() if value is not None}
        return self.change(self.one, other_config=kept)

    def _does(self, effect: Callable[..., object], method: str = "") -> Callable[..., Ref]:
        def answer(ref: Ref, *rest: Any) -> Ref:
            row = self.fake.home.one(VM, ref)
            if row is not None and f"{method} {row.name_label}" in self.fails:
                return self.fake.task("x", status=TaskStatus.FAILURE, error_info=["HOST_NOT_ENOUGH_FREE_MEMORY", "8", "4"])
            effect(ref, *rest)
            return self.fake.task("x", status=TaskStatus.SUCCESS, result="<value></value>")

        return answer

    def _moved(self, ref: Ref, to: Ref, _options: object) -> None:
        self._stands(ref, PowerState.RUNNING, to)

    def _stands(self, ref: Ref, state: PowerState, on: Ref = NULL_REF) -> None:
        vm = self.fake.home.one(VM, ref)
        assert vm is not None
        for one in self.fake.home.all(Host).values():
            self.change(one, resident_VMs=[*(other for other in one.resident_VMs if other != ref), *([ref] if one.ref == on else [])])
        self.change(vm, power_state=state, resident_on=on)

    def on(self) -> dict[str, str]:
        """{VM: host it is on, or its state}"""
        hosts = {one.ref: one.name_label for one in self.fake.home.all(Host).values()}
        return {vm.name_label: hosts.get(vm.resident_on, str(vm.power_state)) for vm in (self.web, self.db, self.tied)}


@pytest.fixture
async def busy() -> Busy:
    return Busy()


async def do(at: Busy, folder: Path, row: Any, **values: object) -> RunItem:
    desk = Desk(folder, at.fake)
    run = await desk.runner.run(desk.hire(Role.ADMIN), row, [at.one], values)
    await desk.runner.stop()
    (item,) = run.items
    return item


def suspending(at: Busy) -> dict[str, object]:
    return {"vms": [{"vm": at.tied.uuid, "how": "suspend"}]}


# ---- who goes where


def test_each_goes_where_most_is_free_and_who_cannot_is_named(busy: Busy) -> None:
    found = evacuate(busy.one)
    assert found.moves == {busy.web: busy.two, busy.db: busy.two}
    assert {vm: why.why for vm, why in found.stranded.items()} == {busy.tied: Bound.SR}
    assert found.coming(busy.two) == 16 * GIB and found.coming(busy.three) == 0


def test_a_wish_comes_first_and_what_no_longer_fits_is_said(busy: Busy) -> None:
    busy.fake.change(busy.web, memory_dynamic_max=60 * GIB)
    assert evacuate(busy.one, off=[busy.tied]).moves[busy.web] is busy.two
    wished = evacuate(busy.one, {busy.db: busy.two}, [busy.tied])
    assert wished.moves == {busy.db: busy.two}
    assert wished.stranded[busy.web].why is Bound.ROOM and wished.stranded[busy.web].free == 56 * GIB


def test_hosts_that_may_not_fail_meanwhile_are_found(busy: Busy) -> None:
    others = [busy.two, busy.three]
    assert finished(bound_by(busy.one, others)) == [busy.two]  # the third does not reach what they are on
    for vm in (busy.web, busy.db):
        busy._stands(vm.ref, PowerState.HALTED)
    assert finished(bound_by(busy.one, others)) == []  # the one that is tied would stop in any case


def test_a_running_vm_never_goes_back_to_an_older_platform(busy: Busy) -> None:
    busy.fake.change(busy.one, software_version={"platform_version": "3.4.0"})
    busy.fake.change(busy.two, software_version={"platform_version": "3.3.9"})
    assert {why.why for vm, why in evacuate(busy.one, off=[busy.tied]).stranded.items()} == {Bound.VERSION}


def test_who_cannot_move_has_to_be_decided_about(busy: Busy) -> None:
    said = "tied cannot migrate: local is not attached on any other host; choose what happens to it"
    assert faults("host.maintenance", busy.one) == [said]
    assert faults("host.maintenance", busy.one, **suspending(busy)) == []
    busy.fake.change(busy.tied, allowed_operations=frozenset({"hard_shutdown"}))
    assert faults("host.maintenance", busy.one, **suspending(busy)) == ["tied cannot do this now; choose something else"]
    assert faults("host.maintenance", busy.one, vms=[{"vm": busy.tied.uuid, "how": "force_off"}]) == []


def test_a_disk_that_no_other_host_reaches_may_move_along(busy: Busy) -> None:
    values: dict[str, Any] = {"vms": [{"vm": busy.tied.uuid, "how": "move", "host": busy.two.uuid}]}
    assert faults("host.maintenance", busy.one, **values) == []
    (moves,) = [step for step in steps_of("host.maintenance", busy.one, **values) if isinstance(step, Parallel)]
    methods = [[step.method for step in branch.plan() if isinstance(step, Call)] for branch in moves.branches]
    assert ["host.migrate_receive", "VM.assert_can_migrate", "VM.migrate_send"] in methods


def test_a_network_on_which_a_target_has_no_address_is_refused(busy: Busy) -> None:
    assert faults("host.maintenance", busy.one, network=busy.house.tagged.uuid, **suspending(busy)) == [
        "two has no address on tagged; choose another"
    ]


def test_another_host_leads_the_pool_before_its_master_is_emptied(busy: Busy) -> None:
    values = suspending(busy) | {"master": busy.two.uuid}
    assert faults("host.maintenance", busy.one, **values) == ["this host is not the master; leave it empty"]
    (pool,) = busy.fake.home.all(Pool).values()
    busy.fake.change(pool, master=busy.one.ref)
    assert faults("host.maintenance", busy.one, **values) == []
    assert [choice.label for choice in masters([busy.one]) if choice.refused is None] == ["three", "two"]
    new, waits, *rest = steps_of("host.maintenance", busy.one, **values)
    assert isinstance(new, Call) and (new.method, new.parameters) == ("pool.designate_new_master", (busy.two.ref,))
    assert isinstance(waits, Wait) and not waits.until() and "host.disable" in [step.method for step in rest if isinstance(step, Call)]
    busy.fake.change(pool, master=busy.two.ref)
    assert waits.until()
    busy.fake.change(pool, master=busy.one.ref, ha_enabled=True)
    assert faults("host.maintenance", busy.one, **values) == ["HA is on and chooses the master itself; turn HA off first"]


def test_after_a_wait_the_right_to_name_another_master_is_asked_again_too(busy: Busy) -> None:
    (pool,) = busy.fake.home.all(Pool).values()
    grants, eve = busy.fake.home.part(GrantTable), user(Role.ADMIN, "eve")
    run = Run(id=1, key="k", action=ENTER, user_id=eve.id, user_name=eve.name, address="", items=(), created=0.0)
    item = RunItem(subject=busy.one, uuid=busy.one.uuid, name="one", pool=busy.fake.server.id)
    item.request = EnterMaintenance(master=busy.two.uuid)
    assert taken(run, item, eve) is None
    role = OwnRole(id="leads", name="Leads", verbs=("pool.master",))
    grants.put([Grant(id="1", user_id=eve.id, role=role.id, kind=GrantKind.POOL, key=key_of(pool), deny=True)], roles=[role])
    assert "takes this away from you" in str(taken(run, item, eve))
    item.request = EnterMaintenance()
    assert taken(run, item, eve) is None


def test_what_is_done_after_the_new_master_serves_is_what_was_foretold(busy: Busy) -> None:
    (pool,) = busy.fake.home.all(Pool).values()
    busy.fake.change(pool, master=busy.one.ref)
    busy.change(busy.one, enabled=False)
    values = suspending(busy) | {"master": busy.two.uuid}
    foretold = [str(step.says) for step in steps_of("host.maintenance", busy.one, **values)]
    with read_by(lambda row: row is busy.one):
        assert not any("two" in str(step.says) for step in steps_of("host.maintenance", busy.one, **values)), "it is not seen by everybody"
    plan = ENTER.plan(decode(EnterMaintenance, values), busy.one)
    says = [str(next(plan).says), str(plan.send("").says)]
    busy.change(busy.one, enabled=True)  # as its toolstack does when it starts
    busy.change(busy.three, enabled=False)
    busy.machine("late", busy.house.local)
    assert [*says, *(str(step.says) for step in rehearse(plan))] == foretold


async def test_who_may_empty_a_host_alone_makes_nobody_the_master(busy: Busy, tmp_path: Path) -> None:
    (pool,) = busy.fake.home.all(Pool).values()
    busy.fake.change(pool, master=busy.one.ref)
    desk = Desk(tmp_path, busy.fake)
    eve = desk.hire(Role.VIEWER, "eve")
    busy.fake.home.part(GrantTable).put([Grant(id="1", user_id=eve.id, role="admin", kind=GrantKind.HOST, key=key_of(busy.one))])
    run = await desk.runner.run(eve, ENTER, [busy.one], suspending(busy) | {"master": busy.two.uuid})
    await desk.runner.stop()
    assert run.items[0].state is RunState.REFUSED and "this needs the role" in str(run.items[0].reason), run.items[0].reason
    assert busy.fake.sent == []


def test_the_commands_to_do_the_same_by_hand(busy: Busy) -> None:
    lines = xe_lines(steps_of("host.maintenance", busy.one, **suspending(busy)), busy.fake.home)
    assert f"xe host-param-set uuid={busy.one.uuid} other-config:MAINTENANCE_MODE=true" in lines
    assert f"xe host-disable uuid={busy.one.uuid}" in lines


# ---- there and back


async def test_a_host_is_emptied_and_all_come_back(busy: Busy, tmp_path: Path) -> None:
    item = await do(busy, tmp_path, ENTER, at_once=1, **suspending(busy))
    assert item.state is RunState.DONE, item.reason
    assert busy.on() == {"web": "two", "db": "two", "tied": "Suspended"} and not busy.one.enabled
    undone, kept = if_cancelled([item]).split(". These completed steps are not undone: ")
    assert "Putting one into maintenance mode" in undone and "Migrating web to two" in kept and "Checking" not in undone + kept
    assert busy.one.other_config[MODE] == "true"
    assert busy.one.other_config[List.SUSPENDED] == busy.tied.uuid
    assert set(busy.one.other_config[List.MIGRATED].split(",")) == {busy.web.uuid, busy.db.uuid}
    assert away_from(busy.one).total == 3
    item = await do(busy, tmp_path, BACK)
    assert item.state is RunState.DONE, item.reason
    assert set(busy.on().values()) == {"one"} and busy.one.enabled
    assert not busy.one.other_config and not away_from(busy.one).total


async def test_what_xencenter_wrote_is_brought_back(busy: Busy, tmp_path: Path) -> None:
    busy._stands(busy.web.ref, PowerState.RUNNING, busy.two.ref)
    busy._stands(busy.db.ref, PowerState.HALTED)
    gone = "00000000-0000-4000-8000-00000000dead"
    busy.config(**{MODE: "true", List.MIGRATED: f"{busy.web.uuid},{gone}", List.HALTED: busy.db.uuid})
    busy.change(busy.one, enabled=False)
    assert (await do(busy, tmp_path, BACK)).state is RunState.DONE
    assert busy.on()["web"] == busy.on()["db"] == "one" and not busy.one.other_config


def test_disks_stay_where_they_are_though_the_host_has_not_attached_their_sr_yet(busy: Busy) -> None:
    paths = [pbd for pbd in busy.one.all_of(PBD, busy.one.PBDs) if busy.house.shared.ref == pbd.SR]
    back = [PBD(host=pbd.host, SR=pbd.SR, currently_attached=False) for pbd in paths]
    for pbd in back:
        busy.fake.put(pbd)
    busy.change(busy.web, resident_on=busy.two.ref)
    busy.change(busy.one, PBDs=[pbd.ref for pbd in back], resident_VMs=[])
    (step, *_rest) = _migrating(BringBack(), busy.web, busy.one)
    assert isinstance(step, Wait) and str(step.says) == "Waiting until shared is attached on one" and not step.until()
    busy.change(back[0], currently_attached=True)
    assert step.until() and not isinstance(next(_migrating(BringBack(), busy.web, busy.one)), Wait)


def test_a_vm_with_a_nic_on_an_internal_network_stays_with_the_others_of_it(busy: Busy) -> None:
    inside = busy.fake.put(Network(name_label="inside"))
    busy.change(busy.fake.home.all(VIF)[busy.web.VIFs[0]], network=inside)
    busy.change(busy.fake.home.all(Network)[inside], VIFs=[busy.web.VIFs[0]])
    left = departures(EnterMaintenance(), busy.one).evacuation.stranded[busy.web]
    assert (left.why, left.what and name_of(left.what)) == (Bound.NETWORK, "inside")
    assert busy.web in finished(failover_steps([busy.one])).moves, "off by then, it may start anywhere"
    other = machine(busy.fake, busy.two, busy.house.shared, busy.house.lan)
    busy.change(busy.fake.home.all(VIF)[other.VIFs[0]], network=inside)
    busy.change(busy.fake.home.all(Network)[inside], VIFs=[busy.web.VIFs[0], other.VIFs[0]])
    assert departures(EnterMaintenance(), busy.one).evacuation.moves[busy.web] is busy.two


async def test_who_does_not_come_back_stays_on_the_list(busy: Busy, tmp_path: Path) -> None:
    await do(busy, tmp_path, ENTER, **suspending(busy))
    busy.fails.add("Async.VM.pool_migrate web")
    item = await do(busy, tmp_path, BACK)
    assert item.state is RunState.FAILED
    assert busy.on() == {"web": "two", "db": "one", "tied": "one"}
    assert busy.one.other_config == {List.MIGRATED: busy.web.uuid} and busy.one.enabled


async def test_nobody_is_written_down_who_is_not_to_come_back(busy: Busy, tmp_path: Path) -> None:
    item = await do(busy, tmp_path, ENTER, remember=False, **suspending(busy))
    assert item.state is RunState.DONE and busy.one.other_config == {MODE: "true"}
    assert (await do(busy, tmp_path, action("host.enable"))).state is RunState.DONE
    assert busy.one.other_config == {} and busy.one.enabled


# ---- what goes wrong

CALLS = ("host.add_to_other_config", "Async.host.disable", "Async.VM.pool_migrate", "Async.VM.suspend")


@pytest.mark.parametrize("method", CALLS)
async def test_each_call_fails_once_and_the_host_takes_vms_again(busy: Busy, tmp_path: Path, method: str) -> None:
    before = busy.fake.answers[method]
    failing = XapiFailure("INTERNAL_ERROR", ["x"])
    if method.startswith("Async."):
        busy.fake.answers[method] = ends_at_once(busy.fake, TaskStatus.FAILURE, "INTERNAL_ERROR", "x")
    else:
        busy.fake.answers[method] = failing
    item = await do(busy, tmp_path, ENTER, at_once=1, **suspending(busy))
    busy.fake.answers[method] = before
    assert item.state is RunState.FAILED and not item.left
    assert busy.one.enabled and MODE not in busy.one.other_config
    moved = sum(place == "two" for place in busy.on().values())
    assert moved == (2 if method == CALLS[-1] else 0) and away_from(busy.one).total == moved
    if moved:
        assert (await do(busy, tmp_path, BACK)).state is RunState.DONE
        assert set(busy.on().values()) == {"one"}


async def test_one_that_fails_ends_it_and_those_that_moved_are_offered_to_be_brought_back(busy: Busy, tmp_path: Path) -> None:
    busy.fails.add("Async.VM.pool_migrate db")
    item = await do(busy, tmp_path, ENTER, at_once=1, **suspending(busy))
    assert item.state is RunState.FAILED and "one is out of maintenance mode again" in str(item.reason)
    assert busy.on()["db"] == "one" and busy.on()["tied"] == "one" and busy.one.enabled
    assert [vm.name_label for vm in away_from(busy.one).migrated] == [name for name, place in busy.on().items() if place == "two"]


async def test_a_vm_in_the_way_is_named_and_nothing_is_changed(busy: Busy, tmp_path: Path) -> None:
    busy.fake.answers[LOOK] = {busy.web.ref: ["VM_LACKS_FEATURE", busy.web.ref], busy.tied.ref: ["VM_REQUIRES_SR", busy.tied.ref, "x"]}
    item = await do(busy, tmp_path, ENTER, **suspending(busy))
    assert str(item.reason) == (
        "web cannot be migrated to another host: the guest of web does not support this; install or start the guest tools"
    )
    assert busy.fake.sent == [LOOK]


async def test_a_judgement_of_memory_about_more_than_what_moves_stops_nothing(busy: Busy, tmp_path: Path) -> None:
    busy.fake.answers[LOOK] = {busy.web.ref: ["HOST_NOT_ENOUGH_FREE_MEMORY", "8", "4"]}
    assert (await do(busy, tmp_path, ENTER, **suspending(busy))).state is RunState.DONE


async def test_a_host_that_was_disabled_before_stays_so(busy: Busy, tmp_path: Path) -> None:
    busy.change(busy.one, enabled=False)
    busy.fails.add("Async.VM.pool_migrate web")
    assert (await do(busy, tmp_path, ENTER, **suspending(busy))).state is RunState.FAILED
    assert not {"Async.host.enable", "Async.host.disable"} & set(busy.fake.sent)


async def test_while_moves_may_go_on_the_host_takes_no_vms(busy: Busy, tmp_path: Path) -> None:
    busy.fake.answers["Async.VM.pool_migrate"] = Timeout("30 s")
    item = await do(busy, tmp_path, ENTER, **suspending(busy))
    assert item.state is RunState.LOST and "one is still in maintenance mode" in str(item.reason)
    assert "Async.host.enable" not in busy.fake.sent


async def test_a_pool_that_cannot_be_asked_is_told_all_the_same(busy: Busy, tmp_path: Path) -> None:
    busy.fake.answers[LOOK] = XapiFailure("MESSAGE_METHOD_UNKNOWN", [LOOK])
    assert (await do(busy, tmp_path, ENTER, **suspending(busy))).state is RunState.DONE


def test_an_empty_host_is_only_marked_and_disabled(fake: FakePool) -> None:
    one = host(fake, "one")
    assert calls_of("host.maintenance", one) == [
        ("host.add_to_other_config", (one.ref, MODE, "true")), ("host.disable", (one.ref,)),
    ]  # fmt: skip


async def test_a_simulated_host_is_emptied_and_filled_again(tmp_path: Path) -> None:
    """Over the wire; what cannot move is suspended or shut down."""
    with simulated((3,), (6,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            ann = bench.hire(user(Role.ADMIN, "root"))
            able = [host for host in bench.home.all(Host).values() if not ENTER.faults(decided(EnterMaintenance(), host), host)]
            one = max(able, key=lambda host: len(departures(EnterMaintenance(), host).evacuation.moves))
            wanted = decided(EnterMaintenance(), one)
            found = departures(wanted, one)
            run = await asyncio.wait_for(bench.runner.run(ann, ENTER, [one], wanted), 60)
            assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
            await bench.until(lambda: not one.enabled and away_from(one).total == len(found.evacuation.moves) + len(found.off))
            run = await asyncio.wait_for(bench.runner.run(ann, BACK, [one]), 60)
            assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
            await bench.until(lambda: one.enabled and not away_from(one).total)
