"""A run ends once the mirror shows what it did, as far as the pool can tell; late events keep nobody for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.generation import DatabaseGeneration
from data.objects import VM, Pool, PowerState
from data.turns import give_way
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from tests.control.wired import Wired, wired
from tests.waiting import PATIENCE
from xo_dash.control.actions import action
from xo_dash.control.run import Run, RunState
from xo_dash.control.until_shown import UntilShown
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.xapi.errors import XapiFailure

INJECT = "event.inject"
RENAME = action("vm.rename")


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    """One for the whole file."""
    with simulated(hosts=(1,), vms=(2,)) as simulation:
        yield simulation.pool


def rename(bench: Wired, vm: VM, name: str) -> Run:
    return bench.runner.start(bench.ann, RENAME, [vm], {"name": name})


async def ended(bench: Wired, run: Run) -> None:
    await asyncio.wait_for(bench.runner.ended(run), PATIENCE)
    assert run.state is RunState.DONE, run.items[0].reason


async def test_a_run_whose_events_come_late_ends_with_them(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = bench.halted()
        bench.hears.clear()
        run = rename(bench, vm, "renamed")
        while not run.ended and await bench.connection.call("VM.get_name_label", vm.ref) != "renamed":
            await give_way()
        bench.hears.set()
        await ended(bench, run)
        assert vm.name_label == "renamed"


async def test_a_pool_that_cannot_tell_is_asked_once_and_not_waited_for(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = bench.halted()
        lab.fault(INJECT, error=["MESSAGE_METHOD_UNKNOWN", INJECT], count=1)
        bench.hears.clear()
        for name in ("mute", "silent"):  # the second time it would answer, and the event never come
            await ended(bench, rename(bench, vm, name))
        assert vm.name_label not in ("mute", "silent")


async def test_events_that_do_not_come_are_waited_for_a_moment(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path, shown_within=0.05) as bench:
        bench.hears.clear()
        await ended(bench, rename(bench, bench.halted(), "late"))


@pytest.mark.parametrize(
    ("action_id", "asks"), [("vm.rename", True), ("vm.start", False)], ids=["answered at once", "by a task whose end was heard of"]
)
async def test_only_what_no_event_told_of_is_asked_about(tmp_path: Path, action_id: str, asks: bool) -> None:
    fake = FakePool()
    fake.put(Pool())
    vm = fake.vm(state=PowerState.HALTED)
    fake.home.part(DatabaseGeneration).reach(7)
    fake.answers = {INJECT: "00000000000000000007,00000000000000000000", "Async.VM.start": ends_at_once(fake)}
    desk = Desk(tmp_path, fake)
    run = await desk.runner.run(desk.hire(), action(action_id), [vm], {"name": "new"} if asks else {})
    assert run.state is RunState.DONE and (INJECT in fake.sent) is asks
    await desk.runner.stop()


async def test_what_ends_meanwhile_shares_one_question() -> None:
    fake = FakePool()
    fake.put(Pool())
    reading = fake.home.part(DatabaseGeneration)
    reading.reach(1)
    fake.answers[INJECT] = lambda *_: f"{len(fake.sent):020d},{0:020d}"
    shown = UntilShown(fake.mirror, lambda _server: fake, PATIENCE)
    one = asyncio.create_task(shown.wait({fake.server.id}))
    await one  # generation 1 is there already
    first = asyncio.create_task(shown.wait({fake.server.id}))
    await fake.until(2)
    others = [asyncio.create_task(shown.wait({fake.server.id})) for _ in range(20)]
    await fake.until(2)
    assert not any(task.done() for task in (first, *others))
    reading.reach(2)
    await fake.until(3)
    await first
    assert not any(task.done() for task in others), "their question was asked after theirs had begun"
    reading.reach(3)
    await asyncio.gather(*others)
    assert fake.sent == [INJECT] * 3


@pytest.mark.parametrize("answer", ["rubbish", "", XapiFailure("HANDLE_INVALID", ["pool", "x"])])
async def test_an_answer_that_cannot_be_read_ends_nothing(answer: object) -> None:
    fake = FakePool()
    fake.put(Pool())
    fake.home.part(DatabaseGeneration).reach(1)
    fake.answers[INJECT] = answer
    shown = UntilShown(fake.mirror, lambda _server: fake, PATIENCE)
    await shown.wait({fake.server.id})
    await shown.wait({fake.server.id})
    assert fake.sent == [INJECT] * 2
