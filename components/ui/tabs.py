"""Tabs of a page; the chosen one is kept in the address, so a link and the way back lead to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    """Stands in the address as ?tab=name."""
    title: str
    count: str = ""


class Tabs(ui.element):
    """A row of tabs. `on_select` is called with a tab's name when another is chosen, and fills the page's body."""

    def __init__(self, tabs: Sequence[Tab], selected: str, on_select: Callable[[str], None]) -> None:
        super().__init__("nav")
        self.classes("x-tabs").props("role=tablist")
        names = [tab.name for tab in tabs]
        self.selected = selected if selected in names else names[0]
        self._on_select = on_select
        self._buttons: dict[str, ui.element] = {}
        with self:
            for tab in tabs:
                self._add(tab)

    def _add(self, tab: Tab) -> None:
        button = ui.element("button").classes("x-tab").props("role=tab type=button")
        button.props["aria-selected"] = "true" if tab.name == self.selected else "false"
        button.on("click", lambda: self.select(tab.name), [])
        with button, ui.element("span").classes("x-row").style("gap: 6px"):
            ui.label(tab.title)
            ui.label(tab.count).classes("x-count")
        self._buttons[tab.name] = button

    def select(self, name: str) -> None:
        """Choose a tab, as a click does."""
        if name == self.selected:
            return
        self._buttons[self.selected].props["aria-selected"] = "false"
        self._buttons[name].props["aria-selected"] = "true"
        self.selected = name
        ui.run_javascript(
            f"const u = new URL(location); u.searchParams.set('tab', {json.dumps(name)}); history.replaceState(history.state, '', u)"
        )
        self._on_select(name)
