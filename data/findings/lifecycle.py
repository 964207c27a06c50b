"""One rule on one subject over time: how long it lasts, when it is told, and when it is over."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from data.findings.finding import Limits, Reading
from data.level import Level

DAMPING = 300.0
"""Seconds: what comes back so soon has not been away, and from then on must be calm for so long to be over."""


@dataclass(frozen=True, slots=True)
class FindingState:
    """`level` is what is told; NONE while it is too young, or calm again and only remembered."""

    since: float  # epoch seconds of its beginning
    level: Level
    reading: Reading
    calm_since: float | None = None
    flaps: bool = False

    def moved(self, seconds: float) -> FindingState:
        """The same, by a clock that was set by so much."""
        return replace(self, since=self.since + seconds, calm_since=None if self.calm_since is None else self.calm_since + seconds)

    def due(self, hold: float) -> float:
        """When time alone makes something else of it, in epoch seconds; infinite for never."""
        if self.calm_since is not None:
            return self.calm_since + DAMPING
        return self.since + hold if self.level is Level.NONE else math.inf


def transition(
    old: FindingState | None, reading: Reading | None, limits: Limits, *, margin: float, hold: float, now: float
) -> FindingState | None:
    """What follows from `old` when `reading` is what is seen now (None: nothing); None when there is nothing to remember."""
    level = _level(old, reading, limits, margin)
    if reading is None or level is Level.NONE:
        return _calm(old, now)
    if old is None:
        return FindingState(now, level if hold <= 0 else Level.NONE, reading)
    if old.calm_since is not None:
        away = old.level is Level.NONE
        old = replace(old, calm_since=None, flaps=old.flaps or away, level=level if away else old.level)
    told = old.level is not Level.NONE or now - old.since >= hold
    return replace(old, level=level if told else Level.NONE, reading=reading)


def _level(old: FindingState | None, reading: Reading | None, limits: Limits, margin: float) -> Level:
    """With hysteresis: a level that was told stays until the value is `margin` below its limit."""
    if reading is None:
        return Level.NONE
    level = limits.level(reading.value)
    if old is None or old.level <= level or not margin:
        return level
    return max(level, min(old.level, limits.level(reading.value + margin)))


def _calm(old: FindingState | None, now: float) -> FindingState | None:
    if old is None or (old.level is Level.NONE and old.calm_since is None):
        return None  # it never was told
    if old.calm_since is None:
        return replace(old, calm_since=now, level=old.level if old.flaps else Level.NONE)
    return None if now - old.calm_since >= DAMPING else old
