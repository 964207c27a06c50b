"""The pool's time: real, faster, or turned by hand.

`speed` is simulated seconds a real second: 1 is real time, 60 a minute a second, 0 stands still until `advance`.
While `instant` is set nobody waits at all: that is how an inventory is built. `jump` sets the date forward or back, as somebody with
`date` does or a clock that was wrong: who sleeps sleeps as long as before.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

EARLY = 0.002  # real seconds by which a loop's timers may ring too early: uvloop counts whole milliseconds


@dataclass(order=True, slots=True)
class Sleeper:
    until: float
    number: int
    future: asyncio.Future[None] = field(compare=False)
    handle: asyncio.TimerHandle | None = field(default=None, compare=False)


class Clock:
    """Seconds since the epoch, as the pool sees them."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self.speed = speed
        self.instant = False
        self._simulated = time.time() if start is None else start  # simulated time, without jumps, ...
        self._real = time.monotonic()  # ... at this real one
        self._jumped = 0.0
        self._sleepers: list[Sleeper] = []
        self._count = 0

    def now(self) -> float:
        return self._steady() + self._jumped

    def _steady(self) -> float:
        return self._simulated + (time.monotonic() - self._real) * self.speed

    def iso(self) -> str:
        """Now, as XAPI writes dates."""
        return iso(self.now())

    def jump(self, seconds: float) -> None:
        """Another date from now on, earlier if `seconds` is negative; nobody wakes of it."""
        self._jumped += seconds

    def set_speed(self, speed: float) -> None:
        """Who sleeps now sleeps on at the new speed."""
        self._simulated, self._real = self._steady(), time.monotonic()
        self.speed = speed
        for sleeper in self._sleepers:
            self._arm(sleeper)

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """A future that is done after `seconds` of simulated time."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if self.instant or seconds <= 0:
            future.set_result(None)
            return future
        self._count += 1
        sleeper = Sleeper(self._steady() + seconds, self._count, future)
        heapq.heappush(self._sleepers, sleeper)
        self._arm(sleeper)
        return future

    async def advance(self, seconds: float) -> None:
        """Turn the clock by hand: everyone due wakes in order, and what they start in turn."""
        end = self._steady() + seconds
        await settle()
        while self._sleepers and self._sleepers[0].until <= end:
            sleeper = self._sleepers[0]
            self._simulated, self._real = max(self._steady(), sleeper.until), time.monotonic()
            self._wake()
            await settle()
        self._simulated, self._real = max(self._steady(), end), time.monotonic()
        self._wake()
        await settle()

    def _arm(self, sleeper: Sleeper) -> None:
        if sleeper.handle:
            sleeper.handle.cancel()
            sleeper.handle = None
        if self.speed > 0:
            wait = max(0.0, sleeper.until - self._steady()) / self.speed
            sleeper.handle = sleeper.future.get_loop().call_later(wait, self._wake)

    def _wake(self) -> None:
        now = self._steady() + max(1e-6, EARLY * self.speed)
        while self._sleepers and (self._sleepers[0].until <= now or self._sleepers[0].future.done()):
            sleeper = heapq.heappop(self._sleepers)
            if sleeper.handle:
                sleeper.handle.cancel()
            if not sleeper.future.done():
                sleeper.future.set_result(None)
        if self._sleepers and self.speed > 0:
            self._arm(self._sleepers[0])  # again: its timer may have been the one that rang too early


async def settle() -> None:
    """Let everything that can run now run."""
    for _ in range(12):
        await asyncio.sleep(0)


def iso(seconds: float) -> str:
    """20260131T12:00:00Z"""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H:%M:%SZ")
