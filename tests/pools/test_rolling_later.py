"""Rolling runs that wait by themselves: for a VM that is busy, and for the time at which they begin."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from data.objects import VM, PowerState
from data.stores.users import Role
from tests.control.fake_pool import Users, user
from tests.networks.place import Place
from tests.pools.rolling_checks import checks, refused
from tests.pools.rolling_runs import EVE, AheadLoop, at_rest, one_life, rebooting, until
from xo_dash.control.host.departures import LeavingVM
from xo_dash.control.rolling.busy import REST, TRIES, passes
from xo_dash.control.rolling.check import Gravity
from xo_dash.control.rolling.engine import NotStarted
from xo_dash.control.rolling.later import AGAIN, LATE, LOOKS
from xo_dash.control.rolling.pauses import NOBODY, NOT_DONE, TOO_LATE, answers_to, reason_of
from xo_dash.control.rolling.request import RollHosts, hosts_in
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingState, TurnState
from xo_dash.control.run import RunItem, RunState
from xo_dash.xapi.errors import XapiFailure

Scene = Callable[[AheadLoop, Path], Awaitable[None]]


def busy(place: Place) -> VM:
    vm = place.fake.vm(
        "web-1", PowerState.RUNNING, resident_on=place.hosts[0].ref, allowed_operations=frozenset(),
        current_operations={"OpaqueRef:t": "snapshot"},
    )  # fmt: skip
    place.fake.change(place.hosts[0], resident_VMs=[vm.ref])
    return vm


async def a_vm_is_busy(loop: AheadLoop, folder: Path) -> None:
    place = Place()
    rebooting(place, returns=lambda _host: True)
    vm = busy(place)
    asked = RollHosts(pause_first=False, left_out=tuple(host.uuid for host in place.hosts[1:]))
    (line,) = [one for one in checks(asked, place.pool) if one.gravity is Gravity.AUTOMATIC]
    assert str(line.what) == "web-1 is busy: a snapshot of it is being taken" and refused(asked, place.pool) is None
    async with one_life(place.fake.mirror, lambda _server: place.fake, Users({EVE.id: EVE}), folder) as (engine, runner):
        made = await engine.start(EVE, asked, place.pool)
        assert isinstance(made, Rolling), str(made)
        await until(engine, lambda: made.turns[0].waiting == "web-1 is busy: a snapshot of it is being taken")
        assert not runner.runs and made.turns[0].state is TurnState.WAITING
        place.fake.answers["Async.host.disable"] = XapiFailure("OTHER_OPERATION_IN_PROGRESS", ["VM", vm.ref])
        place.fake.change(place.hosts[0], resident_VMs=[])
        place.fake.change(vm, current_operations={}, power_state=PowerState.HALTED)
        await loop.passes(REST + 1, lambda: at_rest(made))
        assert made.paused == NOT_DONE and place.fake.sent.count("Async.host.disable") == TRIES + 1 == len(runner.runs)
        rebooting(place, returns=lambda _host: True)
        assert engine.answer(EVE, made, "again") is None
        await until(engine, lambda: made.ended > 0)
        assert made.turns[0].state is TurnState.DONE


async def a_vm_cannot_move_yet(loop: AheadLoop, folder: Path) -> None:
    place = Place()
    rebooting(place, returns=lambda _host: True)
    vm = busy(place)
    place.fake.change(vm, current_operations={})  # its tools do not respond yet
    asked = RollHosts(pause_first=False, left_out=tuple(host.uuid for host in place.hosts[1:]), vms=(LeavingVM(vm=vm.uuid, how="suspend"),))
    assert str(refused(asked, place.pool)) == "web-1 cannot leave host-1"
    turn = HostTurn(host=place.hosts[0].uuid, name="host-1")
    item = RunItem(subject=place.hosts[0], uuid="", name="", pool="", state=RunState.REFUSED)
    plain = RollHosts(left_out=asked.left_out)
    assert passes(turn, item, plain, place.hosts[0])
    turn.tries = TRIES
    assert not passes(turn, item, plain, place.hosts[0])
    turn.tries = 0
    place.fake.change(vm, power_state=PowerState.PAUSED)
    assert not passes(turn, item, plain, place.hosts[0]), "that does not pass by itself"


async def it_begins_at_its_time(loop: AheadLoop, folder: Path) -> None:
    place, now = Place(), time.time()
    rebooting(place, returns=lambda _host: True)
    users = Users({EVE.id: EVE})
    one, two, three = hosts_in(RollHosts(), place.pool)
    asked = RollHosts(pause_first=False, begins=now + 7200, order=(three.uuid, two.uuid, one.uuid))

    def clock() -> float:
        return now + loop.ahead

    life = (place.fake.mirror, lambda _server: place.fake, users, folder, clock)
    async with one_life(*life) as (engine, _runner):
        past = await engine.start(EVE, RollHosts(begins=now - 1), place.pool)
        assert isinstance(past, NotStarted) and "choose a later one" in str(past.reason)
        made = await engine.start(EVE, asked, place.pool)
        assert isinstance(made, Rolling), str(made)
        assert made.state is RollingState.SCHEDULED and answers_to(made) == ("go_on", "stop")
        assert [turn.name for turn in made.turns] == [one.name_label, three.name_label, two.name_label], "the master is first"
        assert "a rolling run of this pool" in str(engine.why_not(EVE, asked, place.pool, await engine.assess(asked, place.pool)))
    async with one_life(*life) as (engine, _runner):  # our restart
        (again,) = engine.runs
        assert again.state is RollingState.SCHEDULED and not place.fake.sent
        users[EVE.id] = user(Role.OPERATOR, "eve")
        loop.ahead += 7201
        await until(engine, lambda: again.why is not None)
        assert again.state is RollingState.SCHEDULED, "it is looked again by itself"
        loop.ahead += AGAIN + LOOKS
        await until(engine, lambda: at_rest(again))
        assert reason_of(again) == f"It cannot begin: {NOBODY}" and again.began < again.due <= clock()
        users[EVE.id] = EVE
        place.fake.change(place.hosts[1], enabled=False)
        assert engine.answer(EVE, again, "go_on") is None
        await until(engine, lambda: "maintenance mode" in reason_of(again))
        place.fake.change(place.hosts[1], enabled=True)
        assert engine.answer(EVE, again, "go_on") is None
        await until(engine, lambda: again.ended > 0)
        assert [turn.state for turn in again.turns] == [TurnState.DONE] * 3 and again.began > asked.begins
        late = await engine.start(EVE, RollHosts(begins=clock() + 60), place.pool)
        assert isinstance(late, Rolling), str(late)
    loop.ahead += 60 + LATE + 1
    async with one_life(*life) as (engine, _runner):  # we were away at its time
        late = engine.runs[-1]
        await until(engine, lambda: at_rest(late))
        assert late.paused == TOO_LATE and "It should have begun at" in reason_of(late)
        assert engine.answer(EVE, late, "stop") is None
        await until(engine, lambda: late.ended > 0)
        assert {turn.state for turn in late.turns} == {TurnState.WAITING} and late.restored


@pytest.mark.parametrize("scene", [a_vm_is_busy, a_vm_cannot_move_yet, it_begins_at_its_time], ids=lambda scene: scene.__name__)
def test_it_waits_by_itself(scene: Scene, tmp_path: Path) -> None:
    loop = AheadLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as program:
        program.run(scene(loop, tmp_path))  # type: ignore[arg-type]
