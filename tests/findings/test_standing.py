"""A rule over time: held back while young, stubborn near its limit, damped when it flaps."""

import math

import pytest

from data.findings.finding import Limits, Reading
from data.findings.lifecycle import DAMPING, FindingState, transition
from data.level import Level

LIMITS = Limits(warning=0.85, critical=0.95)


def play(values: list[tuple[float, float | None]], *, hold: float = 0, margin: float = 0.02) -> list[Level]:
    """The levels that are told as (time, value) go by; None is "nothing seen"."""
    told, standing = [], None
    for now, value in values:
        reading = None if value is None else Reading(value)
        standing = transition(standing, reading, LIMITS, margin=margin, hold=hold, now=now)
        told.append(standing.level if standing else Level.NONE)
    return told


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.849, Level.NONE), (0.85, Level.WARNING), (0.949, Level.WARNING), (0.95, Level.CRITICAL), (math.nan, Level.NONE)],
)
def test_limits(value: float, level: Level) -> None:
    assert LIMITS.level(value) is level


def test_it_is_told_when_it_has_lasted() -> None:
    assert play([(0, 0.9), (59, 0.9), (60, 0.9)], hold=60) == [Level.NONE, Level.NONE, Level.WARNING]
    assert play([(0, 0.9), (30, None), (60, 0.9), (90, 0.9)], hold=60) == [Level.NONE] * 4, "a pause begins it anew"


def test_it_stays_until_it_is_well_below_the_limit() -> None:
    assert play([(0, 0.86), (1, 0.84), (2, 0.829)]) == [Level.WARNING, Level.WARNING, Level.NONE]
    assert play([(0, 0.96), (1, 0.94), (2, 0.92)]) == [Level.CRITICAL, Level.CRITICAL, Level.WARNING]


def test_what_comes_and_goes_is_told_until_it_was_calm_for_long() -> None:
    flapping = [(0, 0.9), (10, None), (20, 0.9), (30, None), (30 + DAMPING - 1, None), (30 + DAMPING, None)]
    assert play(flapping) == [Level.WARNING, Level.NONE, Level.WARNING, Level.WARNING, Level.WARNING, Level.NONE]


def test_its_age_is_that_of_its_beginning_though_it_was_away_for_a_moment() -> None:
    standing: FindingState | None = None
    for now, value in ((100.0, 0.9), (110.0, 0.1), (120.0, 0.96)):
        standing = transition(standing, Reading(value), LIMITS, margin=0, hold=0, now=now)
    assert standing is not None
    assert (standing.since, standing.level) == (100.0, Level.CRITICAL)
    assert transition(standing, None, LIMITS, margin=0, hold=0, now=130.0) is not None
