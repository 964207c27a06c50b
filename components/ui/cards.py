"""Cards, the only surface on the ground; no card lies in a card."""

from __future__ import annotations

from functools import cached_property

from nicegui import ui

from xo_dash.i18n import number


class Card(ui.element):
    """A title on the left, its scope or sum faint on the right, then whatever is put in."""

    def __init__(self, title: str = "", scope: str = "", *, wide: bool = False) -> None:
        super().__init__("section")
        self.classes("x-card" + (" x-wide" if wide else ""))
        if title or scope:
            with self, ui.element("header").classes("x-card-head") as self.head:
                self.title = heading(title, 2).classes("x-card-title x-cut")
            if scope:
                self.scope.text = scope

    @cached_property
    def scope(self) -> ui.label:
        """Made when something is said there: most cards say nothing."""
        with self.head:
            return ui.label().classes("x-card-scope x-cut")

    @cached_property
    def count(self) -> ui.label:
        with self.head:
            label = ui.label().classes("x-count")
        label.move(target_index=1)
        return label

    def show_count(self, count: int) -> None:
        """How many there are of what the title says, beside it."""
        self.count.text = number(count)


def cards(width: int = 340) -> ui.element:
    """A grid of cards, each at least `width` pixels wide."""
    return ui.element().classes("x-cards").style(f"--card: {width}px")


class Figure(ui.element):
    """The one number of a card, large, and what it means beside it."""

    def __init__(self, value: str = "", note: str = "") -> None:
        super().__init__()
        self.classes("x-figure")
        with self:
            self.value = ui.label(value).classes("x-figure-value")
            self.note = ui.label(note).classes("x-figure-note")


def heading(text: str, level: int) -> ui.label:
    """A heading of that level for those who hear the page; looks like nothing by itself."""
    label = ui.label(text)
    label.tag = f"h{level}"
    return label
