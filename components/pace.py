"""How often a browser hears of changes: the first at once, those that follow gathered, and the longer they go on the more of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from weakref import WeakMethod

INTERVAL: Final = 0.1
"""Seconds from the first burst to the second."""
SLOWEST: Final = 0.3
"""Seconds between two bursts where they have no end: a message costs the same whether one change is in it or three."""


class Pace:
    """Calls `burst` as soon as the turn of the loop ends, then after INTERVAL and longer while it says that there was something."""

    def __init__(self, burst: Callable[[], bool]) -> None:
        """`burst`: a method, held weakly, since whose it is has this pace."""
        self._burst = WeakMethod(burst)
        self._busy = False
        self._pause = INTERVAL

    def wake(self) -> None:
        """There is something to tell."""
        if not self._busy:
            self._busy, self._pause = True, INTERVAL
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        burst = self._burst()
        self._busy = burst is not None and burst()
        if self._busy:
            asyncio.get_running_loop().call_later(self._pause, self._run)
            self._pause = min(2 * self._pause, SLOWEST)
