"""Samples of one series, oldest first, and arithmetic of several, sample by sample: what is NaN does not count, all NaN is a gap."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import TypeAlias

from data.history import NAN

Column: TypeAlias = "array[float]"


def total(columns: Sequence[Column]) -> Column:
    return _by_sample(columns, math.fsum)


def mean(columns: Sequence[Column]) -> Column:
    return _by_sample(columns, lambda values: math.fsum(values) / len(values))


def weighted(columns: Sequence[tuple[Column, int]]) -> Column:
    """Their mean, each as much as its weight."""
    weights = [weight for _column, weight in columns]

    def at(values: tuple[float, ...]) -> float:
        known = [(value * weight, weight) for value, weight in zip(values, weights, strict=True) if not math.isnan(value)]
        return sum(value for value, _weight in known) / sum(weight for _value, weight in known) if known else NAN

    return array("f", map(at, zip(*(column for column, _weight in columns), strict=True)))


def least(columns: Sequence[Column]) -> Column:
    return _by_sample(columns, min)


def most(columns: Sequence[Column]) -> Column:
    return _by_sample(columns, max)


def _by_sample(columns: Sequence[Column], function: Callable[[list[float]], float]) -> Column:
    if len(columns) == 1:
        return columns[0]
    known = ([value for value in values if not math.isnan(value)] for values in zip(*columns, strict=True))
    return array("f", (function(values) if values else NAN for values in known))


def in_pairs(first: Column, second: Column, function: Callable[[float, float], float]) -> Column:
    return array("f", (NAN if math.isnan(a) or math.isnan(b) else function(a, b) for a, b in zip(first, second, strict=True)))


def seconds(microseconds: Column) -> Column:
    return array("f", (value / 1e6 for value in microseconds))
