"""What became of several steps, told as one: of the steps of a plan, and of plans beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xo_dash.control.lazy_text import NOTHING, lazy
from xo_dash.control.plan import Question, Step
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.steps import RESTARTED, StepOutcome
from xo_dash.control.track import Track
from xo_dash.i18n import N_

STUCK = "Stuck"
"""The code of a run that cannot go on after a restart."""
CHANGED = lazy(N_("it cannot go on after the restart of xo-dash: the next step would no longer be the same"))
NOT_BEGUN = StepOutcome(RunState.CANCELLED, lazy(N_("not started because another one failed")))
WORST = (RunState.LOST, RunState.FAILED, RunState.CANCELLED, RunState.REFUSED)
"""Of several that failed the first of these is what became of them: while one may go on nothing is taken back."""


def in_plan(track: Track, outcome: StepOutcome, step: Step) -> StepOutcome:
    """Of several steps, say which it was; of a question, what it was answered."""
    if len(track.logs) == 1 or isinstance(step, Question) or outcome.code == STUCK:
        return outcome
    state = RunState.FAILED if outcome.state is RunState.REFUSED and track.number > 0 else outcome.state
    has_failed = outcome.code != RESTARTED and outcome.state is not RunState.CANCELLED
    words = N_("{step} failed: {reason}") if has_failed else N_("{step}: {reason}")
    reason = lazy(words, step=step.says, reason=outcome.reason or NOTHING)
    return replace(outcome, state=state, reason=reason)


def as_it_stays(run: Run, item: RunItem, outcome: StepOutcome) -> StepOutcome:
    """Of what failed or was cancelled, say how the object is now."""
    if outcome.state not in (RunState.FAILED, RunState.CANCELLED) or (now := run.action.stays(item.subject)) is None:
        return outcome
    return replace(outcome, reason=lazy(N_("{reason}; {left}"), reason=outcome.reason or NOTHING, left=now))


def together(outcomes: Sequence[StepOutcome]) -> StepOutcome:
    """What became of plans beside each other."""
    answers = tuple(one.result if one.state is RunState.DONE else None for one in outcomes)
    failed = [one for one in outcomes if one.state is not RunState.DONE and one is not NOT_BEGUN]
    if not failed:
        return StepOutcome(RunState.DONE, result=answers)
    worst = min(failed, key=lambda one: WORST.index(one.state))
    if worst.state is RunState.CANCELLED:
        done = sum(one.state is RunState.DONE for one in outcomes)
        many = lazy(N_("it was cancelled after {done} of {all}"), done=done, all=len(outcomes))
    else:
        many = lazy(N_("{failed} of {all} failed: {reason}"), failed=len(failed), all=len(outcomes), reason=worst.reason or NOTHING)
    return replace(worst, reason=many if len(outcomes) > 1 else worst.reason, result=answers)
