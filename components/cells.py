"""Tables and lists of facts that are told again as a whole, and send only the cells that became different."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from components.parts import in_parts
from components.ui import Age, Button, ButtonKind, Column, Mark, Markdown, Meter, chip
from components.urls import path_to
from data.views.things import Thing


@dataclass(frozen=True, slots=True)
class CellLink:
    """A text that leads somewhere; a plain one if there is nowhere to go."""

    text: str
    path: str


def link_to(thing: Thing | None, otherwise: Cell) -> Cell:
    """Its name, which leads to its page; where there is none, `otherwise`."""
    return CellLink(thing.name, path_to(thing)) if thing is not None else otherwise


class Share(NamedTuple):
    """A bar, 0 to 1, and what it says. A tuple: a share that is NaN is the same as before to it."""

    share: float
    text: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment in epoch seconds, told by its age; None for never."""

    moment: float | None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """A text behind a mark of state; a path makes it a link."""

    shape: str
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Chips:
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextLines:
    """Texts below one another."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote as markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """A text for what one may miss."""

    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A text one wants to take along: whole in small letters, copied by a click. `tip` says so."""

    text: str
    tip: str


@dataclass(frozen=True, slots=True)
class PartsBar:
    """A bar in parts, each 0 to 1, from the darkest on; say beside it in numbers what they are."""

    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """A text, and what it will be after a restart."""

    text: str
    then: str


def _drawn() -> None:
    """Of a cell whose button is drawn."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button in a row: `mark` finds it, `do` is what it does."""

    text: str
    mark: str
    do: Callable[[], Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Folding:
    """What opens and closes the rows below it, before a text that may lead somewhere. `mark` finds the button."""

    text: str
    path: str
    opened: bool
    mark: str
    do: Callable[[], Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Indented:
    """A text of a row that belongs to the one above."""

    text: str


Cell = Pressed | Folding | Indented | Later | str | Note | CellLink | Share | When | Marked | Chips | TextLines | Quiet | Copy | PartsBar


class Fold(ui.element):
    """The button of a `Folding`, which keeps the keyboard while it opens and closes."""

    def __init__(self, cell: Folding) -> None:
        super().__init__()
        self.classes("x-row x-fold")
        with self:
            self._button = Button("", self._press, kind=ButtonKind.GHOST, icon="right", label=cell.text).mark(cell.mark)
            self._link = ui.element().classes("contents")
        self._shown: object = None
        self.show(cell)

    def _press(self) -> None:
        self.on_fold()

    def show(self, cell: Folding) -> None:
        self.on_fold = cell.do  # let go of at the end, see components.release
        self._button.props["aria-expanded"] = "true" if cell.opened else "false"
        self._button.props["aria-label"] = self._button.props["data-tip"] = cell.text
        if self._shown != (cell.text, cell.path):
            self._shown = cell.text, cell.path
            self._link.clear()
            with self._link:
                _link(cell.text or "–", cell.path)


class CellSlot(ui.element):
    """Where one cell is shown; a text in place of a text changes its words, anything else is drawn anew."""

    def __init__(self, tag: str, classes: str = "") -> None:
        super().__init__(tag)
        self.classes(classes)
        self._shown: Cell | None = None
        self._label: ui.label | Fold | None = None

    def show(self, cell: Cell) -> None:
        if cell == self._shown:
            return
        if (cell == "") != (self._shown == ""):
            self.classes(toggle="x-nil")
        if isinstance(cell, str) and isinstance(self._label, ui.label):
            self._label.text = cell or "–"
        elif isinstance(cell, Folding) and isinstance(self._label, Fold):
            self._label.show(cell)
        else:
            self.clear()
            with self:
                self._label = draw(cell)
        self._shown = replace(cell, do=_drawn) if isinstance(cell, Pressed | Folding) else cell  # what it does may lead to the slot


def draw(cell: Cell) -> ui.label | Fold | None:
    """Draw a cell here; what can show another of its kind is returned."""
    match cell:
        case str():
            return ui.label(cell or "–").props("dir=auto")
        case Folding():
            return Fold(cell)
        case CellLink(text, path):
            _link(text or "–", path)
        case Share(share, text):
            Meter(share, text)
        case When(moment, bare):
            Age(moment, bare=bare)
        case Marked(shape, text, path):
            with ui.element().classes("x-row x-marked"):
                Mark(shape)
                draw(CellLink(text, path))
        case Chips() | TextLines():
            _several(cell)
        case Later(text, then):
            with ui.element().classes("x-row x-wrap"):
                ui.label(text or "–").props("dir=auto")
                ui.label(then).classes("x-pill")
        case PartsBar(shares):
            _parts(shares)
        case Note() | Quiet() | Indented():
            _beside(cell)
        case Pressed() | Copy():
            _clickable(cell)
    return None


def _link(text: str, path: str) -> None:
    if path:
        ui.link(text, path).classes("x-plain").props("dir=auto")
    else:
        ui.label(text).props("dir=auto")


def _several(cell: Chips | TextLines) -> None:
    if isinstance(cell, Chips):
        with ui.element().classes("x-row x-wrap"):
            for text in cell.texts:
                chip(text).props("dir=auto")
    else:
        for text in cell.texts or ("–",):
            ui.label(text).props("dir=auto")


def _beside(cell: Note | Quiet | Indented) -> None:
    match cell:
        case Note(text):
            Markdown(text)
        case Quiet(text):
            ui.label(text).classes("x-dim")
        case Indented(text):
            ui.label(text).classes("x-dim x-indented").props("dir=auto")


def _parts(shares: Sequence[float]) -> None:
    with ui.element().classes("x-shares").props("aria-hidden=true"):
        for share in shares:
            ui.element("i").style(f"width: {share * 100:.1f}%")


def _clickable(cell: Pressed | Copy) -> None:
    if isinstance(cell, Pressed):
        Button(cell.text, cell.do, kind=ButtonKind.GHOST).mark(cell.mark)
    else:
        _copy(cell.text, cell.tip)


def _copy(text: str, tip: str) -> None:
    button = ui.element("button").classes("x-copy x-mono").props("type=button")
    button.props["data-tip"] = tip
    button.on("click", js_handler="(e) => navigator.clipboard?.writeText(e.currentTarget.textContent.trim())")
    with button:
        ui.label(text)


class CellTable(ui.element):
    """Rows by their key, in the order they are given; without rows, a sentence."""

    def __init__(self, columns: Sequence[Column], empty: str, tail: Callable[[str], object] | None = None, *, stacks: bool = False) -> None:
        """`tail`: draws what stands at the end of a row, of its key; once. With `stacks` a row has several lines on a phone."""
        super().__init__()
        self.classes("x-table-box x-stacks" if stacks else "x-table-box")
        self._columns, self._tail = columns, tail
        self._rows: dict[str, list[CellSlot]] = {}
        self._elements: dict[str, ui.element] = {}
        self._shows = 0  # how often it was told
        with self:
            with ui.element("table").classes("x-table") as self._table:
                with ui.element("thead"), ui.element("tr"):
                    for column in (*columns, *([Column("")] if tail is not None else ())):
                        self._head(column)
                self._body = ui.element("tbody")
            self._empty = ui.label(empty).classes("x-dim")

    def show(self, rows: Sequence[tuple[str, Sequence[Cell]]]) -> None:
        """Each row is (key, a cell for each column)."""
        keys = {key for key, _cells in rows}
        for gone in self._rows.keys() - keys:
            del self._rows[gone]
            self._elements.pop(gone).delete()
        self._table.set_visibility(bool(rows))
        self._empty.set_visibility(not rows)
        self._shows += 1
        with self:
            in_parts(self._show(rows, self._shows))

    def _show(self, rows: Sequence[tuple[str, Sequence[Cell]]], this: int) -> Iterator[None]:
        for at, (key, cells) in enumerate(rows):
            if this != self._shows:  # what is newer comes after
                return
            if key not in self._rows:
                self._add(key, at)
            for place, cell in zip(self._rows[key], cells, strict=True):
                place.show(cell)
            yield

    @staticmethod
    def _head(column: Column) -> None:
        head = ui.label(column.title).classes("x-num" if column.number else "").props("scope=col")
        head.tag = "th"
        if column.width:
            head.style(f"width: {column.width}")

    def _add(self, key: str, at: int) -> None:
        with self._body, ui.element("tr") as row:
            classes = [" ".join(name for name, on in (("x-num", column.number), ("x-main", column.main)) if on) for column in self._columns]
            slots = self._rows[key] = [CellSlot("td", names) for names in classes]
            for slot, column in zip(slots, self._columns, strict=True):
                if column.number:
                    slot.props["data-title"] = column.title
            if self._tail is not None:
                with ui.element("td").classes("x-tail"):
                    self._tail(key)
        self._elements[key] = row
        if at < len(self._rows) - 1:
            row.move(self._body, at)


class FactValue(TextElement):
    """Where a value is shown: a text is its own, without an element around it; anything else is drawn in it."""

    def __init__(self) -> None:
        super().__init__(tag="dd", text="")
        self.props["dir"] = "auto"
        self._shown: Cell | None = None

    def show(self, cell: Cell) -> None:
        if cell == self._shown:
            return
        if self.default_slot.children:
            self.clear()
        self.text = _text_of(cell)
        look = "x-text x-dim" if isinstance(cell, Quiet) else "x-text" if self.text else ""
        self.classes(look, remove="x-text x-dim")
        if not self.text:
            with self:
                draw(cell)
        self._shown = cell


def _text_of(cell: Cell) -> str:
    """Of what is nothing else; "" for other cells."""
    if isinstance(cell, Quiet):
        return cell.text
    return cell or "–" if isinstance(cell, str) else ""


class Facts(ui.element):
    """Names and values on one column; the names are given once, a row is made when there is a value, and hidden when it is None."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("dl")
        self.classes("x-facts")
        self._names = tuple(names)
        self._rows: dict[str, tuple[ui.label, FactValue]] = {}

    def show(self, values: Sequence[tuple[str, Cell | None]]) -> None:
        for name, value in values:
            if value is not None and name not in self._rows:
                self._rows[name] = self._make(name)
            for part in self._rows.get(name, ()):
                part.set_visibility(value is not None)
            if value is not None:
                self._rows[name][1].show(value)

    def _make(self, name: str) -> tuple[ui.label, FactValue]:
        """A row, before those that come later."""
        later = next((self._rows[other][0] for other in self._names[self._names.index(name) + 1 :] if other in self._rows), None)
        with self:
            term, place = ui.label(name), FactValue()
        term.tag = "dt"
        if later is not None:
            term.move(self, self.default_slot.children.index(later))
            place.move(self, self.default_slot.children.index(later))
        return term, place
