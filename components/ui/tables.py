"""Short tables that fit on a page. Long lists are for the grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nicegui import ui

from components.parts import in_parts
from components.ui.facts import Value, put


@dataclass(frozen=True, slots=True)
class Column:
    """`number`: to the right. `main`: the one that names the row. `width`: any CSS length, where the content's is not good."""

    title: str
    number: bool = False
    main: bool = False
    width: str = ""


def data_table(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> ui.element:
    """Draw rows of as many values as there are columns, in parts; what is drawn anew is a `RecordTable`."""
    with ui.element().classes("x-table-box") as box, ui.element("table").classes("x-table"):
        with ui.element("thead"), ui.element("tr"):
            for column in columns:
                head = ui.label(column.title).classes("x-num" if column.number else "")
                head.tag = "th"
                head.props("scope=col")
                if column.width:
                    head.style(f"width: {column.width}")
        with ui.element("tbody"):
            in_parts(_rows(columns, list(rows)))
    return box


def _rows(columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> Iterator[None]:
    for row in rows:
        with ui.element("tr"):
            for column, value in zip(columns, row, strict=True):
                _cell(column, value)
        yield


class RecordTable(ui.element):
    """A table that is drawn anew as a whole; where there is no row, `none` is said."""

    def __init__(self, columns: Sequence[Column], none: str = "") -> None:
        super().__init__()
        self._columns, self._none = columns, none

    def show(self, rows: Iterable[Sequence[Value]]) -> None:
        shown = list(rows)
        self.clear()
        with self, ui.element().classes("contents"):  # what its cells follow ends with it
            if shown:
                data_table(self._columns, shown)
            elif self._none:
                ui.label(self._none).classes("x-dim")


def _cell(column: Column, value: Value) -> None:
    classes = " ".join(name for name, wanted in (("x-num", column.number), ("x-main", column.main)) if wanted)
    if isinstance(value, str):
        cell = ui.label(value).classes(classes)
        cell.tag = "td"
    else:
        with ui.element("td").classes(classes):
            put(value)
