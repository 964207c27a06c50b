"""Which rows of a long list a browser gets: the newest that fit what it asks for, and more as it scrolls."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from components.lists.period import Period, read_period
from components.lists.rows import ListRow, TableSpec
from data.types import XapiObject
from data.views.view import is_present

T = TypeVar("T", bound=XapiObject)

FIRST: Final = 500
"""Rows that are sent at first."""
LONGEST: Final = 200
"""Characters that one may search for."""
BY_UUID: Final = 3
"""Longer words are also the beginning of a uuid."""
SLICE: Final = 25
"""Rows whose texts are made before others have a turn."""
GLANCE: Final = 1000
"""... that are looked at without making their texts."""


class ListQuery(NamedTuple):
    """What a browser asks for."""

    text: str = ""
    segment: str = ""
    period: Period = Period()
    room: float = FIRST
    """How many rows at most; infinite for all."""
    oldest: bool = False
    """Those that come last, instead."""

    @classmethod
    def read(cls, told: object) -> ListQuery:
        """What a browser sends may be anything."""
        match told:
            case [str() as text, str() as segment, begin, end, room, oldest]:
                most = max(FIRST, room) if isinstance(room, int) else math.inf
                return cls(text[:LONGEST].lower(), segment, read_period([begin, end]), most, oldest is True)
        return cls()

    @property
    def words(self) -> list[str]:
        return self.text.split()

    def narrows(self, other: ListQuery) -> bool:
        """Whether whatever fits this fits `other`, as far as one can tell without looking: somebody types on."""
        typed = self.text == other.text or (self.text.startswith(other.text) and all(len(word) > BY_UUID for word in other.words))
        return typed and other.segment in ("", self.segment) and other.period in (Period(), self.period)


class Window(Generic[T]):
    """All rows of a list, newest first; and those of them that fit.

    What takes long goes on in slices: exhaust the iterators before anything else is asked of it.
    """

    def __init__(self, spec: TableSpec[T]) -> None:
        assert spec.newest is not None  # noqa: S101  # whoever makes one has looked
        self._spec, self._newest = spec, spec.newest
        self._known: dict[T, tuple[float, str, Sequence[str]]] = {}  # minus its time, its reference, its segments
        self._texts: dict[T, str] = {}  # of those that somebody searched
        self._order: list[T] = []
        self.asked = ListQuery()
        self.fit: list[T] = []
        """All rows that fit what is asked for, newest first."""
        self.counts: Counter[str] = Counter()
        """Of all rows, by segment."""

    @property
    def size(self) -> int:
        """Of all rows, whether they fit or not."""
        return len(self._order)

    @property
    def shown(self) -> Sequence[T]:
        """What the browser should have."""
        if math.isinf(self.asked.room):
            return self.fit
        room = int(self.asked.room)
        return self.fit[: -room - 1 : -1] if self.asked.oldest else self.fit[:room]

    def fill(self, rows: Iterable[T]) -> Iterator[None]:
        """Begin anew with these; pauses after every slice."""
        self._known, self._texts, self._order, self.counts = {}, {}, [], Counter()
        for number, row in enumerate(rows, 1):
            self._add(row)
            if number % GLANCE == 0:
                yield
        self._order.sort(key=self._known.__getitem__)
        yield from self._find(self._order)

    def ask(self, asked: ListQuery) -> Iterator[None]:
        """Have what fits this; pauses after every slice."""
        before, self.asked = self.asked, asked
        if before[:3] != asked[:3]:
            yield from self._find(self.fit if asked.narrows(before) else self._order)

    def take(self, touched: Iterable[T]) -> Iterator[None]:
        """These are new, other than they were, or gone; pauses after every slice."""
        rows = list(touched)
        for begin in range(0, len(rows), SLICE):
            self._replace(dict.fromkeys(rows[begin : begin + SLICE]))
            yield

    def _replace(self, rows: dict[T, None]) -> None:
        for row in rows:
            if (known := self._known.pop(row, None)) is not None:
                self.counts.subtract(known[2])
            self._texts.pop(row, None)
        self._order = [row for row in self._order if row not in rows]
        self.fit = [row for row in self.fit if row not in rows]
        for row in rows:
            if self._add(row) and self._fits(row):
                self.fit.append(row)
        self._order.sort(key=self._known.__getitem__)
        self.fit.sort(key=self._known.__getitem__)

    def _add(self, row: T) -> bool:
        """Whether it belongs here."""
        if not is_present(row) or not self._spec.belongs(row):
            return False
        known = self._known[row] = (-self._newest.when(row), row.ref, self._newest.segments(row))
        self._order.append(row)
        self.counts.update(known[2])
        return True

    def _find(self, among: Iterable[T]) -> Iterator[None]:
        found, slice_ = [], SLICE if self.asked.text else GLANCE
        for number, row in enumerate(among, 1):
            if row in self._known and self._fits(row):
                found.append(row)
            if number % slice_ == 0:
                yield
        self.fit = found

    def _fits(self, row: T) -> bool:
        asked, (before, _ref, segments) = self.asked, self._known[row]
        at = -before
        if asked.segment and asked.segment not in segments:
            return False
        if asked.period != Period() and not (at and asked.period.has(at, at)):
            return False
        return not asked.text or self._is_found(row)

    def _is_found(self, row: T) -> bool:
        text = self._texts.get(row)
        if text is None:
            text = self._texts[row] = searched(self._spec.row(row))
        return all(word in text or (len(word) > BY_UUID and row.uuid.startswith(word)) for word in self.asked.words)


def searched(row: ListRow) -> str:
    """What a row is found by, as in listing.js."""
    return "\n".join([row.words, *(cell.text for cell in row.cells)]).lower()
