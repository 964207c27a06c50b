"""Tabs of a page; the chosen one is in the address, so a link and the way back lead to it. The keyboard is in theme/tabs.js."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from xo_dash.i18n import number


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    """Stands in the address as ?tab=name, unless it has a `path` of its own."""
    title: str
    count: str = ""
    path: str = ""


class Tabs(ui.element):
    """A row of tabs. `on_select` is called with a tab's name when another is chosen, and fills the page's body."""

    def __init__(self, tabs: Sequence[Tab], selected: str, on_select: Callable[[str], None]) -> None:
        super().__init__("nav")
        self.classes("x-tabs").props("role=tablist")
        names = [tab.name for tab in tabs]
        self.selected = selected if selected in names else names[0]
        self._on_select = on_select
        self._buttons: dict[str, TextElement] = {}
        self._counts: dict[str, ui.label] = {}
        with self:
            for tab in tabs:
                self._add(tab)

    def show_count(self, name: str, count: int) -> None:
        """How many there are of what the tab shows; nothing for none."""
        self._count(name, number(count) if count else "")

    def _add(self, tab: Tab) -> None:
        button = ui.link(tab.title, tab.path) if tab.path else TextElement(tag="button", text=tab.title).props("type=button")
        button.classes("x-tab").props("role=tab").mark(f"tab-{tab.name}")
        button.on("choose" if tab.path else "click", lambda: self.select(tab.name), [])
        self._buttons[tab.name] = button
        self._count(tab.name, tab.count)
        self._mark(tab.name)

    def _count(self, name: str, text: str) -> None:
        """Most tabs count nothing, and have no place for it."""
        if name in self._counts:
            self._counts[name].text = text
        elif text:
            with self._buttons[name]:
                self._counts[name] = ui.label(text).classes("x-count")

    def _mark(self, name: str) -> None:
        chosen = name == self.selected
        self._buttons[name].props(f"aria-selected={str(chosen).lower()} tabindex={0 if chosen else -1}")

    def select(self, name: str) -> None:
        """Choose a tab, as a click does."""
        if name == self.selected:
            return
        before, self.selected = self.selected, name
        self._mark(before)
        self._mark(name)
        if not isinstance(self._buttons[name], ui.link):
            ui.run_javascript(
                f"const u = new URL(location); u.searchParams.set('tab', {json.dumps(name)}); history.replaceState(history.state, '', u)"
            )
        self._on_select(name)
