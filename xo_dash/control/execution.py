"""Carrying out a plan on one object: call, follow the task, judge its end; when a step fails, take back what was done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from data.mirror import Mirror
from data.objects import VM, TaskStatus
from data.types import Ref
from xo_dash.control.failures import explain, explain_error
from xo_dash.control.following import Caller, Connections, Follower, TaskEnd
from xo_dash.control.plan import Call, Plan, Question, Step, Wait
from xo_dash.control.results import task_result
from xo_dash.control.run import Item, Run, State, StepLog
from xo_dash.control.said import NOTHING, Said, say
from xo_dash.control.words import state_words
from xo_dash.i18n import N_
from xo_dash.xapi.errors import NotConnected, Unreachable, XapiError

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Let something go on beside what is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step, or of the whole plan."""

    state: State
    reason: Said | None = None
    code: str = ""
    result: object = None


@dataclass(frozen=True, slots=True)
class Done:
    """A step that can be taken back."""

    log: StepLog
    call: Call
    undo: Callable[[Any], Plan]
    answer: object


CANCELLED = Outcome(State.CANCELLED, say(N_("it was cancelled")))


class Execution:
    """Sends each call once. `told` is called whenever a run looks different."""

    def __init__(self, mirror: Mirror, connections: Connections, follower: Follower, told: Callable[[Run], None], spawn: Spawn) -> None:
        self._mirror = mirror
        self._connections = connections
        self._follower = follower
        self._tell = told
        self._spawn = spawn

    async def carry_out(self, run: Run, item: Item, plan: Plan) -> Outcome:
        """One step after the other; those that no later step needs may fail. `item.steps` are the ones foretold."""
        failed: Outcome | None = None
        done: list[Done] = []
        answer: object = None
        first: object = None
        number = 0
        while (step := _next(plan, answer)) is not None:
            logged = self._begin(run, item, number, step)
            share = 1 / max(len(item.steps), 1)
            outcome = CANCELLED if run.cancelled else await self._step(run, item, step, number * share, share)
            logged.state = outcome.state
            answer = outcome.result
            first = answer if number == 0 else first
            number += 1
            if outcome.state is State.DONE:
                if isinstance(step, Call) and step.undo is not None:
                    done.append(Done(logged, step, step.undo, answer))
                continue
            failed = failed or await self._in_plan(item, outcome, step, first=number == 1)
            if not (isinstance(step, Call) and step.alone):
                plan.close()
                return await self._taken_back(run, item, done, failed)
        return failed or Outcome(State.DONE, result=first)

    def _begin(self, run: Run, item: Item, number: int, step: Step) -> StepLog:
        if number < len(item.steps):
            item.steps[number].says = step.says  # with the names that answers brought
        else:
            item.steps.append(StepLog(step.says))
        logged = item.steps[number]
        logged.state = State.RUNNING
        item.says = step.says if len(item.steps) > 1 else None  # of one step the title says it all
        self._tell(run)
        return logged

    # what one step does

    async def _step(self, run: Run, item: Item, step: Step, before: float, share: float) -> Outcome:
        if isinstance(step, Wait):
            return await self._wait(step)
        if isinstance(step, Question):
            return await self._asked(item, step)
        return await self._call(run, item, step, before, share)

    async def _wait(self, step: Wait) -> Outcome:
        """Look after each change of the mirror, and once more when the time is over."""
        stirred = asyncio.Event()
        unsubscribe = self._mirror.observe(lambda _changes: stirred.set())
        try:
            async with asyncio.timeout(step.within):
                while not step.until():
                    stirred.clear()
                    await stirred.wait()
        except TimeoutError:
            return Outcome(State.FAILED, step.failed)
        finally:
            unsubscribe()
        return Outcome(State.DONE)

    async def _asked(self, item: Item, step: Question) -> Outcome:
        try:
            answer = await self._connections(item.pool).call(step.method, *step.parameters)
        except NotConnected as error:
            return Outcome(State.REFUSED, *explain_error(error, item.subject.home))
        except XapiError as error:
            log.debug("%s gave no answer: %s", step.method, error)
            return Outcome(State.DONE)
        reason = step.judge(answer)
        return Outcome(State.FAILED, reason) if reason else Outcome(State.DONE)

    async def _call(self, run: Run, item: Item, step: Call, before: float, share: float) -> Outcome:
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

    def _judged(self, run: Run, item: Item, step: Call, end: TaskEnd) -> Outcome:
        """What the end of the task means."""
        code, *rest = end.error_info or [""]
        if end.status is TaskStatus.SUCCESS:
            return Outcome(State.DONE, result=task_result(end.result))
        if end.status is TaskStatus.CANCELLED or code == "TASK_CANCELLED":
            return Outcome(State.CANCELLED, CANCELLED.reason, code)
        if end.status is TaskStatus.UNKNOWN:
            if run.action.succeeded is not None and run.action.succeeded(item.subject):
                return Outcome(State.DONE)
            return Outcome(State.LOST, _lost(item))
        if step.gone_is_done and code == "HANDLE_INVALID":
            return Outcome(State.DONE)
        return Outcome(State.FAILED, explain(code, rest, item.subject.home, item.subject), code)

    # after a failure

    async def _in_plan(self, item: Item, outcome: Outcome, step: Step, *, first: bool) -> Outcome:
        """Of several steps, say which it was; of a question, what it was answered."""
        if isinstance(step, Call) and step.blame is not None and outcome.state is State.FAILED:
            told = await self._asked(item, step.blame)
            outcome = replace(outcome, reason=told.reason or outcome.reason)
        if len(item.steps) == 1 or isinstance(step, Question):
            return outcome
        state = State.FAILED if outcome.state is State.REFUSED and not first else outcome.state
        reason = say(N_("{step} did not work: {reason}"), step=step.says, reason=outcome.reason or NOTHING)
        return replace(outcome, state=state, reason=reason)

    async def _taken_back(self, run: Run, item: Item, done: list[Done], failed: Outcome) -> Outcome:
        """Undo what is done, last first. Of a pool that may still be doing the last step nothing is taken back."""
        reason = failed.reason or NOTHING
        for one in reversed(done):
            one.log.undone = failed.state is not State.LOST and await self._undone(run, item, one)
            words = one.call.undone if one.log.undone else one.call.stays
            if not one.log.undone:
                item.left.append(words or one.call.says)
            if words is not None:
                reason = say(N_("{reason}; {left}"), reason=reason, left=words)
        unsaid = [one.call.says for one in done if not one.log.undone and one.call.stays is None]
        if unsaid:
            reason = say(N_("{reason}. Not undone: {left}"), reason=reason, left=_joined(unsaid))
        elif any(one.log.undone and one.call.undone is None for one in done):
            reason = say(N_("{reason}. The steps before it were undone"), reason=reason)
        return replace(failed, reason=reason)

    async def _undone(self, run: Run, item: Item, done: Done) -> bool:
        """Whether every step of the undoing was done."""
        plan = done.undo(done.answer)
        answer: object = None
        good = True
        while (step := _next(plan, answer)) is not None:
            item.says = step.says
            self._tell(run)
            outcome = await self._step(run, item, step, item.progress, 0.0)
            answer = outcome.result
            if outcome.state is not State.DONE:
                good = False
                log.warning("undoing %s of %s: %s", run.action.id, item.uuid, outcome.code or outcome.state)
                if not (isinstance(step, Call) and step.alone):
                    plan.close()
                    return False
        return good


def _next(plan: Plan, answer: object) -> Step | None:
    try:
        return plan.send(answer)
    except StopIteration:
        return None


def _state(error: XapiError) -> State:
    """What a call that raised `error` leaves behind."""
    if isinstance(error, NotConnected):
        return State.REFUSED
    return State.LOST if isinstance(error, Unreachable) else State.FAILED


def _joined(texts: list[Said]) -> Said:
    joined = NOTHING
    for text in texts:
        joined = Said("{one}, {other}", {"one": joined, "other": text}) if joined is not NOTHING else text
    return joined


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
