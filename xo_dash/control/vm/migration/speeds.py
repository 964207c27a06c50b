"""How fast migrations were, between pools and within them: measured at those that are done, for the estimates of the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from xo_dash.control.run import Run, RunItem, RunState

KEPT: Final = 5
"""Migrations of one route that count."""
LEAST: Final = 64 << 20
"""Bytes: of less the speed says nothing."""


class MigrationRoute(NamedTuple):
    """From the pool of one key to that of another, or within one."""

    source: str
    target: str
    with_disks: bool


class MigrationSpeeds:
    """Of this program's migrations since it started."""

    def __init__(self, of_run: Callable[[RunItem], tuple[MigrationRoute, int] | None]) -> None:
        """`of_run`: on which route an object of a run moves, and how many bytes; None for what is no migration."""
        self._of_run = of_run
        self._under_way: dict[RunItem, tuple[MigrationRoute, int]] = {}
        self._seen: dict[MigrationRoute, deque[float]] = {}

    def of(self, route: MigrationRoute) -> float:
        """Bytes per second, in the middle of the last ones; 0 if there was none."""
        seen = sorted(self._seen.get(route, ()))
        return seen[len(seen) // 2] if seen else 0.0

    def follow(self, run: Run) -> None:
        """Something of a run is different."""
        for item in run.items:
            if item.state is RunState.RUNNING and item.request is not None and item not in self._under_way:
                if (moved := self._of_run(item)) is not None:  # as long as it is where it was
                    self._under_way[item] = moved
            elif item.state.ended and (known := self._under_way.pop(item, None)) is not None:
                self._note(*known, item)

    def _note(self, route: MigrationRoute, amount: int, item: RunItem) -> None:
        if item.state is RunState.DONE and amount >= LEAST and item.ended > item.started:
            self._seen.setdefault(route, deque(maxlen=KEPT)).append(amount / (item.ended - item.started))
