"""What a list shows: its columns, and how an object becomes a row of texts in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

from data.changes import Change
from data.relations import Reads
from data.types import XapiObject

T = TypeVar("T", bound=XapiObject)

Wire = str | dict[str, object]


class Cell(NamedTuple):
    """A text, and what stands beside it. Nothing in it is markup. A tuple: a key that is NaN is the same as before to it."""

    text: str = ""
    key: float | str | None = None  # what it is sorted by; its text if None, last of all if NaN
    path: str = ""  # makes it a link
    mark: str = ""  # a shape of components.ui.Mark before it
    share: float | None = None  # a bar before it, 0 to 1
    tone: str = ""  # warning, critical or dim
    tip: str = ""
    since: float | None = None  # epoch seconds: the text is how long ago that was, and stays true

    def wire(self) -> Wire:
        """As the browser gets it: the text alone where that is all."""
        named = {"k": self.key, "p": self.path, "m": self.mark, "s": self.share, "c": self.tone, "i": self.tip, "t": self.since}
        given: dict[str, object] = {name: _plain(value) for name, value in named.items() if value not in (None, "")}
        return {"x": self.text, **given} if given else self.text


def _plain(value: object) -> object:
    """JSON has no NaN: it is null, which is sorted last."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) and abs(value) < 1 else round(value) if math.isfinite(value) else None


class ListRow(NamedTuple):
    cells: Sequence[Cell]  # one for each column
    segments: Sequence[str] = ()  # keys of TableSpec.segments
    words: str = ""  # what it is found by besides its texts


@dataclass(frozen=True, slots=True)
class ListColumn:
    title: str
    width: str = "minmax(90px, 1fr)"
    """A track of CSS with one length in px."""
    number: bool = False
    down: bool = False
    """The first click sorts from the largest."""
    main: bool = False
    brief: bool = False
    """On a narrow screen it is part of the second line; `main` is the first."""
    drop: int = 0
    """Where there is not the room, 1 gives way first, then 2; 0 stays."""
    figure: bool = False
    """Its texts say little without the title, which goes before them on a second line; so do those of `down`."""
    short: str = ""
    """What it is called there, if that is less than the title."""
    dated: bool = False
    """Beside an age of more than a day stands when that was."""
    beside: int = 38
    """Pixels for the text beside a bar, so that the bars of a column end together."""


@dataclass(frozen=True, slots=True)
class Newest(Generic[T]):
    """What orders and tells apart the rows of a list that is long, without their texts: the newest are sent first."""

    when: Callable[[T], float]
    """Epoch seconds, the same for as long as there is the row."""
    segments: Callable[[T], Sequence[str]]


def _everything(_row: XapiObject) -> bool:
    return True


def _nothing(_row: XapiObject) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class TableSpec(Generic[T]):
    """The rows of a list. `row` is called again for what of its object, or around it, is among its `reads`."""

    kind: type[T]
    columns: Sequence[ListColumn]
    row: Callable[[T], ListRow]
    reads: Reads[T]
    """What `row` and `belongs` are made of."""
    title: str
    nothing: str
    """Said where there is no row at all; of a `full` list the first sentence is a title."""
    belongs: Callable[[T], bool] = _everything
    hidden: Callable[[T], bool] = _nothing
    """What is left out until one asks for it, searches, or chooses a segment."""
    segments: Mapping[str, str] = field(default_factory=dict)
    find: str = ""
    """What one may type into the search field; "": there is none."""
    measured: int = -1
    """The column that `measure` fills at each round of measurements."""
    measure: Callable[[T], Cell] | None = None
    measured_by: Callable[[T], Iterable[str]] | None = None
    """uuids of whose measurements it is; its own if not given."""
    also: Mapping[int, Callable[[T], Cell]] = field(default_factory=dict)
    """Other columns that are filled then."""
    sums: Callable[[Iterable[T]], Sequence[str]] | None = None
    """What a row below all says of them together, a text for each column. On a narrow screen there is none."""
    trace: Callable[[T], str] | None = None
    """The last ten minutes of it, see data/sparklines.py; asked for the rows in sight alone."""
    judged: bool = False
    """Whether a row shows what findings tell of it."""
    near: Callable[[Sequence[Change]], Iterable[T]] | None = None
    """The objects whose rows show something of what changed without referring to it; asked once for all changes of one moment."""
    newest: Newest[T] | None = None
    """Of a list of which a browser gets no more than it needs, see `components.lists.window`."""
    sort: int = 0
    tall: bool = False
    """Whether rows have room for texts of two lines, or three on a narrow screen: sentences that have to be read to their ends."""
    expected: int = 0
    """About how many rows there will be: on a page with other things, room is kept for them until they come."""


@dataclass(frozen=True, slots=True)
class BulkActions(Generic[T]):
    """What can be done to rows of a list, on one button."""

    some: str
    """What it says while rows are chosen."""
    all: str
    """... while none is: then it is for all in the list. "": it is for the chosen alone."""
    do: Callable[[list[T]], Awaitable[None]]
    least: int = 1
    most: int = 1_000_000
    """Of the chosen; of more or fewer the button is faint, and says `why_not`."""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Reveal:
    """Whether what a list leaves out is shown, and who keeps that for the person."""

    shown: bool
    keep: Callable[[bool], Awaitable[None]]


def without(spec: TableSpec[T], at: int) -> TableSpec[T]:
    """The same list without a column that would say the same in every row."""

    def shorter(row: T) -> ListRow:
        made = spec.row(row)
        return made._replace(cells=[cell for i, cell in enumerate(made.cells) if i != at])

    columns = [column for i, column in enumerate(spec.columns) if i != at]
    measured = spec.measured - (spec.measured > at)
    also = {place - (place > at): cell for place, cell in spec.also.items()}
    return replace(spec, columns=columns, row=shorter, measured=measured, also=also, sort=spec.sort - (spec.sort > at))
