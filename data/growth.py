"""How an SR fills: its use once in a while, and when it will be full if it goes on so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

DAY = 86400.0
STEPS = ((0.0, 60.0), (7200.0, 3600.0), (7 * DAY, DAY))
"""(age, seconds between samples kept of that age on): a minute for two hours, an hour for a week, then a day."""
KEPT = 60 * DAY
LEAST = 1800.0
"""Seconds of samples that a forecast needs."""
STRAIGHT = 0.85
"""How much of what happened a straight line must explain (r squared), or there is no telling: a step explains 0.75."""
FAR = 3650.0
"""Days; what lies further ahead is never."""


class Sample(NamedTuple):
    t: float  # epoch seconds
    used: float  # bytes


def kept(samples: Sequence[Sample], new: Sample) -> list[Sample]:
    """`samples`, oldest first, with `new` at their end, thinned by age; without what was measured by a clock that was ahead."""
    found: list[Sample] = []
    for sample in (*samples, new):
        age = new.t - sample.t
        if age < 0:
            continue
        step = next(step for least, step in reversed(STEPS) if age >= least)
        if age < KEPT and (not found or sample.t - found[-1].t >= step * 0.9):
            found.append(sample)
    if not found or found[-1] is not new:
        found.append(new)
    return found


def days_until_full(samples: Sequence[Sample], size: float, now: float) -> float | None:
    """Days until the line through `samples` reaches `size`; None while it does not rise, or too little is known.

    The longest past that is straight counts: a step of yesterday is no trend, a slope of a week is one.
    """
    if not samples or size <= 0 or now - samples[0].t < LEAST:
        return None
    for span in (14 * DAY, 2 * DAY, 7200.0):
        recent = [sample for sample in samples if now - sample.t <= span]
        line = _line(recent) if len(recent) >= 5 and recent[-1].t - recent[0].t >= min(LEAST, span / 4) else None
        if line is not None:
            slope, straight = line
            if straight >= STRAIGHT and slope > 0:
                days = max(0.0, size - recent[-1].used) / slope / DAY
                return days if days < FAR else None
    return None


def _line(samples: Sequence[Sample]) -> tuple[float, float]:
    """(bytes a second, r squared) of the least squares through them."""
    n = len(samples)
    t0 = samples[0].t
    mean_t = sum(s.t - t0 for s in samples) / n
    mean_u = sum(s.used for s in samples) / n
    tt = sum((s.t - t0 - mean_t) ** 2 for s in samples)
    uu = sum((s.used - mean_u) ** 2 for s in samples)
    tu = sum((s.t - t0 - mean_t) * (s.used - mean_u) for s in samples)
    if tt == 0 or uu == 0:
        return 0.0, 0.0
    return tu / tt, tu * tu / (tt * uu)


def per_day(samples: Sequence[Sample]) -> float:
    """Bytes that it grew a day between the first and the last of them; 0 where they are of one moment."""
    if len(samples) < 2 or samples[-1].t <= samples[0].t:
        return 0.0
    return (samples[-1].used - samples[0].used) / (samples[-1].t - samples[0].t) * DAY
