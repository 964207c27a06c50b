"""The objects of a run of many: a row for each that changes by itself, and cancelling one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from nicegui import background_tasks, ui

from components.actions.run_command import whoever
from components.actions.run_progress import summary
from components.live import follow_source
from components.tasks.cancelling import being_ended
from components.tasks.listing import Path
from components.tasks.words import MARKS, word_of
from components.transfers.words import pace
from components.ui import Bar, Button, ButtonKind, Card, StateMark
from data.turns import in_turns, timed
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.i18n import _, duration, percent

LISTED: Final = 300
"""Objects of one run that are listed."""


class RunObjects(Card):
    """Those that went wrong or go on when it is opened stand first; after that nothing changes its place."""

    def __init__(self, context: Context, run: Run, path: Path) -> None:
        super().__init__(_("Objects"), summary(run))
        self._context, self._run, self._path = context, run, path
        self._rows: list[ObjectRow] = []
        with self, ui.element("table").classes("x-table x-steps").mark("objects"):
            self._body = ui.element("tbody")
        background_tasks.create(in_turns(timed(self._made())), name="objects of a run")
        with self:
            follow_source(context.runner.observe, self._refresh)

    def _made(self) -> Iterator[None]:
        items = sorted(self._run.items, key=lambda item: (item.state is RunState.DONE, item.state is RunState.WAITING))
        for item in items[:LISTED]:
            if self.is_deleted:
                return
            with self._body:
                self._rows.append(ObjectRow(self._context, self._run, item, self._path))
            yield

    def _refresh(self) -> None:
        self.scope.text = summary(self._run)
        for row in self._rows:
            row.refresh()


class ObjectRow(ui.element):
    """Drawn anew when it comes to another state; while it goes on its bar moves."""

    def __init__(self, context: Context, run: Run, item: RunItem, path: Path) -> None:
        super().__init__("tr")
        self._context, self._run, self._item, self._path = context, run, item, path
        self._look: object = None
        self._bar: Bar | None = None
        self.refresh()

    def refresh(self) -> None:
        item = self._item
        look = (item.state, item.cancelled, item.reason or item.says, str(being_ended([item])) if item.cancelled else "")
        if look != self._look:
            self._look, self._bar = look, None
            self.clear()
            with self:
                self._draw(item)
        if self._bar is not None:
            self._bar.show(item.progress)
            moving = self._context.runner.migration_speeds.pace(item, time.time())
            share = percent(item.progress) if item.progress > 0 else ""
            self._share.text = f"{share} · {pace(moving)}" if moving is not None else share

    def _draw(self, item: RunItem) -> None:
        with ui.element("td"):
            StateMark(MARKS[item.state], word_of(item.state, cancelled=item.cancelled))
        with ui.element("td").classes("x-main"):
            present = item.subject.home.one(type(item.subject), item.subject.ref) is item.subject
            target = self._path(item.subject) if present else ""
            ui.link(item.name, target).props("dir=auto") if target else ui.label(item.name).props("dir=auto")
            if said := item.reason or (being_ended([item]) if item.cancelled and not item.state.ended else item.says):
                ui.label(str(said)).classes("x-dim x-small").props("dir=auto")
            if item.state is RunState.RUNNING:
                with ui.element("span").classes("x-step-bar"):
                    self._bar, self._share = Bar(0, _("Progress")), ui.label().classes("x-dim x-small")
        with ui.element("td").classes("x-num x-dim"):
            self._draw_end(item)

    def _draw_end(self, item: RunItem) -> None:
        if item.state.ended:
            ui.label(duration(item.ended - item.started) if item.ended and item.started else "")
        elif not item.cancelled and len(self._run.items) > 1 and (user := whoever()) and may(user, self._run.action, item.subject):
            label = _("Cancel {name}").format(name=item.name)
            Button(icon="close", label=label, on_click=self._cancel, kind=ButtonKind.GHOST).mark(f"cancel-{item.uuid}")

    def _cancel(self) -> None:
        if user := whoever():
            self._context.runner.cancel(user, self._run, self._item)
