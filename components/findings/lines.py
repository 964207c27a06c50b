"""Lines by what they are about, in the order they are given: a line that stays is changed, not drawn anew."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.findings.feed import WordedFinding
from components.findings.line import FindingLine, Show
from xo_dash.context import Context


class FindingLines(ui.element):
    """A list; `show` it another picture at any time."""

    def __init__(self, context: Context, on_show: Show | None = None) -> None:
        super().__init__("ul")
        self.classes("xo-findings").props("role=list")
        self._context, self._on_show = context, on_show
        self._rows: dict[object, FindingLine] = {}

    @property
    def rows(self) -> list[FindingLine]:
        return list(self._rows.values())

    def show(self, told: Sequence[WordedFinding]) -> None:
        keys = {one.finding.line: one for one in told}
        for gone in self._rows.keys() - keys.keys():
            self._rows.pop(gone).delete()
        rows: dict[object, FindingLine] = {}
        with self:
            for place, (key, one) in enumerate(keys.items()):
                row = self._rows.get(key)
                if row is None:
                    row = FindingLine(self._context, one, self._on_show)
                else:
                    row.refresh(one)
                if self.default_slot.children[place] is not row:
                    row.move(self, place)
                rows[key] = row
        self._rows = rows
