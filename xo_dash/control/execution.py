"""Carrying out a plan on one object: call, follow the task, judge its end; when a step fails, take back what was done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from data.mirror import Mirror
from data.objects import VM, TaskStatus
from data.types import Ref
from xo_dash.control.failures import explain, explain_error
from xo_dash.control.following import Caller, Follower, TaskEnd
from xo_dash.control.plan import Call, Plan, Step, Wait
from xo_dash.control.results import task_result
from xo_dash.control.run import Item, Run, State, StepLog
from xo_dash.control.said import NOTHING, Said, say
from xo_dash.control.words import state_words
from xo_dash.i18n import N_
from xo_dash.xapi.errors import Unreachable, XapiError

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

    step: StepLog
    undo: Callable[[Any], Plan]
    answer: object


CANCELLED = Outcome(State.CANCELLED, say(N_("it was cancelled")))


class Execution:
    """Sends each call once. `told` is called whenever a run looks different."""

    def __init__(
        self, mirror: Mirror, connections: Callable[[str], Caller], follower: Follower, told: Callable[[Run], None], spawn: Spawn
    ) -> None:
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
                    done.append(Done(logged, step.undo, answer))
                continue
            failed = failed or _in_plan(outcome, step, len(item.steps))
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
            return await self._wait(run, step)
        return await self._call(run, item, step, before, share)

    async def _wait(self, run: Run, step: Wait) -> Outcome:
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

    async def _call(self, run: Run, item: Item, step: Call, before: float, share: float) -> Outcome:
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
        return Outcome(State.FAILED, explain(code, rest, item.subject.home), code)

    # after a failure

    async def _taken_back(self, run: Run, item: Item, done: list[Done], failed: Outcome) -> Outcome:
        """Undo what is done, last first. Of a pool that may still be doing the last step nothing is taken back."""
        if not done:
            return failed
        if failed.state is State.LOST:
            item.left.extend(one.step.says for one in done)
        else:
            for one in reversed(done):
                one.step.undone = await self._undone(run, item, one)
                if not one.step.undone:
                    item.left.append(one.step.says)
        message = N_("{reason}. Not undone: {left}") if item.left else N_("{reason}. The steps before it were undone")
        left = _joined(item.left)
        return Outcome(failed.state, say(message, reason=failed.reason or NOTHING, left=left), failed.code, failed.result)

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


def _in_plan(outcome: Outcome, step: Step, steps: int) -> Outcome:
    """Of several steps, say which it was."""
    if steps == 1:
        return outcome
    reason = say(N_("{step} did not work: {reason}"), step=step.says, reason=outcome.reason or NOTHING)
    return Outcome(outcome.state, reason, outcome.code, outcome.result)


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
