"""How far a transfer is, how fast it goes, and how long it will take."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

SPAN: Final = 5.0
"""Seconds over which the speed is taken."""
OFTEN: Final = 0.25
"""Seconds between two looks at it."""


class ByteCounter:
    """Counts bytes. `told` is called now and then."""

    def __init__(self, total: int, told: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        """`total`: bytes; 0 if nobody knows, then XAPI says how far it is."""
        self.total = total
        self.moved = 0
        self._told = told
        self._clock = clock
        self._began = clock()
        self._last = self._began  # when something moved
        self._looks: deque[tuple[float, int]] = deque([(self._began, 0)], maxlen=int(SPAN / OFTEN))
        self._share = 0.0  # by XAPI's own account

    def add(self, count: int) -> None:
        now = self._clock()
        if count:
            self.moved += count
            self._last = now
        if now - self._looks[-1][0] >= OFTEN:
            self._looks.append((now, self.moved))
            self._told()

    def look(self) -> None:
        """To be called where nothing has moved for a while, which is worth telling."""
        if self.is_stalled:
            self._told()

    def shared(self, fraction: float) -> None:
        """How far it is, as XAPI says."""
        self._share = fraction
        if not self.total:
            self._told()

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return min(1.0, self.moved / self.total) if self.total else self._share

    @property
    def idle(self) -> float:
        """Seconds since the last byte."""
        return self._clock() - self._last

    @property
    def is_stalled(self) -> bool:
        """Whether nothing has moved for so long that there is no speed to tell."""
        return self.idle >= SPAN

    @property
    def speed(self) -> float:
        """Bytes per second over the last seconds."""
        if self.is_stalled:
            return 0.0
        (since, before), now = self._looks[0], self._clock()
        return (self.moved - before) / (now - since) if now > since else 0.0

    @property
    def left(self) -> float:
        """Seconds; NaN while nobody can tell."""
        if self.total:
            return (self.total - self.moved) / self.speed if self.speed > 0 else math.nan
        return (self._clock() - self._began) * (1 - self._share) / self._share if self._share > 0 else math.nan
