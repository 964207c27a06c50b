"""A choice of a few that are seen at once, as buttons side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui


class Segments(ui.element):
    """One of them is pressed."""

    def __init__(self, options: Mapping[str, str], value: str, on_change: Callable[[str], Any], *, label: str) -> None:
        super().__init__()
        self.classes("x-segments").props("role=group").props["aria-label"] = label
        self.value = value
        self._on_change = on_change
        self._buttons: dict[str, ui.element] = {}
        with self:
            for key, text in options.items():
                button = ui.element("button").props("type=button").on("click", lambda key=key: self.press(key), []).mark(f"segment-{key}")
                with button:
                    ui.label(text)
                self._buttons[key] = button
        self._show()

    def _handle_delete(self) -> None:
        self._buttons.clear()  # their handlers call back: a ring
        super()._handle_delete()

    def _show(self) -> None:
        for key, button in self._buttons.items():
            button.props["aria-pressed"] = "true" if key == self.value else "false"

    def press(self, key: str) -> None:
        """As if somebody pressed it."""
        if key != self.value:
            self.value = key
            self._show()
            self._on_change(key)
