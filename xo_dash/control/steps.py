"""Carrying out the steps of a plan on one object: call, follow the task, judge its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from data.objects import VM, TaskStatus
from data.types import Ref
from xo_dash.control.action import Step
from xo_dash.control.failures import explain, explain_error
from xo_dash.control.following import Caller, Follower, TaskEnd
from xo_dash.control.results import task_result
from xo_dash.control.run import Item, Run, State
from xo_dash.control.said import NOTHING, Said, say
from xo_dash.control.words import state_words
from xo_dash.i18n import N_
from xo_dash.xapi.errors import Unreachable, XapiError

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Let something go on beside what is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step."""

    state: State
    reason: Said | None = None
    code: str = ""
    result: object = None


class Steps:
    """Sends each call once. `told` is called whenever a run looks different."""

    def __init__(self, connections: Callable[[str], Caller], follower: Follower, told: Callable[[Run], None], spawn: Spawn) -> None:
        self._connections = connections
        self._follower = follower
        self._tell = told
        self._spawn = spawn

    async def carry_out(self, run: Run, item: Item, steps: Sequence[Step]) -> Outcome:
        """One after the other; those that do not need each other go on when one fails."""
        failed: Outcome | None = None
        outcome = Outcome(State.DONE)
        for number, step in enumerate(steps):
            item.says = say(step.says, name=step.name) if len(steps) > 1 else None  # of one step the title says it all
            self._tell(run)
            share = 1 / len(steps)
            outcome = await self._step(run, item, step, number * share, share)
            if outcome.state is State.DONE:
                continue
            failed = failed or _in_plan(outcome, step, len(steps))
            if not step.alone:
                break
        return failed or outcome

    async def _step(self, run: Run, item: Item, step: Step, before: float, share: float) -> Outcome:
        try:
            caller = self._connections(item.pool)
        except KeyError:
            return Outcome(State.REFUSED, say(N_("the server was taken out of xo-dash")))
        try:
            if not step.asynchronous:
                return Outcome(State.DONE, result=await caller.call(step.method, *step.parameters))
            task = Ref(str(await caller.call(f"Async.{step.method}", *step.parameters)))
        except XapiError as error:
            reason, code = explain_error(error, item.subject.home)
            if step.gone_is_done and code == "HANDLE_INVALID":
                return Outcome(State.DONE)
            return Outcome(State.LOST if isinstance(error, Unreachable) else State.FAILED, reason, code)
        item.tasks.append(task)
        self._tell(run)

        def progressed(progress: float) -> None:
            item.progress = before + share * progress
            self._tell(run)

        end = await self._follower.end(item.pool, task, caller, progressed)
        if end.status is not TaskStatus.UNKNOWN:
            self._spawn(_destroy(caller, task))  # nobody has to wait for that
        item.progress = before + share
        return self._judged(run, item, step, end)

    def _judged(self, run: Run, item: Item, step: Step, end: TaskEnd) -> Outcome:
        """What the end of the task means."""
        code, *rest = end.error_info or [""]
        if end.status is TaskStatus.SUCCESS:
            return Outcome(State.DONE, result=task_result(end.result))
        if end.status is TaskStatus.CANCELLED or code == "TASK_CANCELLED":
            return Outcome(State.CANCELLED, say(N_("it was cancelled")), code)
        if end.status is TaskStatus.UNKNOWN:
            if run.action.reached is not None and run.action.reached(item.subject):
                return Outcome(State.DONE)
            return Outcome(State.LOST, _lost(item))
        if step.gone_is_done and code == "HANDLE_INVALID":
            return Outcome(State.DONE)
        return Outcome(State.FAILED, explain(code, rest, item.subject.home), code)


def _in_plan(outcome: Outcome, step: Step, steps: int) -> Outcome:
    """Of several steps, say which it was."""
    if steps == 1:
        return outcome
    reason = say(N_("{step} did not work: {reason}"), step=say(step.says, name=step.name), reason=outcome.reason or NOTHING)
    return Outcome(outcome.state, reason, outcome.code, outcome.result)


def _lost(item: Item) -> Said:
    if isinstance(item.subject, VM):
        state = state_words(item.subject.power_state)
        return say(N_("the pool lost track of it; {name} is {state} now: look before trying again"), name=item.name, state=state)
    return say(N_("the pool lost track of it; look before trying again"))


async def _destroy(caller: Caller, task: Ref) -> None:
    """XAPI keeps a finished task until who started it takes it away."""
    try:
        await caller.call("task.destroy", task)
    except XapiError as error:
        log.debug("task %s stays until the pool forgets it: %s", task, error)
