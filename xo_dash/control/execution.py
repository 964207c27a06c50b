"""Carrying out a plan on one object: one step after the other, plans beside each other; when a step fails, take back what was done."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from data.mirror import Mirror
from data.types import Ref
from xo_dash.control.lazy_text import NOTHING, LazyText, lazy
from xo_dash.control.plan import Branch, Call, Inspect, Parallel, Plan, Question, Step, Transfer
from xo_dash.control.run import Run, RunItem, RunState, StepLog
from xo_dash.control.steps import CANCELLED, Spawn, StepOutcome, Steps
from xo_dash.control.task_waiter import Connections, TaskWaiter
from xo_dash.control.throttle import HostTurns, Turn
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.transfers.mover import Mover
from xo_dash.i18n import N_

log = logging.getLogger(__name__)

NOT_BEGUN = StepOutcome(RunState.CANCELLED, lazy(N_("not started because another one failed")))
WORST = (RunState.LOST, RunState.FAILED, RunState.CANCELLED, RunState.REFUSED)
"""Of several that failed the first of these is what became of them: while one may go on nothing is taken back."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that can be taken back."""

    log: StepLog
    step: Call | Transfer
    undo: Callable[[Any], Plan]
    answer: object


@dataclass(slots=True, kw_only=True)
class Track:
    """A plan on its way: of an item, of a branch, or one that takes something back."""

    run: Run
    item: RunItem
    logs: list[StepLog]  # as foretold, then as they went
    turn: Turn
    shows: Callable[[float], None]  # how far it is, 0 to 1
    within: int = 0  # how many plans it is inside of
    undoing: bool = False
    done: list[Done] = field(default_factory=list)
    number: int = 0  # of the step under way

    def progressed(self, fraction: float) -> None:
        """So much of the step under way is done."""
        self.shows((self.number + fraction) / max(len(self.logs), 1))


class Execution:
    """Sends each call once. `told` is called whenever a run looks different."""

    def __init__(
        self,
        mirror: Mirror,
        connections: Connections,
        follower: TaskWaiter,
        throttle: HostTurns,
        exchange: Exchange,
        told: Callable[[Run], None],
        spawn: Spawn,
    ) -> None:
        self._throttle = throttle
        self._tell = told
        self._steps = Steps(mirror, connections, follower, told, spawn)
        self._mover = Mover(connections, follower, exchange, told, spawn)

    async def carry_out(self, run: Run, item: RunItem, plan: Plan, turn: Turn) -> StepOutcome:
        """All of it, under a `turn` that has been taken. `item.steps` are the steps foretold."""

        def shows(progress: float) -> None:
            item.progress = progress
            self._tell(run)

        track = Track(run=run, item=item, logs=item.steps, turn=turn, shows=shows)
        outcome, broken = await self._drive(track, plan)
        return await self._taken_back(track, outcome) if broken else outcome

    def cancel(self, item: RunItem) -> None:
        """End the steps under way, as far as they can be; no other is begun."""
        self._steps.cancel(item)

    async def _drive(self, track: Track, plan: Plan) -> tuple[StepOutcome, bool]:
        """What became of it, and whether that ended it before its end: steps that no later one needs may fail."""
        failed: StepOutcome | None = None
        answer: object = None
        first: object = None
        while not isinstance(step := _next(plan, answer), Returned):
            logged = self._begin(track, step)
            outcome = CANCELLED if track.run.cancelled and not track.undoing else await self._step(track, step, logged)
            logged.state, logged.reason, logged.ended = outcome.state, outcome.reason, time.time()
            answer = outcome.result
            if isinstance(step, (Call, Transfer)) and isinstance(answer, str) and answer.startswith("OpaqueRef:"):
                track.item.made.append(Ref(answer))
            first = answer if track.number == 0 else first
            if outcome.state is RunState.DONE:
                if isinstance(step, (Call, Transfer)) and step.undo is not None:
                    track.done.append(Done(logged, step, step.undo, answer))
            else:
                failed = failed or await self._in_plan(track, outcome, step)
                if not (isinstance(step, (Call, Parallel)) and step.alone):
                    plan.close()
                    return failed, True
            track.number += 1
            track.progressed(0.0)
        return failed or StepOutcome(RunState.DONE, result=first if step.value is None else step.value), False

    def _begin(self, track: Track, step: Step) -> StepLog:
        if track.number < len(track.logs):
            track.logs[track.number].says = step.says  # with the names that answers brought
        else:
            track.logs.append(StepLog(step.says))
        logged = track.logs[track.number]
        logged.state, logged.began = RunState.RUNNING, time.time()
        if not track.within:
            track.item.says = step.says if track.undoing or len(track.logs) > 1 else None  # of one step the title says it all
        self._tell(track.run)
        return logged

    async def _step(self, track: Track, step: Step, logged: StepLog) -> StepOutcome:
        if isinstance(step, Parallel):
            return await self._parallel(track, step, logged)
        if isinstance(step, (Call, Question)):
            return await self._steps.take(track.run, track.item, step, track.progressed)
        async with track.turn.let_go():  # it may be long, and is no work for the pool
            if isinstance(step, Inspect):
                return await self._inspected(track, step)
            if not isinstance(step, Transfer):
                return await self._steps.take(track.run, track.item, step, track.progressed)
            haul = self._mover.begin(track.run, track.item, step, logged, track.progressed)
            with self._steps.stoppable(track.item, lambda: self._mover.stop(haul)):
                return await self._mover.carry(haul)

    async def _inspected(self, track: Track, step: Inspect) -> StepOutcome:
        look = asyncio.get_running_loop().create_task(self._mover.inspect(track.run, step))

        def stop() -> None:
            look.cancel()

        with self._steps.stoppable(track.item, stop):
            await asyncio.wait({look})
        return CANCELLED if look.cancelled() else look.result()

    # plans beside each other

    async def _parallel(self, track: Track, step: Parallel, logged: StepLog) -> StepOutcome:
        logged.inside = [StepLog(branch.says) for branch in step.branches]
        shares = [0.0] * len(step.branches)
        halt = asyncio.Event()
        gate = asyncio.Semaphore(step.at_once or len(step.branches))

        async def go(number: int, branch: Branch) -> StepOutcome:
            def shows(progress: float) -> None:
                shares[number] = progress
                track.progressed(sum(shares) / len(shares))

            entry = logged.inside[number]
            async with gate, self._throttle.turn(track.item.pool, branch.host) as turn:
                inner = Track(
                    run=track.run, item=track.item, logs=entry.inside, turn=turn, shows=shows, within=track.within + 1,
                    undoing=track.undoing,
                )  # fmt: skip
                outcome = await self._branch(track, step, branch, inner, entry, halt)
            shows(1.0)
            return outcome

        async with track.turn.let_go(), asyncio.TaskGroup() as group:
            going = [group.create_task(go(number, branch)) for number, branch in enumerate(step.branches)]
        return _together([task.result() for task in going])

    async def _branch(
        self, track: Track, step: Parallel, branch: Branch, inner: Track, entry: StepLog, halt: asyncio.Event
    ) -> StepOutcome:  # fmt: skip
        if halt.is_set():
            entry.state, entry.reason = NOT_BEGUN.state, NOT_BEGUN.reason
            return NOT_BEGUN
        entry.state = RunState.RUNNING
        outcome, broken = await self._drive(inner, branch.plan())
        if broken and step.alone:
            outcome = await self._taken_back(inner, outcome)
        else:
            track.done.extend(inner.done)
        if outcome.state is not RunState.DONE and not step.alone:
            halt.set()
        entry.state, entry.reason = outcome.state, outcome.reason
        self._tell(track.run)
        return outcome

    # after a failure

    async def _in_plan(self, track: Track, outcome: StepOutcome, step: Step) -> StepOutcome:
        """Of several steps, say which it was; of a question, what it was answered."""
        if isinstance(step, Call) and step.blame is not None and outcome.state is RunState.FAILED:
            told = await self._steps.take(track.run, track.item, step.blame, track.progressed)
            outcome = replace(outcome, reason=told.reason or outcome.reason)
        if len(track.logs) == 1 or isinstance(step, Question):
            return outcome
        state = RunState.FAILED if outcome.state is RunState.REFUSED and track.number > 0 else outcome.state
        reason = lazy(N_("{step} failed: {reason}"), step=step.says, reason=outcome.reason or NOTHING)
        return replace(outcome, state=state, reason=reason)

    async def _taken_back(self, track: Track, failed: StepOutcome) -> StepOutcome:
        """Undo what is done, last first. Of a pool that may still be doing the last step nothing is taken back."""
        reason = failed.reason or NOTHING
        done = track.done
        for one in reversed(done):
            one.log.undone = failed.state is not RunState.LOST and await self._undone(track, one)
            words = one.step.undone if one.log.undone else one.step.stays
            if not one.log.undone:
                one.log.left = words or one.step.says
                track.item.left.append(one.log.left)
            if words is not None:
                reason = lazy(N_("{reason}; {left}"), reason=reason, left=words)
        unsaid = [one.step.says for one in done if not one.log.undone and one.step.stays is None]
        if unsaid:
            reason = lazy(N_("{reason}. Not undone: {left}"), reason=reason, left=_joined(unsaid))
        elif any(one.log.undone and one.step.undone is None for one in done):
            reason = lazy(N_("{reason}. The steps before it were undone"), reason=reason)
        return replace(failed, reason=reason)

    async def _undone(self, track: Track, done: Done) -> bool:
        """Whether every step of the undoing was done."""
        undoing = Track(
            run=track.run, item=track.item, logs=[], turn=track.turn, shows=lambda _progress: None, within=track.within, undoing=True
        )
        outcome, _broken = await self._drive(undoing, done.undo(done.answer))
        if outcome.state is not RunState.DONE:
            done.log.kept_by = outcome.reason
            log.warning("undoing %s of %s: %s", track.run.action.id, track.item.uuid, outcome.code or outcome.state)
        return outcome.state is RunState.DONE


@dataclass(frozen=True, slots=True)
class Returned:
    """A plan is at its end; `value` is what it made, if it says so."""

    value: object


def _next(plan: Plan, answer: object) -> Step | Returned:
    try:
        return plan.send(answer)
    except StopIteration as end:
        return Returned(end.value)


def _together(outcomes: Sequence[StepOutcome]) -> StepOutcome:
    """What became of plans beside each other."""
    answers = tuple(one.result if one.state is RunState.DONE else None for one in outcomes)
    failed = [one for one in outcomes if one.state is not RunState.DONE and one is not NOT_BEGUN]
    if not failed:
        return StepOutcome(RunState.DONE, result=answers)
    worst = min(failed, key=lambda one: WORST.index(one.state))
    many = lazy(N_("{failed} of {all} failed: {reason}"), failed=len(failed), all=len(outcomes), reason=worst.reason or NOTHING)
    return replace(worst, reason=many if len(outcomes) > 1 else worst.reason, result=answers)


def _joined(texts: list[LazyText]) -> LazyText:
    joined = NOTHING
    for text in texts:
        joined = LazyText("{one}, {other}", {"one": joined, "other": text}) if joined is not NOTHING else text
    return joined
