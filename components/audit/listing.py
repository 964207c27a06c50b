"""The audit log on a page: what was looked for, newest first; one entry beside it; whether the log is as it was written."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nicegui import background_tasks, events, ui

from components.audit.rows import AuditRow, as_props, at, facts
from components.audit.words import RESULTS
from components.lists.period import Period, PeriodField
from components.live import fresh_slot
from components.ui import Button, Card, Notice, Tone, buttons, choice, empty_state, key_values, search_field
from components.ui.marks import drawings
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.control.audit_chain import ChainVerdict
from xo_dash.control.audit_search import MOST, Query, search
from xo_dash.i18n import _, datetime, ngettext, number

EXTERNAL: Final = "external"
"""Chosen among the results: only what was done without xo-dash."""
LONGEST: Final = 200
"""Characters of what is looked for."""


class AuditLog(ui.element):
    """For administrators: the page asks who looks, and so does every reading."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.classes("x-audit-page")
        self._context, self._audit = context, context.audit
        self._rows: Sequence[AuditRow] = ()
        self._typed, self._result = "", ""
        self._period = Period()
        self._asked = 0
        with self:
            with ui.element().classes("x-list-tools"):
                search_field(_("Who, what, object, address"), self._search)
                results = {"": _("All results"), **{key: _(word) for key, word in RESULTS.items()}, EXTERNAL: _("External changes")}
                choice(results, "", on_change=self._narrow).props(f'aria-label="{_("Result")}"')
                PeriodField(self._within)
                self._count = ui.label().classes("x-dim x-small").props("aria-live=polite")
            with ui.element().classes("x-audit-columns"):
                with Card():
                    self._table = EntryTable(self._show)
                    with ui.element() as self._nothing:
                        empty_state(_("No entries"), _("Nothing in the audit log matches."))
                with ui.element().classes("x-stack x-audit-aside"):
                    with Card(_("Entry")) as self._entry:
                        self._facts = ui.element()
                    with Card(_("Hash chain")):
                        self._chain = ui.element().classes("x-stack")
        self._say(None)
        self._entry.set_visibility(False)
        ui.timer(0, self.refresh, once=True)

    async def _search(self, event: events.ValueChangeEventArguments[Any]) -> None:
        self._typed = str(event.value or "")[:LONGEST]
        await self.refresh()

    async def _narrow(self, event: events.ValueChangeEventArguments[Any]) -> None:
        self._result = event.value if event.value in (*RESULTS, EXTERNAL) else ""
        await self.refresh()

    def _within(self, period: Period) -> None:
        self._period = period
        background_tasks.create(self.refresh(), name="read the audit log", context=self)

    async def refresh(self) -> None:
        """Read the log, and show what fits now; a reading that was overtaken is thrown away."""
        if not is_administrator():
            return
        self._asked += 1
        mine = self._asked
        rows, more = await self._read()
        if mine != self._asked or self.is_deleted:
            return
        self._rows = rows
        self._table.show([as_props(row, self._context) for row in rows])
        self._table.set_visibility(bool(rows))
        self._nothing.set_visibility(not rows)
        text = ngettext("{n} entry", "{n} entries", len(rows)).format(n=number(len(rows)))
        self._count.text = _("The latest {n}; search to see others").format(n=number(len(rows))) if more else text
        self._entry.set_visibility(False)

    async def _read(self) -> tuple[Sequence[AuditRow], bool]:
        """What fits, newest first, and whether there is more of it."""
        words, period = tuple(self._typed.casefold().split()), self._period
        rows: list[AuditRow] = []
        more = False
        if self._result != EXTERNAL:
            query = Query(words=words, results=frozenset({self._result} - {""}), begin=period.begin, end=period.end)
            found = await asyncio.to_thread(lambda: search(self._audit.files(), query))
            rows, more = [*found.entries], found.more
        if self._result in ("", EXTERNAL):
            external = await self._context.journal.external(words, max(period.begin, 0.0), min(period.end, 9e15), MOST + 1)
            rows, more = [*rows, *external[:MOST]], more or len(external) > MOST
        return sorted(rows, key=at, reverse=True), more

    # ---- one entry

    def _show(self, place: int) -> None:
        if not 0 <= place < len(self._rows) or not is_administrator():
            return
        self._entry.set_visibility(True)
        with fresh_slot(self._facts):
            key_values(facts(self._rows[place]))

    # ---- the chain

    async def verify(self) -> None:
        """Go along the whole chain."""
        if not is_administrator():
            return
        self._say(None, busy=True)
        try:
            verdict = await asyncio.to_thread(self._audit.verify)
        except OSError as error:
            with fresh_slot(self._chain):
                Notice(_("The audit log {file} cannot be read: {reason}").format(file=error.filename, reason=error.strerror), Tone.CRITICAL)
            return
        self._say(verdict)

    def _say(self, verdict: ChainVerdict | None, *, busy: bool = False) -> None:
        with fresh_slot(self._chain):
            if verdict is None:
                ui.label(_("Each line has a hash of the line before it, so later changes are detected.")).classes("x-dim")
            elif verdict.broken_in:
                text = _("Broken at line {line} of {file}. The {count} lines before it are unchanged.")
                Notice(text.format(line=verdict.broken_at, file=verdict.broken_in, count=number(verdict.lines)), Tone.CRITICAL)
            else:
                text = ngettext("Intact: {n} line is unchanged.", "Intact: {n} lines are unchanged.", verdict.lines)
                ui.label(text.format(n=number(verdict.lines)))
                since = datetime(dt.datetime.fromisoformat(verdict.since)) if verdict.since else ""
                key_values([(_("Since"), since), (_("Last hash"), lambda: ui.label(verdict.last).classes("x-mono"))])
            with buttons():
                Button(_("Verify"), self.verify).set_enabled(not busy)


class EntryTable(ui.element, component="table.js"):
    """Which one is chosen is told by its place in what was shown last."""

    def __init__(self, on_choose: Callable[[int], None]) -> None:
        super().__init__()
        self._props.update(heads=[_("Time"), _("Who"), _("From"), _("What"), _("On"), _("Result")], rows=[], marks=drawings())
        self.on("choose", lambda event: on_choose(event.args) if type(event.args) is int else None)

    def show(self, rows: Sequence[Mapping[str, str]]) -> None:
        """As `as_props` makes them."""
        self._props["rows"] = list(rows)
