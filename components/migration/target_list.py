"""Where one VM or several can go: a row for each host, of which one is chosen; those that refuse say why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nicegui import ui

from components.live import fresh_slot
from components.parts import in_parts
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
    """Rows stay as long as they are of the same hosts in the same order: somebody may have scrolled, or be on one with the keyboard."""

    def __init__(self, choose: Callable[[str], None]) -> None:
        """`choose`: told the key of a row that was clicked."""
        super().__init__()
        self.classes("contents")
        self.on_choose = choose
        self._wanted: dict[str, tuple[TargetRow, bool]] = {}  # by its key; whether it is chosen
        self._boxes: dict[str, ui.element] = {}  # of those that are drawn
        self._card: Card | None = None
        self._is_timed = False

    def show(self, rows: Sequence[TargetRow], chosen: str, scope: str) -> None:
        before, self._wanted = self._wanted, {row.key: (row, row.key == chosen) for row in rows}
        is_timed = any(row.time for row in rows)
        if self._card is None or is_timed is not self._is_timed or [*before] != [*self._wanted]:
            self._is_timed = is_timed
            self._draw(scope)
            return
        if scope:
            self._card.scope.text = scope
        for key, shown in self._wanted.items():
            if key in self._boxes and before[key] != shown:
                self._fill(key)

    def _draw(self, scope: str) -> None:
        boxes = self._boxes = {}
        with fresh_slot(self):
            self._card = Card(_("Target"), scope)
        with self._card, ui.element().classes("x-move-targets").props("role=radiogroup") as group:
            group.props["aria-label"] = _("Target")
            if self._is_timed:
                group.classes("x-move-timed")
            self._head()
            in_parts(self._rows(boxes, [*self._wanted]))

    def _head(self) -> None:
        with ui.element().classes("x-move-target x-move-target-head").props("aria-hidden=true"):
            ui.element("i")
            for title in (_("Host"), _("Pool"), _("Can migrate")):
                ui.label(title)
            for title in (*([_("Time")] if self._is_timed else []), _("Memory free")):
                ui.label(title).classes("x-num")

    def _rows(self, boxes: dict[str, ui.element], keys: Sequence[str]) -> Iterator[None]:
        for key in keys:
            box = boxes[key] = ui.element("button").classes("x-move-target").props("type=button role=radio")
            box.mark(self._wanted[key][0].mark)
            box.on("click", lambda key=key: self._press(key), [])
            self._fill(key)
            yield

    def _press(self, key: str) -> None:
        if key in self._wanted and not self._wanted[key][0].refused:
            self.on_choose(key)

    def _fill(self, key: str) -> None:
        (row, is_chosen), box = self._wanted[key], self._boxes[key]
        box.props["aria-checked"] = "true" if is_chosen else "false"
        if row.refused:
            box.props["aria-disabled"] = "true"
        else:
            box.props.pop("aria-disabled", None)
        box.clear()
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
            if self._is_timed:
                ui.label(row.time).classes("x-num x-move-takes")
            ui.label(row.memory).classes("x-num")
