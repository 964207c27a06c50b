"""States of runs and tasks as marks and words."""

from __future__ import annotations

from typing import Final

from xo_dash.control.run import RunState
from xo_dash.control.task_view import TaskView
from xo_dash.i18n import N_, _, percent

MARKS: Final = {
    RunState.WAITING: "connecting",
    RunState.RUNNING: "busy",
    RunState.DONE: "running",
    RunState.REFUSED: "warning",
    RunState.FAILED: "critical",
    RunState.CANCELLED: "halted",
    RunState.LOST: "unknown",
}

WORDS: Final = {
    RunState.WAITING: N_("Queued"),
    RunState.RUNNING: N_("In progress"),
    RunState.DONE: N_("Done"),
    RunState.REFUSED: N_("Not possible"),
    RunState.FAILED: N_("Failed"),
    RunState.CANCELLED: N_("Cancelled"),
    RunState.LOST: N_("Unknown"),
}


def word_of(state: RunState, *, cancelled: bool) -> str:
    """`cancelled`: somebody wants it to stop, which it has not before the pool has ended what is under way."""
    return _("Cancelling") if cancelled and not state.ended else _(WORDS[state])


def state_text(line: TaskView) -> str:
    """`Running 40%`: coarse, as XAPI's progress is."""
    word = word_of(line.state, cancelled=line.cancelled)
    if line.state is RunState.RUNNING and line.progress > 0:
        return f"{word} {percent(line.progress)}"
    return word


def remark(line: TaskView) -> str:
    """What there is to say beyond the state: the step under way, or the reason."""
    said = line.reason or line.says
    return str(said) if said else ""
