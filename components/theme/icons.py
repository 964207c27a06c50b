# ruff: noqa: E501  a drawing is one line
"""The product's own drawings: lines of 1.5 on a 16 x 16 grid, in the colour of the text around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nicegui import ui

_LINES: Final[Mapping[str, str]] = {
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>',
    "menu": '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
    "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2" stroke-linecap="round"/>',
    "down": '<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>',
    "right": '<path d="m6.5 4.5 3.5 3.5-3.5 3.5"/>',
    "left": '<path d="M9.5 4.5 6 8l3.5 3.5"/>',
    "up": '<path d="m4.5 9.5 3.5-3.5 3.5 3.5"/>',
    "check": '<path d="m3.5 8.5 3 3 6-7"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "minus": '<path d="M3 8h10"/>',
    "map": '<path d="M2.5 2.5h6v6h-6zM10.5 2.5h3v6h-3zM2.5 10.5h3v3h-3zM7.5 10.5h6v3h-6z"/>',
    "vm": '<path d="M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3"/>',
    "host": '<path d="M2.5 3h11v4h-11zM2.5 9h11v4h-11z"/><path d="M5 5h.01M5 11h.01" stroke-width="2" stroke-linecap="round"/>',
    "pool": '<path d="m8 2 6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3"/>',
    "storage": '<path d="M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"/>',
    "disk": '<path d="M2.5 2.5h11v11h-11z"/><circle cx="8" cy="7.5" r="2.5"/><path d="M5 11.5h6"/>',
    "network": '<path d="M6 2.5h4v3H6zM2 10.5h4v3H2zM10 10.5h4v3h-4zM8 5.5V8M4 10.5V8h8v2.5"/>',
    "attention": '<path d="M8 2.5 14 13.5H2z"/><path d="M8 6.5v3.2"/><path d="M8 11.7h.01" stroke-width="2" stroke-linecap="round"/>',
    "messages": '<path d="M2 3h12v8.5H8.5L5.5 14v-2.5H2z"/><path d="M5 6.2h6M5 8.6h4"/>',
    "tasks": '<path d="M6.5 4h7M6.5 8h7M6.5 12h7"/><path d="m2 4 1 1 1.5-2M2 8l1 1 1.5-2M2 12l1 1 1.5-2"/>',
    "settings": '<path d="M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6"/><circle cx="9.75" cy="4.5" r="1.75"/><circle cx="6.25" cy="11.5" r="1.75"/>',
    "user": '<circle cx="8" cy="5" r="2.75"/><path d="M2.5 14c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5"/>',
    "folder": '<path d="M2 3.5h4.5L8 5.5h6v7.5H2z"/>',
    "tag": '<path d="M2.5 2.5h5l6 6-5 5-6-6z"/><path d="M5.5 5.5h.01" stroke-width="2" stroke-linecap="round"/>',
    "play": '<path d="M4.5 3v10l8-5z"/>',
    "stop": '<path d="M3.5 3.5h9v9h-9z"/>',
    "pause": '<path d="M5 3v10M11 3v10"/>',
    "power": '<path d="M8 2v6M4.5 4.3a5 5 0 1 0 7 0"/>',
    "reboot": '<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3"/>',
    "camera": '<path d="M2 5h3l1-1.5h4L11 5h3v8H2z"/><circle cx="8" cy="8.75" r="2.25"/>',
    "move": '<path d="M2 5.5h10M9.5 3 12 5.5 9.5 8M14 10.5H4M6.5 8 4 10.5 6.5 13"/>',
    "trash": '<path d="M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.5 9h7l.5-9"/>',
    "edit": '<path d="m3 13 .7-3L11 2.7l2.3 2.3L6 12.3z"/>',
    "migrate": '<path d="M2.5 5.5h10M9.5 2.5l3 3-3 3M13.5 10.5h-10M6.5 7.5l-3 3 3 3"/>',
    "copy": '<path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3"/>',
    "columns": '<path d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10"/>',
    "transfer": '<path d="M5 13V3M2.5 5.5 5 3l2.5 2.5M11 3v10M8.5 10.5 11 13l2.5-2.5"/>',
    "upload": '<path d="M8 10V2M4.5 5 8 1.5 11.5 5M2.5 13.5h11"/>',
    "download": '<path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11"/>',
    "undo": '<path d="M3 6.5h7a3.5 3.5 0 0 1 0 7H6M5.5 4 3 6.5 5.5 9"/>',
    "console": '<path d="M2 3h12v10H2z"/><path d="m4.5 6 2 2-2 2M8.5 10h3"/>',
    "keyboard": '<path d="M1.5 4h13v8h-13z"/><path d="M4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6"/>',
    "eye": '<path d="M1.5 8S4 3.75 8 3.75 14.5 8 14.5 8 12 12.25 8 12.25 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.75"/>',
    "full": '<path d="M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>',
    "bookmark": '<path d="M4.5 2.5h7v11L8 10.5l-3.5 3z"/>',
    "out": '<path d="M7 3H2.5v10.5H13V9M9.5 2.5h4v4M13.5 2.5 7.5 8.5"/>',
    "clock": '<circle cx="8" cy="8" r="5.75"/><path d="M8 4.5V8l2.5 1.5"/>',
    "passkey": '<circle cx="5.5" cy="8" r="3"/><path d="M8.5 8h6M12 8v2.5M14.5 8v2"/>',
    "users": '<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13.5c.3-2.7 2-4 4.5-4s4.200 1.300 4.500 4M10.500 3.300a2.500 2.500 0 0 1 0 4.400M11.800 9.800c1.600.5 2.500 1.700 2.700 3.700"/>',
    "lock": '<path d="M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
    "link": '<path d="M6.5 9.5 9.5 6.5M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9M5 7l-1.5 1.5a2.8 2.8 0 0 0 4 4L9 11"/>',
    "unlink": '<path d="M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9M5 7l-1.5 1.5a2.8 2.8 0 0 0 4 4L9 11M3 3l10 10"/>',
    "sun": '<circle cx="8" cy="8" r="2.75"/><path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1"/>',
    "moon": '<path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z"/>',
    "auto": '<circle cx="8" cy="8" r="5.75"/><path d="M8 2.25v11.5" /><path d="M8 2.25a5.75 5.75 0 0 1 0 11.5z" fill="currentColor"/>',
    "contrast": '<circle cx="8" cy="8" r="5.25" stroke-width="2.5"/><circle cx="8" cy="8" r="2" fill="currentColor"/>',
    "leave": '<path d="M9.5 2.5h-7v11h7M6.5 8h7.5M11 5l3 3-3 3"/>',
    "critical": '<path d="M2.5 2.5h8l3 3v8h-11z" fill="currentColor"/>',
    "warning": '<path d="M8 2.5 14 13.5H2z" fill="currentColor"/>',
    "information": '<circle cx="8" cy="8" r="4" fill="currentColor"/>',
}  # fmt: skip

NAMES: Final = frozenset(_LINES)


def drawing(name: str) -> str:
    """The SVG of one of NAMES, as markup of ours: safe to set as innerHTML. Raises KeyError for an unknown name."""
    return (
        '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" '
        f'stroke-linecap="round" aria-hidden="true">{_LINES[name]}</svg>'
    )


class Icon(ui.element):
    """One drawing, 16 px; decorative, so whatever it stands for must also be said in words."""

    def __init__(self, name: str) -> None:
        super().__init__("i")
        self._classes.append("x-icon")
        self._props["innerHTML"] = drawing(name)

    def show(self, name: str) -> None:
        """Another drawing in its place."""
        self._props["innerHTML"] = drawing(name)
