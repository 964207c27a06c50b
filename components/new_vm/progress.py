"""What became of the creation: its steps as they go, then the VM, or why not and what was undone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from nicegui import ui

from components.actions.made import made_vms
from components.live import follow_source, fresh_slot
from components.theme.icons import Icon
from components.ui import Bar, Button, ButtonKind, Card, Notice, Tone, spinner
from components.urls import path_of
from data.names import name_of, name_order
from xo_dash.context import Context
from xo_dash.control.run import Run, RunState, StepLog
from xo_dash.control.vm.creation.request import CreateVM
from xo_dash.i18n import _, ngettext, number


class VMProgress(Card):
    """Follows one run."""

    def __init__(self, context: Context, run: Run, correct: Callable[[], None], again: Callable[[], None]) -> None:
        """`correct` brings the form back as it was, `again` an empty one."""
        super().__init__()
        self.classes("x-created").mark("progress")
        self._context, self._run = context, run
        self.on_correct, self.on_again = correct, again
        self._shown: object = None
        with self:
            with ui.element().classes("x-row x-spread"):
                self._title = ui.label().classes("x-created-title").props("aria-live=polite")
                ui.link(_("Details"), f"/run/{run.key}").classes("x-link")
            self._bar = Bar(0, _("Progress"))
            self._made = ui.element().classes("x-btns")
            self._steps = ui.element().classes("contents")
            self._foot = ui.element().classes("x-stack")
            follow_source(context.runner.observe, self._refresh)
            follow_source(context.mirror.observe, self._refresh_made)

    def _refresh(self) -> None:
        run, (item,) = self._run, self._run.items
        self._bar.show(run.progress)
        self._bar.set_visibility(not run.ended or item.state is RunState.DONE)  # full at the end: nothing below it moves
        self._title.text = _title(run)
        lines = _lines(item.steps)
        ended = (item.state, str(item.reason or ""))
        if (lines, ended) == self._shown:
            return
        self._shown = (lines, ended)
        with fresh_slot(self._steps), ui.element("ol").classes("x-created-steps"):
            for depth, text, state, undone, reason in lines:
                _step(depth, text, state, undone, reason)
        with fresh_slot(self._foot):
            self._end(item.state, str(item.reason or ""))
        self._refresh_made()

    def _end(self, state: RunState, reason: str) -> None:
        if not state.ended:
            return
        if state is RunState.DONE:
            with ui.element().classes("x-btns"):
                Button(_("Create another"), self.on_again).mark("again")
            return
        Notice(reason, Tone.CRITICAL if state in (RunState.FAILED, RunState.LOST) else Tone.WARNING)
        with ui.element().classes("x-btns"):
            Button(_("Correct and retry"), self.on_correct, kind=ButtonKind.PRIMARY).mark("correct")

    def _refresh_made(self) -> None:
        """A link to each VM as soon as it is there."""
        found = made_vms(self._run, self._context.mirror.pools)
        found.sort(key=name_order)
        shown = [(vm.uuid, name_of(vm)) for vm in found]
        if shown == getattr(self, "_links", None):
            return
        self._links = shown
        with fresh_slot(self._made):
            for vm in found[:20]:
                link = ui.link(_("Open {name}").format(name=name_of(vm)), path_of(vm)).classes("x-btn").mark("open-made")
                link.classes("x-btn-primary" if len(found) == 1 else "")


def _title(run: Run) -> str:
    request = run.request
    names = request.names if isinstance(request, CreateVM) else ()
    what = names[0] if len(names) == 1 else ngettext("{n} VM", "{n} VMs", len(names)).format(n=number(len(names)))
    match run.items[0].state:
        case RunState.DONE:
            return ngettext("{name} is created", "{name} are created", len(names)).format(name=what)
        case RunState.FAILED | RunState.LOST | RunState.REFUSED:
            return ngettext("{name} was not created", "{name} were not created", len(names)).format(name=what)
        case RunState.CANCELLED:
            return _("Creating {name} was cancelled").format(name=what)
        case _:
            return _("Creating {name}").format(name=what)


StepLine = tuple[int, str, RunState, bool, str]


def _lines(steps: list[StepLog], depth: int = 0) -> list[StepLine]:
    """(how deep, what, its state, whether undone, why not); steps that are said alike are one."""
    told: list[StepLine] = []
    for text, alike in groupby(steps, key=lambda step: str(step.says)):
        same = list(alike)
        state = next((step.state for step in same if step.state is not RunState.DONE), RunState.DONE)
        reason = next((str(step.reason) for step in same if step.reason is not None and depth), "")
        told.append((depth, text, state, any(step.undone for step in same), reason))
        for step in same:
            told += _lines(step.inside, depth + 1)
    return told


def _step(depth: int, text: str, state: RunState, undone: bool, reason: str) -> None:
    with ui.element("li").classes(f"x-created-step x-created-{state}" + (" x-created-inner" if depth else "")):
        if state is RunState.RUNNING:
            spinner()
        elif undone:
            Icon("undo")
        elif state is RunState.DONE:
            Icon("check")
        elif state.ended:
            Icon("close")
        else:
            ui.element("i").classes("x-created-dot")
        ui.label(text)
        if undone or reason:
            ui.label(_("undone") if undone else reason).classes("x-dim")
