"""The runs that there are, and who is told how they go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from data.observers import Observers, Unsubscribe
from xo_dash.control.run import Run

RUNS_KEPT = 200
"""Ended runs that stay to be looked at."""


class RunList:
    """In the order in which they were given; those of before a restart first."""

    def __init__(self) -> None:
        self._runs: deque[Run] = deque()
        self._observers: Observers[[Run]] = Observers()
        self._serial = 0

    @property
    def all(self) -> tuple[Run, ...]:
        """Those under way and the last ended."""
        return tuple(self._runs)

    def observe(self, observer: Callable[[Run], None]) -> Unsubscribe:
        return self._observers.add(observer)

    def tell(self, run: Run) -> None:
        """Something of it has changed."""
        self._observers.tell(run)

    def fresh_id(self) -> int:
        """For a new run; unique since the program started."""
        self._serial += 1
        return self._serial

    def add(self, run: Run) -> None:
        self._runs.append(run)

    def add_earlier(self, run: Run) -> None:
        """One that was given before this program started."""
        self._runs.appendleft(run)

    def forget_old(self) -> list[Run]:
        """Those that are in the list no longer; what nobody has seen of before a restart stays."""
        ended = [run for run in self._runs if run.ended and (run.dismissed or not run.recalled)]
        old = ended[: max(0, len(ended) - RUNS_KEPT)]
        for run in old:
            self._runs.remove(run)
        return old
