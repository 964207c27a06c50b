"""What is drawn alike for one VM and for several: a place to choose, how it was found, and what is free there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui import ui

from components.migration.words import WHYS
from components.ui import Mark, choice
from data.objects import SR
from xo_dash.control.sr.choice import free_space
from xo_dash.control.vm.migration.mapping import MappingReason
from xo_dash.i18n import _, size

DOUBTFUL: Final = frozenset({MappingReason.GUESS, MappingReason.NOWHERE})


def place_field(
    options: dict[str, str], value: str | None, label: str, chosen: Callable[[str], object], mark: str = "", *, is_guess: bool = False
) -> None:
    """`options`: {key of a place: its name}. `mark`: of tests. `is_guess`: it is to be looked at."""
    box = choice(options, value if value in options else None, on_change=lambda event: chosen(str(event.value)))
    box.props["aria-label"] = label
    if is_guess:
        box.classes("x-doubtful")
    if mark:
        box.mark(mark)


def reason_field(why: MappingReason) -> None:
    with ui.element().classes("x-row"):
        if why in DOUBTFUL:
            Mark("warning")
        ui.label(_(WHYS[why]))


def free_on(sr: SR) -> str:
    free = free_space(sr)
    return _("{free} free").format(free=size(free)) if free is not None else "–"
