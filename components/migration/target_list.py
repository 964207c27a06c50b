"""Where one VM or several can go: a row for each host, of which one is chosen; those that refuse say why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from components.live import fresh_slot
from components.ui import Card, Icon
from xo_dash.i18n import _


@dataclass(frozen=True, slots=True)
class TargetRow:
    key: str
    mark: str  # of tests
    name: str
    pool: str
    about: str  # what moves, or why it refuses
    memory: str
    refused: bool = False
    checked: bool = False  # XAPI agrees
    time: str = ""  # that it takes


class TargetList(ui.element):
    """Drawn anew where a row differs."""

    def __init__(self, choose: Callable[[str], None]) -> None:
        """`choose`: told the key of a row that was clicked."""
        super().__init__()
        self.classes("contents")
        self.on_choose = choose
        self._shown: object = None

    def show(self, rows: Sequence[TargetRow], chosen: str, scope: str) -> None:
        if self._shown == (shown := ([*rows], chosen, scope)):
            return
        self._shown = shown
        with fresh_slot(self), Card(_("Target"), scope), ui.element().classes("x-move-targets").props("role=radiogroup") as group:
            group.props["aria-label"] = _("Target")
            if is_timed := any(row.time for row in rows):
                group.classes("x-move-timed")
            self._head(is_timed=is_timed)
            for row in rows:
                self._row(row, is_chosen=row.key == chosen, is_timed=is_timed)

    @staticmethod
    def _head(*, is_timed: bool) -> None:
        with ui.element().classes("x-move-target x-move-target-head").props("aria-hidden=true"):
            ui.element("i")
            for title in (_("Host"), _("Pool"), _("Can migrate")):
                ui.label(title)
            for title in (*([_("Time")] if is_timed else []), _("Memory free")):
                ui.label(title).classes("x-num")

    def _row(self, row: TargetRow, *, is_chosen: bool, is_timed: bool) -> None:
        box = ui.element("button").classes("x-move-target").props("type=button role=radio")
        box.props["aria-checked"] = "true" if is_chosen else "false"
        box.mark(row.mark)
        if row.refused:
            box.props["aria-disabled"] = "true"
        else:
            box.on("click", lambda: self.on_choose(row.key), [])
        with box:
            ui.element("i").classes("x-radio")
            ui.label(row.name).classes("x-cut" if row.refused else "x-strong x-cut")
            ui.label(row.pool).classes("x-dim x-cut")
            with ui.element().classes("x-row"):
                if row.refused:
                    Icon("close").classes("x-critical")
                elif row.checked:
                    Icon("check")
                ui.label(row.about).classes("x-dim" if row.refused else "")
            if is_timed:
                ui.label(row.time).classes("x-num x-move-takes")
            ui.label(row.memory).classes("x-num")
