"""The head of a page: what it is, how it is, what one can do."""

from __future__ import annotations

from nicegui import ui

from components.theme.icons import Icon
from components.ui.cards import heading


class PageHead(ui.element):
    """A name with room for its state and tags, verbs on the right, and a line of facts below.

    Fill the slots with `with head.marks:` and `with head.verbs:`; change the words by `head.name.text`, `head.note.text`.
    """

    def __init__(self, name: str, note: str = "", *, icon: str = "") -> None:
        super().__init__("header")
        self.classes("x-head")
        with self:
            with ui.element().classes("x-head-line"):
                if icon:
                    Icon(icon).classes("x-head-icon")
                self.name = heading(name, 1).classes("x-head-name")
                self.marks = ui.element().classes("contents")
            self.verbs = ui.element().classes("x-head-verbs")
            self.note = ui.label(note).classes("x-head-note")


def page() -> ui.element:
    """What a page shows, with the page's margins and distances."""
    return ui.element().classes("x-page")


def page_title(*parts: str) -> None:
    """What the browser calls the page: `db-01 · Disks · xo-dash`."""
    ui.page_title(" · ".join((*filter(None, parts), "xo-dash")))
