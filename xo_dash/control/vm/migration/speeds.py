"""How fast migrations were, between pools and within them: measured at those that are done, for the estimates of the next."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from data.types import Ref
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


class MovedVM(NamedTuple):
    """What an object of a run moves."""

    route: MigrationRoute
    bytes: int
    host: Ref  # that sends it; NULL_REF where nobody knows which


class MigrationPace(NamedTuple):
    """How far one is, by XAPI's account of its task."""

    moved: int  # bytes
    total: int
    speed: float  # bytes per second since it began
    left: float  # seconds; NaN while nobody can tell


class SendingHost:
    """What a host sends on one route; those under way share what it can send."""

    def __init__(self) -> None:
        self.count = 0  # under way
        self._at = 0.0  # seconds since 1970, of the last change
        self._had = 0.0

    def changed(self, by: int, at: float) -> float:
        """One more or one less. Returns the seconds of the host's whole speed that each under way has had so far."""
        if self.count:
            self._had += max(0.0, at - self._at) / self.count
        self._at = max(at, self._at)
        self.count += by
        return self._had


class MigrationSpeeds:
    """Of this program's migrations since it started: what a host sends in all, however many share that."""

    def __init__(self, of_run: Callable[[RunItem], MovedVM | None]) -> None:
        """`of_run`: what an object of a run moves, and where; None for what is no migration."""
        self._of_run = of_run
        self._hosts: dict[tuple[MigrationRoute, Ref], SendingHost] = {}
        self._under_way: dict[RunItem, tuple[MovedVM, float]] = {}  # with what `changed` said when it began
        self._seen: dict[MigrationRoute, deque[float]] = {}

    def of(self, route: MigrationRoute) -> float:
        """Bytes per second, in the middle of the last ones; 0 if there was none."""
        seen = sorted(self._seen.get(route, ()))
        return seen[len(seen) // 2] if seen else 0.0

    def pace(self, item: RunItem, now: float) -> MigrationPace | None:
        """Of a migration whose bytes are on their way; None for anything else. `now`: seconds since 1970."""
        known, step = self._under_way.get(item), next((step for step in item.steps if step.state is RunState.RUNNING), None)
        if known is None or step is None or not known[0].bytes or not step.progress:
            return None
        total, taken = known[0].bytes, max(0.0, now - step.began)
        moved = int(total * step.progress)
        speed = moved / taken if taken else 0.0
        return MigrationPace(moved, total, speed, (total - moved) / speed if speed else math.nan)

    def follow(self, run: Run) -> None:
        """Something of a run is different."""
        for item in run.items:
            if item.state is RunState.RUNNING and item.request is not None and item not in self._under_way:
                if (moved := self._of_run(item)) is not None:  # as long as it is where it was
                    host = self._hosts.setdefault((moved.route, moved.host), SendingHost())
                    self._under_way[item] = moved, host.changed(1, item.started)
            elif item.state.ended and (known := self._under_way.pop(item, None)) is not None:
                self._end(*known, item)

    def _end(self, moved: MovedVM, began: float, item: RunItem) -> None:
        key = moved.route, moved.host
        seconds = self._hosts[key].changed(-1, item.ended) - began
        if not self._hosts[key].count:
            del self._hosts[key]
        if item.state is RunState.DONE and moved.bytes >= LEAST and seconds > 0:
            self._seen.setdefault(moved.route, deque(maxlen=KEPT)).append(moved.bytes / seconds)
