"""The head of a page that is about one object: its name, how it is, its tags, a line of facts."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import ui

from components.ui import Age, PageHead, State, chip
from data.types import XapiObject
from xo_dash.i18n import _


class ObjectHead(PageHead):
    """Sends only the words that changed."""

    def __init__(self, row: XapiObject) -> None:
        super().__init__("–")
        self._row = row
        self._tags: tuple[str, ...] = ()
        self._state: State | None = None
        self.name.props("dir=auto")
        self.note.delete()
        with self, ui.element().classes("x-head-note x-facts-line"):
            self._says = ui.label().props("dir=auto")
            self._facts = ui.label().props("dir=auto")
            with ui.element("span").classes("x-row") as self._up:
                ui.label(_("up for"))
                self._age = Age(None, bare=True)
        self._up.set_visibility(False)
        self._started: float | None = None

    def show(
        self,
        name: str,
        says: str,
        tags: Iterable[str],
        facts: Iterable[str],
        state: tuple[str, str] | None = None,
        started: float | None = None,
    ) -> None:
        """`state` is (shape, word); `started` in epoch seconds."""
        self.name.text = name or "–"
        self._says.text = says
        self._says.set_visibility(bool(says))
        self._facts.text = " · ".join(filter(None, facts))
        if state is not None:
            self._show_state(*state)
        self._show_tags(tuple(sorted(tags, key=str.casefold)))
        if started != self._started:
            self._started = started
            self._up.set_visibility(started is not None)
            self._age.show(started)

    def _show_state(self, shape: str, word: str) -> None:
        if self._state is None:
            with self.marks:
                self._state = State(shape, word)
                self._state.move(self.marks, 0)
        elif self._state.text.text != word:
            self._state.show(shape, word)

    def _show_tags(self, tags: tuple[str, ...]) -> None:
        if tags == self._tags:
            return
        self._tags = tags
        for old in [child for child in self.marks if child is not self._state]:
            old.delete()
        with self.marks:
            for tag in tags:
                chip(tag).props("dir=auto")
