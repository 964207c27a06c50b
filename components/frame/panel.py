"""A word in the bar with a panel below it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.live import fresh_slot
from components.ui import menu


class StatusPanel(ui.element):
    """A word in the bar with a panel below it, which is made at the first click and drawn only while it is open."""

    def __init__(self, fill: Callable[[], None]) -> None:
        super().__init__("button")
        self.classes("x-status").props("type=button aria-haspopup=true")
        self._fill = fill
        self._menu: ui.menu | None = None
        with self:
            self.word = ui.element().classes("x-row")
        self.on("click", self._first, [])

    def _first(self) -> None:
        """Later ones are the menu's own."""
        if self._menu is not None:
            return
        with self, menu(right=True).classes("x-panel") as self._menu:
            self._box = ui.element()
        self._menu.on_value_change(self.refresh)
        self._menu.open()

    def refresh(self) -> None:
        """Draw what is below anew, if somebody sees it."""
        if self._menu is not None and self._menu.value:
            with fresh_slot(self._box):
                self._fill()
