"""Recurring work keeps its rhythm, whatever happens to a run or to the wall clock."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from apscheduler.events import EVENT_JOB_ERROR

from tests.clock import WallClock
from tests.waiting import PATIENCE
from xo_dash.sync.schedule import Schedule

DAY = 86400.0
BRISK = 0.01


class Runs:
    """Work that counts; a run ends when it may."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._news = asyncio.Condition()

    async def work(self) -> None:
        self.begun += 1
        async with self._news:
            self._news.notify_all()
        await self.may_end.wait()

    async def more(self, runs: int) -> None:
        """Wait for so many more."""
        wanted = self.begun + runs
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self.begun >= wanted)


@pytest.fixture
async def schedule() -> AsyncIterator[Schedule]:
    schedule = Schedule()
    schedule.start()
    yield schedule
    await schedule.stop()


@pytest.mark.parametrize("jump", [-600.0, 31 * DAY, -365 * DAY], ids=["ten minutes back", "a month forward", "a year back"])
async def test_a_clock_that_is_set_changes_nothing(schedule: Schedule, wall_clock: WallClock, jump: float) -> None:
    rhythmic, lasting = Runs(), Runs()
    schedule.every(BRISK, "rhythmic", rhythmic.work)
    schedule.always("lasting", lasting.work)
    await asyncio.gather(rhythmic.more(2), lasting.more(2))
    wall_clock.set_by(jump)
    await asyncio.gather(rhythmic.more(3), lasting.more(3))


async def test_what_is_added_after_the_clock_was_set_runs_too(schedule: Schedule, wall_clock: WallClock) -> None:
    wall_clock.set_by(-600)
    runs = Runs()
    schedule.every(BRISK, "late", runs.work)
    await runs.more(3)


async def test_a_job_that_fell_behind_runs_once(schedule: Schedule, caplog: pytest.LogCaptureFixture) -> None:
    behind, beside = Runs(), Runs()
    schedule.every(BRISK, "behind", behind.work)
    schedule.every(BRISK, "beside", beside.work)
    behind.may_end.clear()
    await beside.more(10)
    held = behind.begun
    assert held <= 1
    behind.may_end.set()
    await behind.more(1)
    before = beside.begun
    await behind.more(5)
    assert beside.begun - before >= 2  # those that it missed do not follow one upon the other
    assert not caplog.records


async def test_a_run_that_fails_is_named_in_the_log(
    schedule: Schedule, caplog: pytest.LogCaptureFixture, error_log: list[logging.LogRecord]
) -> None:
    ended = asyncio.Event()
    schedule._scheduler.add_listener(lambda _event: ended.set(), EVENT_JOB_ERROR)

    async def fail() -> None:
        raise RuntimeError("no luck")

    schedule.always("the unlucky one", fail)
    await asyncio.wait_for(ended.wait(), PATIENCE)
    assert "the unlucky one" in caplog.text
    error_log.clear()


async def test_what_is_forgotten_may_come_back_while_its_last_run_ends(schedule: Schedule, caplog: pytest.LogCaptureFixture) -> None:
    old, new = Runs(), Runs()
    old.may_end.clear()
    schedule.always("poll", old.work)
    await old.more(1)
    schedule.forget("poll")
    schedule.always("poll", new.work)
    await new.more(2)
    old.may_end.set()
    await new.more(2)
    assert old.begun == 1 and not caplog.records


async def test_what_is_forgotten_runs_no_more(schedule: Schedule) -> None:
    gone, beside = Runs(), Runs()
    schedule.every(BRISK, "gone", gone.work)
    schedule.every(BRISK, "beside", beside.work)
    await gone.more(2)
    schedule.forget("gone")
    await beside.more(1)
    before = gone.begun
    await beside.more(5)
    assert gone.begun == before
