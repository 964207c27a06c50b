"""Two clocks: people and time servers set the one on the wall; the steady one only goes on.

Durations are taken from the steady one. A moment that is shown, stored or compared with XAPI's is of the wall; where it is kept to
be compared later, it moves along when the clock is set.
"""

from __future__ import annotations

import time
from typing import Final

_GOES_ON: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where the system has it, one that counts the time it slept."""
LEAST: Final = 1.0
"""Seconds; by less a clock is not set but adjusted."""


class SteadyClock:
    """Seconds since 1970 as of its making, and from there on whatever the clock on the wall does."""

    def __init__(self) -> None:
        self._epoch = time.time() - time.clock_gettime(_GOES_ON)

    def __call__(self) -> float:
        return self._epoch + time.clock_gettime(_GOES_ON)

    @property
    def was_set(self) -> bool:
        """Whether `set_by` would tell of something."""
        return abs(time.time() - self()) >= LEAST

    def set_by(self) -> float:
        """Seconds by which the clock on the wall was set since the last call, and follow it; below zero: back."""
        ahead = time.time() - self()
        if abs(ahead) < LEAST:
            return 0.0
        self._epoch += ahead
        return ahead
