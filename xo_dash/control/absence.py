"""A pool that goes away in the middle of a plan is waited for: what was done would stay half done otherwise."""

from __future__ import annotations

from xo_dash.control.plan import Call, Question, Step, Transfer
from xo_dash.control.resume.record import is_harmless
from xo_dash.control.run import RunState, StepLog
from xo_dash.control.steps import NOT_SENT, StepOutcome
from xo_dash.control.track import Track


def waits_for_pool(track: Track, step: Step) -> bool:
    """Not while nothing was sent: the first step is refused, and so is that of each plan beside others. Nor what a host is told itself."""
    if isinstance(step, (Call, Question)) and step.member:
        return False
    begun = track.undoing or bool(track.item.tasks) or any(map(_has_done, track.item.steps))
    return track.patient and begun and isinstance(step, (Call, Question, Transfer))


def _has_done(log: StepLog) -> bool:
    """Whether the step, or one inside of it, is done."""
    return log.state is RunState.DONE or any(map(_has_done, log.inside))


def may_be_sent_again(step: Step, outcome: StepOutcome) -> bool:
    """It was not sent, or does nothing twice and nobody knows what became of it."""
    if isinstance(step, Call) and outcome.state is RunState.LOST:
        return is_harmless(step)
    return isinstance(step, (Call, Question)) and outcome.code == NOT_SENT


def pool_of(track: Track, step: Step) -> str:
    """The server's id of the pool that it is sent to."""
    return (step.at if isinstance(step, (Call, Transfer)) else "") or track.item.pool
