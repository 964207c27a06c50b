# ruff: noqa: E501  a drawing is one line
"""Small marks of state: a shape and a colour, never a colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nicegui import ui

_SHAPES: Final[Mapping[str, str]] = {
    "running": '<rect width="10" height="10" rx="2" fill="currentColor"/>',
    "halted": '<rect x=".75" y=".75" width="8.5" height="8.5" rx="1.75" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    "paused": '<path d="M1.5 0h2.5v10H1.5zM6 0h2.5v10H6z" fill="currentColor"/>',
    "suspended": '<path d="M1.5 1.5h7l-7 7h7" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"/>',
    "busy": '<path d="M2 0h6a2 2 0 0 1 2 2L2 10a2 2 0 0 1-2-2V2a2 2 0 0 1 2-2z" fill="currentColor"/>'
    '<rect x=".75" y=".75" width="8.5" height="8.5" rx="1.75" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    "disabled": '<rect x=".75" y=".75" width="8.5" height="8.5" rx="1.75" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="m2.5 7.5 5-5" stroke="currentColor" stroke-width="1.5"/>',
    "unknown": '<rect x=".75" y=".75" width="8.5" height="8.5" rx="1.75" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 1.6"/>',
    "critical": '<path d="M0 0h6.5L10 3.5V10H0z" fill="currentColor"/>',
    "warning": '<path d="M5 .5 10 9.5H0z" fill="currentColor"/>',
    "information": '<circle cx="5" cy="5" r="3.5" fill="currentColor"/>',
    "live": '<circle cx="5" cy="5" r="3.5" fill="currentColor"/>',
    "connecting": '<circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" stroke-width="1.5"/>',
}  # fmt: skip

SHAPES: Final = frozenset(_SHAPES)


class Mark(ui.element):
    """One of SHAPES; anything else shows as unknown. Say beside it in words what it means."""

    def __init__(self, shape: str) -> None:
        super().__init__("i")
        self._props["aria-hidden"] = "true"
        self.show(shape)

    def show(self, shape: str) -> None:
        known = shape if shape in SHAPES else "unknown"
        self._props["innerHTML"] = f'<svg viewBox="0 0 10 10">{_SHAPES[known]}</svg>'
        self.classes(replace=f"x-mark x-mark-{known}")


class State(ui.element):
    """A mark and its word: a VM's power state, a host's, a task's."""

    def __init__(self, shape: str, text: str) -> None:
        super().__init__("span")
        self.classes("x-state")
        with self:
            self.shape = Mark(shape)
            self.text = ui.label(text)

    def show(self, shape: str, text: str) -> None:
        self.shape.show(shape)
        self.text.text = text


def chip(text: str, kind: str = "") -> ui.label:
    """A tag or a short remark; `kind` may be warning or critical."""
    return ui.label(text).classes("x-chip" + (f" x-chip-{kind}" if kind else ""))


def drawings() -> dict[str, str]:
    """{shape: SVG} for what draws many marks in the browser itself."""
    return {name: f'<svg viewBox="0 0 10 10">{shape}</svg>' for name, shape in _SHAPES.items()}
