"""Menus, opened by the element they are put into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from components.theme.icons import Icon


def menu(*, right: bool = False) -> ui.menu:
    """A menu below what it stands in, on its left edge or its `right`; arrow keys, Enter and Esc work."""
    edge = "right" if right else "left"
    return ui.menu().props(f'anchor="bottom {edge}" self="top {edge}" :offset="[0, 4]" transition-duration=90 role=menu')


def menu_item(text: str, on_click: Callable[..., Any], *, icon: str = "", chosen: bool = False, danger: bool = False) -> ui.menu_item:
    """One verb or choice; a chosen one carries a tick."""
    with ui.menu_item(on_click=on_click).props("role=menuitem data-once") as item:
        if icon:
            Icon(icon)
        ui.label(text).classes("x-critical" if danger else "")
        if chosen:
            Icon("check").classes("x-tick")
    return item


def menu_link(text: str, path: str, *, icon: str = "") -> ui.element:
    """A link that looks like a menu's item."""
    with ui.link(target=path).classes("q-item q-focusable").props("role=menuitem") as item:
        if icon:
            Icon(icon)
        ui.label(text)
    return item


def divider() -> ui.element:
    return ui.element().classes("x-divider").props("role=separator")


def menu_head(text: str) -> ui.label:
    return ui.label(text).classes("x-menu-head")
