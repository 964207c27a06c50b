"""The head of a page that is about one object: what kind it is, its name, how it is, its tags, what can be done, a line of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from nicegui import ui

from components.actions import ActionBar
from components.ui import Age, Markdown, PageHead, StateMark, chip
from data.names import name_of
from data.objects import SR, VM, Appliance, Host, Network, Pool
from data.texts import natural
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.i18n import _

Headed = VM | Host | Pool | SR | Network | Appliance
ICONS: Final[Mapping[type[XapiObject], str]] = {
    VM: "vm", Host: "host", Pool: "pool", SR: "storage", Network: "network", Appliance: "columns",
}  # fmt: skip


class ObjectHead(PageHead):
    """One for all kinds; sends only the words that changed."""

    def __init__(self, context: Context, row: Headed) -> None:
        super().__init__(name_of(row), icon=ICONS[type(row)])
        self._row = row
        self._tags: tuple[str, ...] = ()
        self._shown: StateMark | None = None
        self._started: float | None = None
        self.name.props("dir=auto")
        with self.marks:
            self.state = ui.element().classes("contents")
            self.chips = ui.element().classes("x-row x-wrap")
        with self.verbs:
            ActionBar(context, (row,), settings=not isinstance(row, VM))
        self.note.delete()
        with self, ui.element().classes("x-head-note x-facts-line") as self.line:
            self.says = Markdown(line=True)
            self.says.set_visibility(False)
            self._facts = ui.label().props("dir=auto")
            with ui.element("span").classes("x-row") as self.up:
                ui.label(_("uptime"))
                self._age = Age(None, bare=True)
        self.up.set_visibility(False)

    def show(self, facts: Iterable[str], state: tuple[str, str] | None = None, started: float | None = None) -> None:
        """What it is called, described and tagged, and these. `state` is (shape, word); `started` in epoch seconds."""
        row = self._row
        self.name.text = name_of(row)
        self._describe(row.name_description.strip())
        self._facts.text = " · ".join(filter(None, facts))
        if state is not None:
            self._show_state(*state)
        self.show_tags(tuple(sorted(getattr(row, "tags", ()), key=natural)))
        if started != self._started:
            self._started = started
            self.up.set_visibility(started is not None)
            self._age.show(started)

    def _describe(self, text: str) -> None:
        if text == self.says.text:
            return
        self.says.text = text
        self.says.set_visibility(bool(text))

    def _show_state(self, shape: str, word: str) -> None:
        if self._shown is None:
            with self.state:
                self._shown = StateMark(shape, word)
        elif self._shown.text.text != word:
            self._shown.show(shape, word)

    def show_tags(self, tags: tuple[str, ...]) -> None:
        if tags == self._tags:
            return
        self._tags = tags
        self.chips.clear()
        with self.chips:
            for tag in tags:
                chip(tag).props("dir=auto")
