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

_STAND: Final = '<path d="M6 13.5h4M8 10.5v3" fill="none"/>'
_SCREEN: Final = '<path d="M2.5 3h11v7.5h-11z" fill="none"/>'
_SCREENS: Final[Mapping[str, str]] = {
    "running": '<path d="M2.5 3h11v7.5h-11z" fill="currentColor"/>',
    "halted": _SCREEN,
    "paused": _SCREEN + '<path d="M6.6 5.2v3.1M9.4 5.2v3.1"/>',
    "suspended": _SCREEN + '<path d="M6.4 5.2h3.2l-3.2 3.1h3.2" fill="none"/>',
    "busy": _SCREEN + '<path d="M13.5 3v7.5h-11z" fill="currentColor"/>',
    "unknown": '<path d="M2.5 3h11v7.5h-11z" fill="none" stroke-dasharray="2 1.8"/>',
}
"""A VM as its screen: filled while it runs, with what it is in otherwise."""


class Mark(ui.element):
    """One of SHAPES; anything else shows as unknown. Say beside it in words what it means."""

    def __init__(self, shape: str) -> None:
        super().__init__("i")
        self._props["aria-hidden"] = "true"
        self._shape = ""
        self.show(shape)

    def show(self, shape: str) -> None:
        known = shape if shape in SHAPES else "unknown"
        if known == self._shape:
            return
        self._shape = known
        self._props["innerHTML"] = f'<svg viewBox="0 0 10 10">{_SHAPES[known]}</svg>'
        self.classes(replace=f"x-mark x-mark-{known}")


class StateMark(ui.element):
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


def screens() -> dict[str, str]:
    """{shape of a VM's mark: SVG of a VM that is in it}, where pools, hosts and VMs stand together and are told apart by their drawing."""
    return {
        name: '<svg viewBox="0 0 16 16" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" '
        f'aria-hidden="true">{shape}{_STAND}</svg>'
        for name, shape in _SCREENS.items()
    }
