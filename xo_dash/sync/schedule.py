"""The program's recurring work: the loop's clock says when, APScheduler runs it and tells how it ended.

APScheduler by itself goes by the wall clock, which people and time servers set: an interval would be longer or shorter by as
much. So its jobs are paused for good, and its executor is given one when that is due. Only what people schedule by date may follow
the wall clock.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler

Work = Callable[[], Awaitable[None]]

AFTER_A_CRASH: Final = 1.0
"""Seconds that a run which died is followed by nothing, at least."""
OVERDUE: Final = datetime.fromtimestamp(0, UTC)
"""When a job that is due was to run: whatever the wall clock says."""


@dataclass(slots=True)
class _ScheduledJob:
    id: str  # another one each time that the name is scheduled
    name: str
    interval: float  # seconds between the beginnings of two runs
    job: Job  # paused
    is_due: Callable[[], bool]  # whether there is anything to run for
    began: float = 0.0  # of the last run, by the loop's clock
    timer: asyncio.TimerHandle | None = None  # of the next run; None while one is under way


class Schedule:
    """Jobs on the running loop, never two runs of one at once. A job that fell behind runs once, and keeps its rhythm from there."""

    def __init__(self) -> None:
        self._executor = AsyncIOExecutor()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "misfire_grace_time": None}, executors={"default": self._executor}
        )
        self._scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        self._jobs: dict[str, _ScheduledJob] = {}  # by name
        self._serial = itertools.count(1)

    def start(self) -> None:
        self._scheduler.start()
        for job in self._jobs.values():
            self._plan(job, 0.0)

    async def stop(self) -> None:
        """No new runs; those under way are cancelled."""
        for name in list(self._jobs):
            self.forget(name)
        if self._scheduler.running:
            self._scheduler.pause()
            await asyncio.sleep(0)  # what was about to begin begins: cancelled before, it would be a crash in the log
            self._scheduler.shutdown(wait=False)

    def every(self, seconds: float, name: str, work: Work, is_due: Callable[[], bool] = lambda: True) -> None:
        """Run `work` now and in this rhythm; not when there is nothing to do, which must be cheap to tell."""
        self.forget(name)

        async def run() -> None:
            try:
                await work()
            except asyncio.CancelledError:
                if self._jobs.get(name) is job:
                    raise  # nobody meant it: APScheduler logs it, and the next run takes over

        id_ = f"{name} #{next(self._serial)}"
        paused = self._scheduler.add_job(run, id=id_, name=name, next_run_time=None)
        job = self._jobs[name] = _ScheduledJob(id_, name, seconds, paused, is_due)
        if self._scheduler.running:
            self._plan(job, 0.0)

    def always(self, name: str, work: Work) -> None:
        """Have a run of `work` under way at all times: the next starts when one has ended, however it ended."""
        self.every(0.0, name, work)

    def forget(self, name: str) -> None:
        """No further runs; that of one under way may be cancelled now without a word in the log."""
        job = self._jobs.pop(name, None)
        if job is not None and job.timer is not None:
            job.timer.cancel()
        if job is not None:
            with suppress(JobLookupError):
                self._scheduler.remove_job(job.id)

    def _plan(self, job: _ScheduledJob, due: float) -> None:
        """Let it begin at `due`, by the loop's clock."""
        job.timer = asyncio.get_running_loop().call_at(due, self._begin, job)

    def _begin(self, job: _ScheduledJob) -> None:
        job.timer, job.began = None, asyncio.get_running_loop().time()
        if job.is_due():
            self._executor.submit_job(job.job, [OVERDUE])
        else:
            self._plan(job, job.began + job.interval)

    def _ended(self, event: JobExecutionEvent) -> None:
        job = next((job for job in self._jobs.values() if job.id == event.job_id), None)
        if job is not None:
            pause = AFTER_A_CRASH if event.code == EVENT_JOB_ERROR else 0.0
            self._plan(job, max(job.began + job.interval, asyncio.get_running_loop().time() + pause))
