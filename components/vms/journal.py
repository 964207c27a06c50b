"""What changed at a VM: when, what, from what to what, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import background_tasks, ui

from components.lists.period import Period, PeriodField
from components.live import follow_source, fresh_slot
from components.ui import Age, Button, ButtonKind, Card
from components.vms.setting_words import setting_text, setting_title
from data.journal_names import seen_lines
from data.stores.journal import SHOWN, JournalLine
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.actions import BY_ID
from xo_dash.i18n import _, ngettext, number

PAGE: Final = 60
"""Changes that are drawn at once."""
SAME: Final = 1.5
"""Seconds in which changes are of one moment, whose time is said once."""
LONGEST: Final = 120
"""Characters of a value in a line; the whole is its hint."""


class JournalCard(Card):
    """The newest first; follows what is written, and a choice of time."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(_("Changes"))
        self.classes("x-journal")
        self._context, self._vm = context, vm
        self._period, self._wanted = Period(), PAGE
        self._lines: list[JournalLine] = []
        self._turn = 0
        with self:
            with ui.element().classes("x-list-tools"):
                PeriodField(self._narrow)
            self._box = ui.element().classes("x-table-box")
            self._more = Button(_("Show more"), self._show_more, kind=ButtonKind.GHOST).mark("more-changes")
            self._more.set_visibility(False)
            with ui.element().classes("contents"):
                follow_source(lambda tell: context.journal.observe(lambda uuids: tell() if vm.row.uuid in uuids else None), self._read)

    def _narrow(self, period: Period) -> None:
        self._period, self._wanted = period, PAGE
        self._read()

    def _show_more(self) -> None:
        self._wanted += PAGE
        self._draw()

    def _read(self) -> None:
        self._turn += 1
        background_tasks.create(self._fetch(self._turn), name="history of a VM")

    async def _fetch(self, turn: int) -> None:
        """Of two fetches that overlap the later one is shown."""
        begin, end = max(self._period.begin, 0.0), min(self._period.end, 9e15)
        lines = await self._context.journal.lines(self._vm.row, begin, end)
        if turn == self._turn and not self.is_deleted:
            self._lines = seen_lines(lines, self._context.mirror) if self._context.is_restricted else lines
            with self:
                self._draw()

    def _draw(self) -> None:
        count = len(self._lines)
        self.scope.text = ngettext("{n} change", "{n} changes", count).format(n=number(count)) + ("+" if count == SHOWN else "")
        self._more.set_visibility(count > self._wanted)
        with fresh_slot(self._box):
            if not self._lines:
                text = (
                    _("No changes in this period.") if self._period != Period() else _("No changes since xo-dash started watching this VM.")
                )
                ui.label(text).classes("x-dim")
                return
            _table(self._lines[: self._wanted])


def _table(lines: Sequence[JournalLine]) -> None:
    with ui.element("table").classes("x-table x-journal-table"):
        with ui.element("thead"), ui.element("tr"):
            for title, classes in (
                (_("When"), "x-journal-when"),
                (_("What"), "x-journal-what"),
                (_("Change"), ""),
                (_("Started by"), "x-journal-who"),
            ):
                head = ui.label(title).classes(classes)
                head.tag = "th"
                head.props("scope=col")
        with ui.element("tbody"):
            before: JournalLine | None = None
            for line in lines:
                _row(line, again=before is not None and before.run == line.run and abs(before.at - line.at) < SAME)
                before = line


def _row(line: JournalLine, *, again: bool) -> None:
    with ui.element("tr").classes("x-journal-again" if again else ""):
        with ui.element("td").classes("x-journal-when x-nowrap"):
            if not again:
                Age(line.at, dated=True)
        _cell(setting_title(line.key), "x-journal-what")
        with ui.element("td").classes("x-journal-change"):
            _values(line)
        with ui.element("td").classes("x-journal-who"):
            if not again:
                _who(line)


def _values(line: JournalLine) -> None:
    """`2 → 4`; one of them alone where the other is nothing."""
    old, new = setting_text(line.key, line.before), setting_text(line.key, line.after)
    if line.key == "created":
        _value(new, "x-strong")
        return
    with ui.element("span").classes("x-journal-values"):
        if old:
            _value(old, "x-dim" if new else "x-dim x-journal-gone")
        if old and new:
            ui.label("→").classes("x-dim")
        if new:
            _value(new, "x-strong")
        if not old and not new:
            ui.label("–").classes("x-dim")
        if old and not new:
            ui.label(_("removed")).classes("x-dim x-small")


def _value(text: str, classes: str) -> None:
    label = ui.label(text if len(text) <= LONGEST else f"{text[:LONGEST]}…").classes(classes).props("dir=auto")
    if len(text) > LONGEST:
        label.props["data-tip"] = text


def _who(line: JournalLine) -> None:
    if not line.who:
        ui.label(_("external")).classes("x-dim")
        return
    ui.label(line.who)
    if line.action in BY_ID:
        ui.label(_(BY_ID[line.action].title)).classes("x-dim x-small")


def _cell(text: str, classes: str) -> None:
    cell = ui.label(text).classes(classes)
    cell.tag = "td"
