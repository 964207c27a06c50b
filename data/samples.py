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


class Samples(Mapping[str, Series]):
    """{name: series} of one object. Half a kilobyte a series; those that are given one array, as a sum of one part is, take it once.

    The sample of a step stands at the remainder of the step by LENGTH in its series' part of the block: nothing ever moves.
    """

    __slots__ = ("_end", "_places", "_values")

    def __init__(self) -> None:
        self._end = 0  # the newest step
        self._places: Mapping[str, int] = {}  # {name: where its part of the block begins}
        self._values = array("f")

    def __getitem__(self, name: str) -> Series:
        at, oldest = self._places[name], (self._end + 1) % LENGTH
        return Series(self._end, self._values[at + oldest : at + LENGTH] + self._values[at : at + oldest])

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def last_step(self) -> int:
        """The newest step; 0 for none."""
        return self._end

    def newest(self, name: str) -> float:
        """The newest sample; NaN where there is none."""
        at = self._places.get(name)
        return math.nan if at is None else self._values[at + self._end % LENGTH]

    def extend(self, columns: Mapping[str, array[float]], first: int) -> None:
        """Store successive samples, all of the same steps from `first` on; what is too old is ignored, who has none has a gap.

        Measured again, the newest replace what was there: they are seen before they are whole.
        """
        count = len(next(iter(columns.values()), ()))
        parts = self._parts(columns)
        last = first + count - 1
        if last > self._end:
            self._move_on(last, first if len(parts) * LENGTH == len(self._values) else last + 1)
        begin = max(first, self._end - LENGTH + 1)
        at = begin % LENGTH
        for place, column in parts.items():
            known = column[begin - first :] if begin > first else column
            ahead = min(len(known), LENGTH - at)  # the rest comes around
            if ahead == len(known):
                self._values[place + at : place + at + ahead] = known
            else:
                self._values[place + at : place + LENGTH] = known[:ahead]
                self._values[place : place + len(known) - ahead] = known[ahead:]

    def _move_on(self, last: int, given: int) -> None:
        """The newest step is `last` from now on; what lies between, before the step `given`, is a gap."""
        gap = range(max(self._end + 1, last - LENGTH + 1), given)
        for at in range(0, len(self._values), LENGTH):
            for step in gap:
                self._values[at + step % LENGTH] = math.nan
        self._end = last

    def _parts(self, columns: Mapping[str, array[float]]) -> dict[int, array[float]]:
        """{where a part of the block begins: what comes there}, after room was made where there is none yet."""
        parts: dict[int, array[float]] = {}
        for name, column in columns.items():
            at = self._places.get(name, -1)
            if at < 0 or parts.setdefault(at, column) is not column:
                return self._made_room(columns)
        return parts

    def _made_room(self, columns: Mapping[str, array[float]]) -> dict[int, array[float]]:
        """There are new series, or two that were one: another block, with what is known. Of series that ended, those with samples stay."""
        before = {name: self._values[at : at + LENGTH] for name, at in self._places.items()}
        ended = {name: known for name, known in before.items() if name not in columns and not all(map(math.isnan, known))}
        found: dict[int, int] = {}  # {id of an array: where it comes}
        places = {
            name: found.setdefault(id(column), len(found) * LENGTH) for name, column in [*columns.items(), *ended.items()][:MOST_SERIES]
        }
        self._places = _shared(tuple(places), tuple(places.values())) if len(places) <= MOST_SHARED else places
        self._values = array("f", (math.nan,)) * (len(found) * LENGTH)
        for name, at in places.items():
            if name in before:
                self._values[at : at + LENGTH] = before[name]
        return {places[name]: column for name, column in columns.items() if name in places}


@lru_cache(maxsize=512)
def _shared(names: tuple[str, ...], places: tuple[int, ...]) -> Mapping[str, int]:
    return dict(zip(names, places, strict=True))
