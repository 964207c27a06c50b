"""The newest samples of one object: all of its series in one block of memory, each sample at its own place."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

STEP = 5.0
"""Seconds between samples of the finest archive."""
LENGTH = 120
"""Samples kept: ten minutes."""

MOST_SERIES = 2000
"""Of one object: more than a host with hundreds of networks and SRs has."""
MOST_SHARED = 64
"""Series of an object whose names others may have too, as VMs have: what they are called is kept once for all of them."""

_GAP: Final = array("f", (math.nan,)) * LENGTH


class Series:
    """One quantity of one object as it is now: LENGTH samples, STEP apart, oldest first; a gap is NaN."""

    __slots__ = ("last_step", "values")

    def __init__(self, last_step: int, values: array[float]) -> None:
        self.last_step = last_step
        """The step of the newest sample: epoch seconds / STEP; 0 for none."""
        self.values = values

    @property
    def end(self) -> float:
        """Epoch seconds of the newest sample; 0 for none."""
        return self.last_step * STEP

    def until(self, step: int) -> array[float]:
        """LENGTH samples up to `step`, which is not before the newest."""
        late = min(LENGTH, step - self.last_step)
        return self.values[late:] + _GAP[:late]

    def points(self, after: float = 0.0) -> list[tuple[float, float]]:
        """[(epoch seconds, value)] from the moment `after` on, oldest first, gaps left out."""
        first = self.last_step - LENGTH + 1
        start = max(0, math.ceil(after / STEP) - first)
        return [((first + at) * STEP, value) for at, value in enumerate(self.values[start:], start) if not math.isnan(value)]


class Layout:
    """Which series stand where in a row of samples; those of which each sample is the same stand in one place."""

    __slots__ = ("places", "width")

    def __init__(self, places: Mapping[str, int]) -> None:
        self.places = places
        self.width = 1 + max(places.values(), default=-1)


class Block(Mapping[str, "array[float]"]):
    """Successive samples of several series, row by row: {name: samples}."""

    __slots__ = ("layout", "rows")

    def __init__(self, columns: Mapping[str, array[float]]) -> None:
        """`columns`: all equally long; what is one array, as a sum of one part is, stands in the rows once."""
        self.layout, self.rows = _woven(columns)

    @classmethod
    def several(cls, columns: Mapping[str, array[float]], count: int) -> list[Block]:
        """Of `count` objects that have the same series: in each of `columns` the samples of one stand behind those of the other."""
        layout, rows = _woven(columns)
        size = len(rows) // count
        return [cls._of(layout, rows[number * size : (number + 1) * size]) for number in range(count)]

    @classmethod
    def _of(cls, layout: Layout, rows: array[float]) -> Block:
        made = cls.__new__(cls)
        made.layout, made.rows = layout, rows
        return made

    def __getitem__(self, name: str) -> array[float]:
        return self.rows[self.layout.places[name] :: self.layout.width]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout.places)

    def __len__(self) -> int:
        return len(self.layout.places)

    @property
    def length(self) -> int:
        """Samples of each."""
        return len(self.rows) // (self.layout.width or 1)


def _woven(columns: Mapping[str, array[float]]) -> tuple[Layout, array[float]]:
    """Columns as rows."""
    places, distinct = _places_of(columns)
    width = len(distinct)
    rows = array("f", bytes(4 * width * len(distinct[0]))) if distinct else array("f")
    for place, column in enumerate(distinct):
        rows[place::width] = column
    return _layout_of(places), rows


def _places_of(columns: Mapping[str, array[float]]) -> tuple[dict[str, int], list[array[float]]]:
    """({name: place}, the different columns in their order)"""
    places: dict[str, int] = {}
    known: dict[int, int] = {}  # {id of a column: its place}
    distinct: list[array[float]] = []
    for name, column in columns.items():
        place = known.get(id(column))
        if place is None:
            if len(distinct) == MOST_SERIES:
                break
            place = known[id(column)] = len(distinct)
            distinct.append(column)
        places[name] = place
    return places, distinct


def _layout_of(places: dict[str, int]) -> Layout:
    return _shared(tuple(places), tuple(places.values())) if len(places) <= MOST_SHARED else Layout(places)


@lru_cache(maxsize=512)
def _shared(names: tuple[str, ...], places: tuple[int, ...]) -> Layout:
    return Layout(dict(zip(names, places, strict=True)))


_EMPTY: Final = Layout({})


class Samples(Mapping[str, Series]):
    """{name: series} of one object. Half a kilobyte a series.

    The samples of a step are a row, at the place that is the remainder of the step by LENGTH: nothing ever moves.
    """

    __slots__ = ("_end", "_layout", "_rows")

    def __init__(self) -> None:
        self._end = 0  # the newest step
        self._layout = _EMPTY
        self._rows = array("f")

    def __getitem__(self, name: str) -> Series:
        column, oldest = self._rows[self._layout.places[name] :: self._layout.width], (self._end + 1) % LENGTH
        return Series(self._end, column[oldest:] + column[:oldest])

    def __contains__(self, name: object) -> bool:
        return name in self._layout.places

    def __iter__(self) -> Iterator[str]:
        return iter(self._layout.places)

    def __len__(self) -> int:
        return len(self._layout.places)

    @property
    def last_step(self) -> int:
        """The newest step; 0 for none."""
        return self._end

    def newest(self, name: str) -> float:
        """The newest sample; NaN where there is none."""
        place = self._layout.places.get(name)
        return math.nan if place is None else self._rows[self._end % LENGTH * self._layout.width + place]

    def extend(self, block: Block, first: int) -> None:
        """Store successive samples from the step `first` on; what is too old is ignored, who has none has a gap.

        Measured again, the newest replace what was there: they are seen before they are whole.
        """
        alike = block.layout is self._layout or self._has_made_room(block)
        end = first + block.length  # the step after the last
        if end > self._end + 1:
            self._move_on(end - 1, first if alike else end)
        begin = max(first, self._end - LENGTH + 1)
        while begin < end:  # twice where it comes around
            at = begin % LENGTH
            count = min(end - begin, LENGTH - at)
            (self._put_rows if alike else self._put_columns)(block, range(begin - first, begin - first + count), at)
            begin += count

    def _put_rows(self, block: Block, steps: range, at: int) -> None:
        """Those steps of a block, from the row `at` on."""
        width = self._layout.width
        self._rows[at * width : (at + len(steps)) * width] = block.rows[steps.start * width : steps.stop * width]

    def _put_columns(self, block: Block, steps: range, at: int) -> None:
        """The same where other series have their places between."""
        width = self._layout.width
        for name, column in block.items():
            place = self._layout.places[name]
            self._rows[at * width + place : (at + len(steps)) * width : width] = column[steps.start : steps.stop]

    def _move_on(self, last: int, given: int) -> None:
        """The newest step is `last` from now on; what lies between, before the step `given`, is a gap."""
        width = self._layout.width
        gap = array("f", (math.nan,)) * width
        for step in range(max(self._end + 1, last - LENGTH + 1), given):
            at = step % LENGTH * width
            self._rows[at : at + width] = gap
        self._end = last

    def _has_made_room(self, block: Block) -> bool:
        """Take its series in; those that ended stay while they have samples. Whether its rows are like ours then."""
        if block.layout.places == self._layout.places:
            return True
        before = {name: self._rows[place :: self._layout.width] for name, place in self._layout.places.items()}
        ended = [name for name, known in before.items() if name not in block and not all(map(math.isnan, known))]
        del ended[max(0, MOST_SERIES - block.layout.width) :]  # by then a host has made up names for a while
        places = {**block.layout.places, **{name: block.layout.width + number for number, name in enumerate(ended)}}
        if places != self._layout.places:
            self._layout = _layout_of(places) if ended else block.layout
            self._rows = array("f", (math.nan,)) * (LENGTH * self._layout.width)
            for name in before.keys() & places.keys():
                self._rows[places[name] :: self._layout.width] = before[name]
        return not ended
