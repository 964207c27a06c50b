"""Carrying out the steps of a plan on one object: call, follow the task, judge its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.objects import VM, TaskStatus
from data.types import Ref
from xo_dash.control.action import Step
from xo_dash.control.failures import explain, explain_error
from xo_dash.control.following import Caller, Connections, Follower, TaskEnd
from xo_dash.control.results import task_result
from xo_dash.control.run import Item, Run, State
from xo_dash.control.said import NOTHING, Said, say
from xo_dash.control.words import state_words
from xo_dash.i18n import N_
from xo_dash.xapi.errors import NotConnected, Unreachable, XapiError

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

    def __init__(self, connections: Connections, follower: Follower, told: Callable[[Run], None], spawn: Spawn) -> None:
        self._connections = connections
        self._follower = follower
        self._tell = told
        self._spawn = spawn

    async def carry_out(self, run: Run, item: Item, steps: Sequence[Step]) -> Outcome:
        """One after the other; those that do not need each other go on when one fails. What was done before a failure is undone."""
        failed: Outcome | None = None
        outcome = Outcome(State.DONE)
        done: list[Step] = []
        for number, step in enumerate(steps):
            item.says = say(step.says, name=step.name) if len(steps) > 1 else None  # of one step the title says it all
            self._tell(run)
            share = 1 / len(steps)
            outcome = await self._step(run, item, step, number * share, share)
            if outcome.state is State.DONE:
                done.append(step)
                continue
            failed = failed or await self._in_plan(item, outcome, step, steps)
            if not step.alone:
                break
        return await self._undone(run, item, done, failed) if failed else outcome

    async def _in_plan(self, item: Item, outcome: Outcome, step: Step, steps: Sequence[Step]) -> Outcome:
        """Of several steps, say which it was; of a question, what it was answered."""
        if step.blame is not None and outcome.state is State.FAILED:
            told = await self._asked(item, step.blame)
            outcome = replace(outcome, reason=told.reason or outcome.reason)
        if len(steps) == 1 or step.judge is not None:
            return outcome
        state = State.FAILED if outcome.state is State.REFUSED and step is not steps[0] else outcome.state
        reason = say(N_("{step} did not work: {reason}"), step=say(step.says, name=step.name), reason=outcome.reason or NOTHING)
        return replace(outcome, state=state, reason=reason)

    async def _undone(self, run: Run, item: Item, done: Sequence[Step], failed: Outcome) -> Outcome:
        """`failed`, with what became of the steps before it. Nothing is undone while the failed one may still go on."""
        for step in reversed(done):
            if step.undo is None:
                continue
            undone = False
            if failed.state is not State.LOST:
                undone = (await self._step(run, item, step.undo.step, item.progress, 0.0)).state is State.DONE
            left = say(step.undo.undone if undone else step.undo.stays, name=step.name)
            failed = replace(failed, reason=say(N_("{reason}; {left}"), reason=failed.reason or NOTHING, left=left))
        return failed

    async def _asked(self, item: Item, step: Step) -> Outcome:
        """What a question tells. One that gets no answer tells nothing: the call after it will."""
        assert step.judge is not None  # noqa: S101  # whoever calls has looked
        try:
            answer = await self._connections(item.pool).call(step.method, *step.parameters)
        except NotConnected as error:
            return Outcome(State.REFUSED, *explain_error(error, item.subject.home))
        except XapiError as error:
            log.debug("%s gave no answer: %s", step.method, error)
            return Outcome(State.DONE)
        reason = step.judge(answer, item.subject.home)
        return Outcome(State.FAILED, reason) if reason else Outcome(State.DONE)

    async def _step(self, run: Run, item: Item, step: Step, before: float, share: float) -> Outcome:
        if step.judge is not None:
            return await self._asked(item, step)
        try:
            caller = self._connections(item.pool)
            if not step.asynchronous:
                return Outcome(State.DONE, result=await caller.call(step.method, *step.parameters))
            task = Ref(str(await caller.call(f"Async.{step.method}", *step.parameters)))
        except XapiError as error:
            reason, code = explain_error(error, item.subject.home, item.subject)
            if step.gone_is_done and code == "HANDLE_INVALID":
                return Outcome(State.DONE)
            return Outcome(_state(error), reason, code)
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
        return Outcome(State.FAILED, explain(code, rest, item.subject.home, item.subject), code)


def _state(error: XapiError) -> State:
    """What a call that raised `error` leaves behind."""
    if isinstance(error, NotConnected):
        return State.REFUSED
    return State.LOST if isinstance(error, Unreachable) else State.FAILED


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
