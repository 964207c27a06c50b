"""APScheduler as we use it: jobs that follow one another without a gap, and never two of a kind at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler

Work = Callable[[], Awaitable[None]]

AFTER_A_CRASH = 1.0
"""Seconds until a run that died has a successor."""


class Schedule:
    """The program's recurring work, on the running loop."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None})
        self._scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self._names: set[str] = set()
        self._lasting: set[str] = set()

    def start(self) -> None:
        self._scheduler.start()

    async def stop(self) -> None:
        """No new runs; those under way are cancelled."""
        self._names.clear()
        self._lasting.clear()
        if self._scheduler.running:
            self._scheduler.pause()
            await asyncio.sleep(0)  # what was about to begin begins: cancelled before, it would be a crash in the log
            self._scheduler.shutdown(wait=False)

    def every(self, seconds: float, name: str, work: Work) -> None:
        """Run `work` in this rhythm; a run that is late is left out."""
        self._add(name, work, seconds)

    def always(self, name: str, work: Work, longest: float) -> None:
        """Have a run of `work` under way at all times: the next starts when one has ended, however it ended.

        `longest`: seconds; more than a run takes. The net under it, should the word of an end be lost.
        """
        self._lasting.add(name)
        self._add(name, work, longest)

    def forget(self, name: str) -> None:
        """No further runs; that of one under way may be cancelled now without a word in the log."""
        self._names.discard(name)
        self._lasting.discard(name)
        with suppress(JobLookupError):
            self._scheduler.remove_job(name)

    def _add(self, name: str, work: Work, seconds: float) -> None:
        async def run() -> None:
            try:
                await work()
            except asyncio.CancelledError:
                if name in self._names:
                    raise  # nobody meant it: APScheduler logs it, and the next run takes over

        self._names.add(name)
        self._scheduler.add_job(run, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))

    def _ended(self, event: JobExecutionEvent) -> None:
        if event.job_id in self._lasting:
            pause = 0.0 if event.code == EVENT_JOB_EXECUTED else AFTER_A_CRASH
            with suppress(JobLookupError):
                self._scheduler.modify_job(event.job_id, next_run_time=datetime.now(UTC) + timedelta(seconds=pause))
