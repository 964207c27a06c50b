"""What is read of the measurements of hosts, whatever they were written in: rows of numbers that are held to their bounds.

A row has the size of the legend, times are moments, and there are no more rows than a host keeps: whatever is
computed with what is read here needs no bounds of its own.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from xo_dash.xapi.errors import BadReply

Row: TypeAlias = "array[float]"

LARGEST: Final = 3e38
"""More than this is infinite in a row."""
SIGNED: Final = 3 if sys.byteorder == "little" else 0
"""Of the four bytes of a value that with its sign, which is the highest bit."""
MOST_ROWS: Final = 3000
"""Of one archive; the longest that a host keeps has 366."""
LATEST: Final = 1e11
"""Epoch seconds that no clock shows."""


@dataclass(frozen=True, slots=True)
class Legend:
    """Names of the values of each row: `FUNCTION:vm|host|sr:uuid:data source`."""

    key: int  # two of one key are equal; it means nothing to another process
    width: int  # how many there are
    entries: Sequence[str]

    def forgotten(self) -> Legend:
        """Without the names, which take much room: it still tells whether the next one is the same."""
        return replace(self, entries=())


@dataclass(slots=True)
class Export:
    """Samples as they come, each row of one time."""

    legend: Legend
    times: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    is_clean: bool = True
    """Whether every value can be: none is less than zero, without end or no number."""

    def add(self, t: float, values: Sequence[float]) -> None:
        fits = len(values) == self.legend.width and len(self.rows) < MOST_ROWS and 0 <= t < LATEST
        check(fits, "measurements do not fit their legend")
        row = array("f", values)
        self.times.append(t)
        self.rows.append(row)
        # the bytes with signs are ASCII where none is set; and with NaN among them a sum is not less than anything
        self.is_clean = self.is_clean and row.tobytes()[SIGNED::4].isascii() and sum(values) < LARGEST


@dataclass(slots=True)
class Archive:
    cf: str = ""
    pdp_per_row: float = 0.0
    rows: list[Row] = field(default_factory=list)  # oldest first; each has a value of every source

    def add(self, row: Row, sources: int) -> None:
        check(len(row) == sources and len(self.rows) < MOST_ROWS, "an archive that does not fit its sources")
        self.rows.append(row)


@dataclass(slots=True)
class Whole:
    """All archives of one object."""

    step: float = 0.0
    last_update: float = 0.0  # epoch seconds
    sources: list[str] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)


def legend_of(key: int, entries: Sequence[str]) -> Legend:
    return Legend(key, len(entries), entries)


def block_of(rows: Iterable[Row]) -> Row:
    """All of them one after the other: of `n` values each, the column at a place is `block[place::n]`, without an object for each value."""
    block: Row = array("f")
    for row in rows:
        block.extend(row)
    return block


def check(true: bool, otherwise: str) -> None:
    if not true:
        raise BadReply(otherwise)
