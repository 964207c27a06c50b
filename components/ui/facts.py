"""Lists of names and values, aligned on one column."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nicegui import ui

Value = str | Callable[[], object]
"""A text, or a function that draws into the place."""


def put(value: Value) -> None:
    """Draw a value here."""
    if isinstance(value, str):
        ui.label(value)
    else:
        value()


def key_values(rows: Iterable[tuple[str, Value]]) -> ui.element:
    """Each row is (name, value); an empty text shows a dash."""
    with ui.element("dl").classes("x-facts") as box:
        for name, value in rows:
            term = ui.label(name)
            term.tag = "dt"
            with ui.element("dd"):
                put(value or "–")
    return box
