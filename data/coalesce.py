"""How often a browser hears of changes: the first at once, those that follow gathered, ten times a second at most."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final
from weakref import WeakMethod

INTERVAL: Final = 0.1
"""Seconds from one burst to the next."""
EARLY: Final = 0.1
"""Share of it by which a timer may come too soon."""


class Coalescer:
    """Calls `burst` as soon as the turn of the loop ends, then every INTERVAL while it says that there was something."""

    def __init__(self, burst: Callable[[], bool]) -> None:
        """`burst`: a method, held weakly, since whose it is has this pace."""
        self._burst = WeakMethod(burst)
        self._busy = False

    def wake(self) -> None:
        """There is something to tell."""
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        burst = self._burst()
        self._busy = burst is not None and burst()
        if self._busy:
            loop = asyncio.get_running_loop()
            loop.call_at(next_burst(loop.time()), self._run)


def next_burst(now: float) -> float:
    """The loop's time of the next one: all keep the same step, so that a browser gets what several tell it as one message."""
    return (math.floor(now / INTERVAL + EARLY) + 1) * INTERVAL
