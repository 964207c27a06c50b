"""One run: its steps with what became of each, what was undone and what is left, for each of its objects; and what can be done about it."""

from __future__ import annotations

import time as clock

from nicegui import ui

from components.actions.dialog import counted
from components.actions.made import link_made, made_vms
from components.actions.retrying import correct_and_retry, failed, retry_failed
from components.actions.run_command import whoever
from components.live import follow_source, fresh_slot
from components.tasks.cancelling import being_ended, if_cancelled
from components.tasks.leftovers import left_card
from components.tasks.listing import Path
from components.tasks.run_objects import RunObjects
from components.tasks.run_request import request_card
from components.tasks.words import MARKS, WORDS, word_of
from components.theme.icons import Icon
from components.transfers.words import amount, pace, sends_a_file
from components.ui import Age, Bar, Button, ButtonKind, Card, Figure, Notice, PageHead, StateMark, Tone, confirm
from data.names import pool_name
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.run import Run, RunItem, RunState, StepLog
from xo_dash.i18n import _, duration, number, percent, time


class RunPage(ui.element):
    """Follows the runner: drawn anew when a step or an object comes to another state, bars move by themselves."""

    def __init__(self, context: Context, run: Run, path: Path) -> None:
        super().__init__()
        self.classes("x-stack x-run-page")
        self._context, self._run, self._path = context, run, path
        self._look: object = None
        self._bars: list[tuple[StepLog, ui.element, Bar, ui.label]] = []
        with self:
            self._head = PageHead(_title(run))
            self._head.name.props("dir=auto")
            with self._head.marks:
                self._state = StateMark("busy", "")
            with self._head.verbs:
                self._cancel = Button(_("Cancel") + "…", self._ask_to_cancel, icon="stop").mark("cancel-run")
                self._retry = Button(_("Retry"), self._retry_failed, icon="reboot").mark("retry-failed")
                self._correct = Button(_("Correct and retry") + "…", self._correct_it, icon="edit", kind=ButtonKind.PRIMARY).mark("correct")
            self._notice = Notice("", Tone.CRITICAL)
            self._box = ui.element()
            with ui.element().classes("contents"):
                follow_source(context.runner.observe, self._refresh)

    def _refresh(self) -> None:
        run = self._run
        left = sum(len(item.left) for item in run.items)
        look = (run.ended, run.cancelled, run.state, left, self._details() if len(run.items) == 1 else self._waited_for())
        if look != self._look:
            self._look = look
            self._draw()
        for shown in self._bars:
            self._show(*shown)

    def _details(self) -> object:
        (item,) = self._run.items
        inside = [(inner.state, len(inner.inside)) for step in item.steps for inner in step.inside]
        return item.state, str(item.says or ""), [(step.state, step.undone, str(step.says)) for step in item.steps], inside

    def _waited_for(self) -> LazyText | None:
        return next((item.says for item in self._run.items if item.state is RunState.WAITING and item.says), None)

    def _draw(self) -> None:
        run = self._run
        state = run.state
        self._state.show(MARKS[state], _state_words(run))
        pools = dict.fromkeys(pool_name(home) for item in run.items if (home := self._context.mirror.pools.get(item.pool)))
        continued = [_("continued after a restart of xo-dash at {time}").format(time=time(run.continued))] if run.continued else []
        self._head.note.text = " · ".join([*pools, _("by {user}").format(user=run.user_name), *continued])
        user = whoever()
        mine = user is not None and all(may(user, run.action, item.subject) for item in run.items)
        self._cancel.set_visibility(not run.ended and not run.cancelled and mine)
        again = failed(run) if run.ended and mine else []
        self._retry.set_visibility(bool(again) and run.request is not None)
        self._retry.set_text(_("Retry") if len(run.items) == 1 else _("Retry {n} failed").format(n=number(len(again))))
        self._correct.set_visibility(bool(again) and bool(run.action.fields))
        self._tell_why()
        self._bars.clear()
        with fresh_slot(self._box).classes("x-run-body"):
            if len(run.items) == 1:
                self._one(run.items[0])
            else:
                self._many()

    def _tell_why(self) -> None:
        unhappy = self._run.unhappy
        if unhappy:
            item = unhappy[0]
            code = f" ({item.code})" if item.code else ""
            self._notice.show(f"{item.reason or ''}{code}", Tone.WARNING if item.state is RunState.REFUSED else Tone.CRITICAL)
        waits, is_ending = self._waited_for(), self._run.cancelled and not self._run.ended
        if waits is not None:
            self._notice.show(str(waits), Tone.INFORMATION)
        elif is_ending:
            self._notice.show(being_ended(self._run.items), Tone.INFORMATION)
        is_told = waits is not None or is_ending
        self._notice.set_visibility(is_told or (self._run.ended and len(self._run.items) == 1 and bool(unhappy)))

    # of one object

    def _made_card(self) -> None:
        if self._run.ended and (vms := made_vms(self._run, self._context.mirror.pools)):
            with Card(_("Created"), number(len(vms))).mark("made"):
                link_made(vms)

    def _one(self, item: RunItem) -> None:
        with ui.element().classes("x-stack").style("gap: 12px"):
            if item.state.ended and item.state is not RunState.DONE and len(item.steps) > 1:
                _figures(item)
            with Card(_("Steps"), f"{number(_done(item))} / {number(len(item.steps))}"):
                if not item.steps:
                    ui.label(_("Nothing was sent.") if item.state.ended else _("Queued.")).classes("x-dim")
                else:
                    self._steps(item)
        with ui.element().classes("x-stack").style("gap: 12px"):
            self._made_card()
            left_card(self._context, self._run, self._path)
            request_card(self._context, self._run, item)
            if item.state.ended:
                return
            with Card(_("If it fails or is cancelled")):
                ui.label(_("The completed steps that can be undone are undone, the last one first.")).classes("x-dim")
                stay = _("Keep the page that sends the file open.") if sends_a_file(self._run) else _("You can leave this page.")
                ui.label(stay).classes("x-dim")

    def _steps(self, item: RunItem) -> None:
        undone = any(step.undone or step.left for step in item.steps)
        with ui.element("table").classes("x-table x-steps" + (" x-steps-undone" if undone else "")).mark("steps"):
            with ui.element("thead"), ui.element("tr"):
                for title in ("", _("Step"), _("Result"), *([_("Undo, last first")] if undone else [])):
                    head = ui.label(title)
                    head.tag = "th"
            with ui.element("tbody"):
                for place, step in enumerate(item.steps, 1):
                    self._step(place, step, undone=undone)

    def _step(self, place: int, step: StepLog, *, undone: bool) -> None:
        with ui.element("tr").classes("x-step-later" if step.state is RunState.WAITING else ""):
            with ui.element("td").classes("x-dim x-num"):
                ui.label(number(place))
            with ui.element("td").classes("x-main"):
                ui.label(str(step.says)).props("dir=auto")
                if step.state is RunState.RUNNING:
                    self._bar(step)
                for inner in step.inside:
                    ui.label(f"{inner.says} · {_(WORDS[inner.state])}").classes("x-dim x-small").props("dir=auto")
            with ui.element("td").classes("x-step-result"):
                _result(step, goes_on=not self._run.ended)
            if undone:
                with ui.element("td").classes("x-step-undo"):
                    _undo(step)

    def _bar(self, step: StepLog) -> None:
        with ui.element("span").classes("x-step-bar") as box:
            bar, words = Bar(0, _("Progress")), ui.label().classes("x-dim x-small")
        self._bars.append((step, box, bar, words))
        self._show(step, box, bar, words)

    def _show(self, step: StepLog, box: ui.element, bar: Bar, words: ui.label) -> None:
        """Of a step that tells nothing of itself there is no bar."""
        box.set_visibility(step.meter is not None or step.progress > 0)
        bar.show(step.meter.fraction if step.meter is not None else step.progress)
        moving = step.meter or self._context.runner.migration_speeds.pace(self._run.items[0], clock.time())
        words.text = f"{amount(moving)} · {pace(moving)}" if moving is not None else percent(step.progress)

    # of many

    def _many(self) -> None:
        RunObjects(self._context, self._run, self._path)
        with ui.element().classes("x-stack").style("gap: 12px"):
            self._made_card()
            left_card(self._context, self._run, self._path)
            request_card(self._context, self._run, self._run.items[0])

    # what one does

    async def _ask_to_cancel(self) -> None:
        user = whoever()
        if await confirm(_("Cancel it?"), if_cancelled(self._run.items), yes=_("Cancel it"), no=_("Continue")) and user is not None:
            self._context.runner.cancel(user, self._run)

    async def _retry_failed(self) -> None:
        """Its page follows: here one could only do the same once more. What delivers a file ends with this page."""
        follows = not self._run.action.delivers and not sends_a_file(self._run)
        await retry_failed(self._context, self._run, (lambda again: ui.navigate.to(f"/run/{again.key}")) if follows else None)

    async def _correct_it(self) -> None:
        await correct_and_retry(self._context, self._run)


def _title(run: Run) -> str:
    return f"{_(run.action.title)}: {run.items[0].name}" if len(run.items) == 1 else counted(run.action, len(run.items))


def _state_words(run: Run) -> str:
    left = sum(len(item.left) for item in run.items)
    word = word_of(run.state, cancelled=run.cancelled)
    return _("{state}, {n} left").format(state=word, n=number(left)) if left else word


def _done(item: RunItem) -> int:
    return sum(step.state is RunState.DONE for step in item.steps)


def _figures(item: RunItem) -> None:
    """`3 of 6 steps done`, `2 undone`, `1 left`, `2 not run`"""
    with Card().classes("x-run-figures"):
        Figure(_("{n} of {all}").format(n=number(_done(item)), all=number(len(item.steps))), _("steps done"))
        Figure(number(sum(step.undone for step in item.steps)), _("undone"))
        Figure(number(len(item.left)), _("left"))
        Figure(number(sum(step.state is RunState.WAITING for step in item.steps)), _("not run"))


def _result(step: StepLog, *, goes_on: bool) -> None:
    took = duration(step.ended - step.began) if step.ended and step.began else ""
    match step.state:
        case RunState.DONE:
            with ui.element("span").classes("x-row"):
                Icon("check").classes("x-step-tick")
                ui.label(took).classes("x-dim")
        case RunState.WAITING:
            ui.label("" if goes_on else _("not run")).classes("x-dim")
        case RunState.RUNNING:
            with ui.element("span").classes("x-row"):
                StateMark("busy", _(WORDS[RunState.RUNNING]))
                Age(step.began, bare=True).classes("x-dim x-small")
        case _:
            StateMark(MARKS[step.state], str(step.reason or _(WORDS[step.state])))


def _undo(step: StepLog) -> None:
    if step.undone:
        with ui.element("span").classes("x-row"):
            Icon("undo").classes("x-dim")
            ui.label(_("undone")).classes("x-dim")
    elif step.left is not None:
        StateMark("critical", _("Left: {what}").format(what=step.left))
        if step.kept_by is not None:
            ui.label(str(step.kept_by)).classes("x-dim x-small").props("dir=auto")
