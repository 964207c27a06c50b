"""The last ten minutes of one quantity as a short text, made once for all who show it: a sparkline on its way to a browser."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Final

from data.samples import LENGTH, Samples, Series

EVERY: Final = 3
"""Samples of which one point is the mean: a trace becomes another every 15 seconds."""
POINTS: Final = 40
LEVELS: Final = 40
GAP: Final = " "
FIRST: Final = 48
"""The character of level 0; those up to level 39 need no escape in JSON."""


class Sparklines:
    """By key; each is made anew when its newest point is another."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[int, str]] = {}

    def of(self, key: Hashable, parts: Sequence[tuple[Samples, str]], most: float = 0) -> str:
        """Of the sum of series, each by its name in what it is of; `most` is the upper edge, 0 for the highest."""
        last = max((samples.last_step for samples, _name in parts), default=0) // EVERY
        known = self._made.get(key)
        if known is None or known[0] != last:
            known = self._made[key] = (last, text(means([samples[name] for samples, name in parts], last), most))
        return known[1]

    def forget(self, key: Hashable) -> None:
        self._made.pop(key, None)


def means(parts: Sequence[Series], last: int) -> list[float]:
    """The last POINTS means of whole groups of EVERY samples before group `last`; NaN where nothing was measured."""
    sums = [math.nan] * POINTS
    for series in parts:
        first = series.last_step - LENGTH + 1
        for point in range(POINTS):
            start = (last - POINTS + point) * EVERY - first
            known = [value for value in series.values[max(0, start) : max(0, start + EVERY)] if not math.isnan(value)]
            if known:
                mean = sum(known) / len(known)
                sums[point] = mean if math.isnan(sums[point]) else sums[point] + mean
    return sums


def text(points: Sequence[float], most: float = 0) -> str:
    """A character a point; "" where nothing was measured."""
    highest = most or max((point for point in points if not math.isnan(point)), default=0.0)
    if all(math.isnan(point) for point in points):
        return ""
    scale = (LEVELS - 1) / highest if highest > 0 else 0.0
    return "".join(GAP if math.isnan(point) else chr(FIRST + min(LEVELS - 1, round(max(0.0, point) * scale))) for point in points).rstrip()
