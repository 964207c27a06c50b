"""The list of tasks: a row is changed while its task goes on, and moves to the ended ones with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nicegui import ui

from components.actions import whoever
from components.lists.period import Period, PeriodField
from components.live import follow_source
from components.tasks.words import MARKS, remark, state_text
from components.ui import Age, Bar, Button, ButtonKind, StateMark, Tone, empty_state, heading, notify
from components.urls import path_about
from data.types import XapiObject
from data.views.about import About
from xo_dash.auth.current import current_session
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import Run, RunState
from xo_dash.control.task_view import TaskView
from xo_dash.i18n import _, duration, number

SHOWN = 100
"""Ended ones in the list."""

Path = Callable[[XapiObject], str]
"""Where the page of an object is; empty if it has none."""


class TaskList(ui.element):
    """Two tables, of what goes on and of what has ended; follows the runner and the mirror."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context = context
        self._period = Period()
        with self:
            with ui.element().classes("x-list-tools") as self._tools:
                PeriodField(self._narrow)
                self._count = ui.label().classes("x-dim x-small").props("aria-live=polite")
            with ui.element() as self._empty:
                empty_state(
                    _("No running tasks"),
                    _("Tasks of all pools appear here, and stay for a while after they end."),
                )
            self._running = TaskTable(_("In progress"), _("Start time"), "")
            self._ended = TaskTable(_("Recent"), _("Ended"), _("Duration"))
            self._unfit = ui.label(_("No entries in this period.")).classes("x-dim")
            follow_source(context.tasks.observe, self._refresh)

    def _narrow(self, period: Period) -> None:
        self._period = period
        self._refresh()

    def _refresh(self) -> None:
        every = self._context.tasks.lines()
        lines = [line for line in every if self._period.has(line.since, line.ended or math.inf)]
        running = [line for line in lines if not line.state.ended]
        ended = [line for line in lines if line.state.ended]
        self._empty.set_visibility(not every)
        self._tools.set_visibility(bool(every))
        self._unfit.set_visibility(bool(every) and not lines)
        self._count.text = "" if self._period == Period() else _("{n} of {all}").format(n=number(len(lines)), all=number(len(every)))
        ended = ended[: SHOWN if self._period == Period() else None]
        for table, shown in ((self._running, running), (self._ended, ended)):
            table.show(shown, self._row)

    def _row(self, line: TaskView) -> TaskRow:
        return TaskRow(self._context, line)


class TaskTable(ui.element):
    """Rows by their key, in the order they are given; `moment` is what the time in a row tells, `last` heads the last column."""

    def __init__(self, title: str, moment: str, last: str) -> None:
        super().__init__("section")
        self.classes("x-card x-wide")
        self._rows: dict[str, TaskRow] = {}
        with self:
            heading(title, 2).classes("x-card-title")
            with ui.element().classes("x-table-box"), ui.element("table").classes("x-table x-tasks"):
                with ui.element("thead"), ui.element("tr"):
                    for column, classes in (
                        (_("State"), "x-task-state"),
                        (_("Task"), "x-task-what"),
                        (_("Started by"), "x-task-who"),
                        (_("Pool"), "x-task-pool"),
                        (moment, "x-task-moment"),
                        (last, "x-task-end x-num"),
                    ):
                        head = ui.label(column).classes(classes)
                        head.tag = "th"
                self._body = ui.element("tbody")

    def show(self, lines: Sequence[TaskView], make: Callable[[TaskView], TaskRow]) -> None:
        self.set_visibility(bool(lines))
        keys = {line.key for line in lines}
        for gone in self._rows.keys() - keys:
            self._rows.pop(gone).delete()
        for place, line in enumerate(lines):
            row = self._rows.get(line.key)
            if row is None:
                with self._body:
                    row = self._rows[line.key] = make(line)
                if place < len(self._rows) - 1:
                    row.move(self._body, place)
            row.refresh(line)


class TaskRow(ui.element):
    """One task: how it is, what it is, on what, by whom, since when or when it ended; and a button to cancel it while that is possible."""

    def __init__(self, context: Context, line: TaskView) -> None:
        super().__init__("tr")
        self._context = context
        self._line = line
        self._shown: TaskView | None = None
        with self:
            with ui.element("td").classes("x-task-state"):
                self._state = StateMark(MARKS[line.state], state_text(line))
                self._bar = Bar(line.progress, _("Progress"))
            with ui.element("td").classes("x-task-what"):
                with ui.element().classes("x-task-title"):
                    if line.run:
                        ui.link(str(line.title), f"/run/{line.run}").classes("x-plain")
                    else:
                        ui.label(str(line.title))
                    self._about(line.about)
                self._remark = ui.label().classes("x-task-remark")
            with ui.element("td").classes("x-nowrap"):
                ui.label(line.who or _("external")).classes("" if line.who else "x-dim")
            with ui.element("td").classes("x-nowrap"):
                ui.label(line.pool or "–")
            with ui.element("td").classes("x-nowrap"):
                Age(line.ended or line.since, dated=True)
            with ui.element("td").classes("x-task-end x-num"):
                self._took = ui.label().classes("x-dim")
                self._cancel = Button(_("Cancel"), self._clicked, kind=ButtonKind.GHOST).mark("cancel")

    def refresh(self, line: TaskView) -> None:
        """Another state of the same task; only what looks different is sent."""
        if line == self._shown:
            return
        self._line = self._shown = line
        self._state.show(MARKS[line.state], state_text(line))
        going = line.state is RunState.RUNNING
        self._bar.set_visibility(going)
        if going:
            self._bar.show(line.progress)
        self._remark.text = remark(line)
        self._took.text = duration(line.ended - line.since) if line.ended and line.state is not RunState.LOST else ""
        run = self._run()
        is_ours = run is not None and not line.cancelled and bool(may(whoever(), run.action, run.items[line.number].subject))
        reason = why_not(action("task.cancel"), line.task, whoever()) if line.task and not line.run else None
        self._cancel.set_visibility(not line.state.ended and (is_ours if line.run else line.task is not None))
        self._cancel.allow(str(reason) if reason else None)

    def _run(self) -> Run | None:
        """The one of ours that it is."""
        return next((run for run in self._context.runner.runs if run.key == self._line.run), None) if self._line.run else None

    @staticmethod
    def _about(about: About) -> None:
        if path := path_about(about):
            ui.link(about.name, path)
        elif about.name:
            ui.label(about.name)

    async def _clicked(self) -> None:
        user, task, ours = whoever(), self._line.task, self._run()
        if user is not None and ours is not None:  # a plan has more to end than the task of its last step
            self._context.runner.cancel(user, ours, ours.items[self._line.number] if len(ours.items) > 1 else None)
        if user is None or task is None or ours is not None:
            return
        title = f"{self._line.title} {self._line.name}".strip()
        client = ui.context.client
        run = await self._context.runner.run(user, action("task.cancel"), [task], address=current_session().address)
        if client.is_deleted:
            return
        with client:
            (item,) = run.items
            if item.state is RunState.DONE:
                notify(_("{task}: cancel request sent to the pool").format(task=title))
            else:
                notify(f"{title}: {item.reason or ''}", Tone.WARNING)
