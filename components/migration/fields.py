"""What is drawn alike for one VM and for several: a place to choose, how it was found, and what is free there."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.migration.words import WHYS
from components.ui import Mark, choice
from data.objects import SR
from xo_dash.control.sr.choice import free_space
from xo_dash.control.vm.migration.mapping import MappingReason
from xo_dash.i18n import _, size


def place_field(options: dict[str, str], value: str | None, label: str, chosen: Callable[[str], object], mark: str = "") -> None:
    """`options`: {key of a place: its name}. `mark`: of tests."""
    box = choice(options, value if value in options else None, on_change=lambda event: chosen(str(event.value)))
    box.props["aria-label"] = label
    if mark:
        box.mark(mark)


def reason_field(why: MappingReason) -> None:
    with ui.element().classes("x-row"):
        if why in (MappingReason.GUESS, MappingReason.NOWHERE):
            Mark("warning")
        ui.label(_(WHYS[why]))


def free_on(sr: SR) -> str:
    free = free_space(sr)
    return _("{free} free").format(free=size(free)) if free is not None else "–"
