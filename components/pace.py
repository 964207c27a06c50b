"""How often a browser hears of changes: the first at once, those that follow gathered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

INTERVAL: Final = 0.1
"""Seconds between two bursts."""


class Pace:
    """Calls `burst` as soon as the turn of the loop ends, then every INTERVAL for as long as it says that there was something."""

    def __init__(self, burst: Callable[[], bool]) -> None:
        self._burst = burst
        self._busy = False

    def wake(self) -> None:
        """There is something to tell."""
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        self._busy = self._burst()
        if self._busy:
            asyncio.get_running_loop().call_later(INTERVAL, self._run)
