"""States of runs and tasks as marks and words."""

from __future__ import annotations

from typing import Final

from xo_dash.control.activity import Line
from xo_dash.control.run import State
from xo_dash.i18n import N_, _, percent

MARKS: Final = {
    State.WAITING: "connecting",
    State.RUNNING: "busy",
    State.DONE: "running",
    State.REFUSED: "warning",
    State.FAILED: "critical",
    State.CANCELLED: "halted",
    State.LOST: "unknown",
}

WORDS: Final = {
    State.WAITING: N_("Queued"),
    State.RUNNING: N_("In progress"),
    State.DONE: N_("Done"),
    State.REFUSED: N_("Not possible"),
    State.FAILED: N_("Failed"),
    State.CANCELLED: N_("Cancelled"),
    State.LOST: N_("Unknown"),
}


def state_text(line: Line) -> str:
    """`Running 40%`: coarse, as XAPI's progress is."""
    word = _(WORDS[line.state])
    if line.state is State.RUNNING and line.progress > 0:
        return f"{word} {percent(line.progress)}"
    return word


def remark(line: Line) -> str:
    """What there is to say beyond the state: the step under way, or the reason."""
    said = line.reason or line.says
    return str(said) if said else ""
