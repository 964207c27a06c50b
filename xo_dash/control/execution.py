"""Carrying out a plan on one object: one step after the other, plans beside each other; when a step fails, take back what was done."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from data.mirror import Mirror
from data.types import Ref
from xo_dash.control.absence import may_be_sent_again, pool_of, waits_for_pool
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.outcomes import CHANGED, NOT_BEGUN, STUCK, in_plan, together
from xo_dash.control.plan import Branch, Call, Inspect, Parallel, Plan, Question, Step, Transfer, is_removal
from xo_dash.control.requests.request import Request
from xo_dash.control.resume.lines import identified
from xo_dash.control.resume.record import ItemRecord, PastStep, changes_nothing, is_harmless
from xo_dash.control.run import Run, RunItem, RunState, StepLog
from xo_dash.control.steps import AWAY, CANCELLED, NO_ANSWER, NOT_SENT, RESTARTED, Spawn, StepOutcome, Steps
from xo_dash.control.task_waiter import Connections, TaskWaiter
from xo_dash.control.throttle import HostTurns, Turn
from xo_dash.control.track import Done, Track, log_of
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.transfers.mover import Mover
from xo_dash.control.undoing import Undoing
from xo_dash.i18n import N_

log = logging.getLogger(__name__)

CUT = lazy(N_("the transfer was interrupted by a restart of xo-dash"))
LOST = StepOutcome(RunState.LOST, lazy(N_("xo-dash was restarted before the pool answered; check before trying again")), RESTARTED)
GONE = StepOutcome(RunState.DONE)
"""What an undoing would remove may have been removed by somebody else meanwhile."""


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
        taken: Callable[[Run, RunItem], LazyText | None],
    ) -> None:
        """`taken`: why whoever gave a run may not go on with it any more."""
        self._taken = taken
        self._throttle = throttle
        self._tell = told
        self._steps = Steps(mirror, connections, follower, told, spawn)
        self._mover = Mover(connections, follower, exchange, told, spawn)
        self._paused = False  # xo-dash is being stopped
        self._unanswered: set[Track] = set()  # of which a call is being sent
        self._heard = asyncio.Event()
        self.undoing = Undoing(self._drive)

    async def carry_out(self, run: Run, item: RunItem, request: Request, turn: Turn, record: ItemRecord) -> StepOutcome:
        """All of it, under a `turn` that has been taken; what `record` knows from before a restart is not done again.

        `item.steps` are the steps foretold.
        """

        def shows(progress: float) -> None:
            item.progress = progress
            self._tell(run)

        track = Track(run=run, item=item, record=record, logs=item.steps, turn=turn, shows=shows)
        with record.driving(track.place):
            plan = run.action.plan(request, item.subject)
        failed, broken = await self._drive(track, plan)
        outcome = await self.undoing.after(track, failed) if broken else failed
        self.undoing.settle(item, failed)
        return outcome

    async def pause(self, within: float) -> None:
        """Begin no more steps; return when what was sent is answered, after so many seconds at the latest."""
        self._paused = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._unanswered:
                    self._heard.clear()
                    await self._heard.wait()

    def cancel(self, item: RunItem) -> None:
        """End the steps under way, as far as they can be; no other is begun."""
        self._steps.cancel(item)

    async def _drive(self, track: Track, plan: Plan) -> tuple[StepOutcome, bool]:
        """What became of it, and whether that ended it before its end: steps that no later one needs may fail."""
        failed: StepOutcome | None = None
        answer: object = None
        first: object = None
        while not isinstance(step := _next(track, plan, answer), Returned):
            logged = self._begin(track, step)
            outcome = await self._known_or_taken(track, step, logged)
            logged.state, logged.reason, logged.ended = outcome.state, outcome.reason, logged.ended or time.time()
            answer = outcome.result
            if isinstance(step, (Call, Transfer)) and isinstance(answer, str) and answer.startswith("OpaqueRef:"):
                track.item.made.append(Ref(answer))
            first = answer if track.number == 0 else first
            if outcome.state is RunState.DONE:
                if isinstance(step, (Call, Transfer)) and step.undo is not None:
                    track.done.append(Done(logged, step, step.undo, answer, track.place))
                if isinstance(step, Call) and step.final:
                    _settled(track)
            else:
                failed = failed or in_plan(track, outcome, step)
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
            track.logs.append(log_of(step))
        logged = track.logs[track.number]
        logged.state, logged.began = RunState.RUNNING, time.time()
        if not track.within:
            track.item.says = step.says if track.undoing or len(track.logs) > 1 else None  # of one step the title says it all
        self._tell(track.run)
        return logged

    async def _known_or_taken(self, track: Track, step: Step, logged: StepLog) -> StepOutcome:
        """What became of it before a restart of ours, if it was begun then; else take it."""
        past, place = track.record.find(track.place), track.place
        if past is not None and past.began.does != identified(step):
            track.item.left += track.record.done_from(place)
            return StepOutcome(RunState.LOST, CHANGED, STUCK)
        if past is not None and past.outcome is not None:
            logged.began, logged.ended = past.began.at, past.ended.at if past.ended else 0.0
            return past.outcome
        if track.record.stopped is not None and not isinstance(step, Parallel):
            return StepOutcome(RunState.LOST, track.record.stopped, STUCK)
        if past is not None:
            logged.began = past.began.at
            outcome = await self._resumed(track, step, logged, past)
        else:
            refused = await self._until_there(track, pool_of(track, step)) if waits_for_pool(track, step) else None
            if refused is not None or track.is_cancelled:
                return refused or CANCELLED
            await self._while_paused()
            outcome = await self._fresh(track, step, logged)
        if isinstance(step, Call) and outcome.state is RunState.LOST and changes_nothing(step):
            outcome = replace(outcome, state=RunState.FAILED, reason=NO_ANSWER)
        if not isinstance(step, Parallel):  # its branches say what it made
            track.record.ended(place, outcome)
        return outcome

    async def _fresh(self, track: Track, step: Step, logged: StepLog) -> StepOutcome:
        """A step that nobody has begun before; sent again where the pool went away and that does nothing twice."""
        end, is_unsent = time.monotonic() + AWAY, True
        try:
            while True:
                if isinstance(step, Call):
                    self._unanswered.add(track)
                if is_unsent:
                    await track.record.begin(track.place, step)
                    if track.is_cancelled:  # while it was written down
                        return CANCELLED
                outcome = await self._step(track, step, logged)
                is_over = time.monotonic() > end or track.is_cancelled
                if is_over or not (waits_for_pool(track, step) and may_be_sent_again(step, outcome)):
                    return outcome
                if not await self._steps.is_gone(pool := pool_of(track, step)):
                    return outcome
                is_unsent = outcome.code == NOT_SENT
                if is_unsent:
                    track.record.ended(track.place, outcome)  # a restart of ours must not take it for sent
                self._answered(track)
                if (refused := await self._until_there(track, pool)) is not None:
                    return refused if is_unsent else outcome
                await self._while_paused()
        finally:
            self._answered(track)

    async def _until_there(self, track: Track, pool: str) -> StepOutcome | None:
        """While a pool is away. What becomes of a step that nobody wants any more then, or may not take any more."""
        if track.is_cancelled:
            return CANCELLED
        if not self._steps.is_away(pool):
            return None
        track.patient = await self._steps.until_there(track, pool)
        if track.is_cancelled:
            return CANCELLED
        reason = self._taken(track.run, track.item) if not track.undoing else None
        return StepOutcome(RunState.FAILED, reason) if reason is not None else None

    async def _while_paused(self) -> None:
        """Until the run is stopped, where xo-dash is: the next start goes on from here."""
        if self._paused:
            await asyncio.Event().wait()

    def _answered(self, track: Track) -> None:
        self._unanswered.discard(track)
        self._heard.set()

    def _task_made(self, track: Track, pool: str, task: Ref) -> None:
        track.record.task_made(track.place, pool, task)
        self._answered(track)

    async def _resumed(self, track: Track, step: Step, logged: StepLog, past: PastStep) -> StepOutcome:
        """A step that was under way when the program ended: nothing is sent twice that may have been done."""
        task = past.task
        if isinstance(step, Call):
            outcome = LOST
            if task is not None:
                outcome = await self._steps.follow(track, step, task.pool, Ref(task.task))
            if outcome.state is not RunState.LOST:
                return outcome
            if is_harmless(step):
                return await self._step(track, step, logged)
            alone = len(track.item.steps) == 1
            return self._steps.by_the_object(track.run, track.item, outcome) if alone else outcome
        if isinstance(step, Inspect):
            return StepOutcome(RunState.FAILED, CUT)
        if isinstance(step, Transfer):
            self._mover.count(step, logged, track.progressed)  # so that it is among the transfers
            if task is not None:
                await self._mover.settle(task.pool, Ref(task.task))
            if step.content is None:
                return StepOutcome(RunState.FAILED, CUT)
        return await self._step(track, step, logged)

    async def _step(self, track: Track, step: Step, logged: StepLog) -> StepOutcome:
        if isinstance(step, Parallel):
            return await self._parallel(track, step, logged)
        if isinstance(step, (Call, Question)):
            outcome = await self._steps.take(track, step, partial(self._task_made, track))
            return GONE if track.undoing and is_removal(step) and outcome.code == "HANDLE_INVALID" else outcome
        async with track.turn.let_go():  # it may be long, and is no work for the pool
            if isinstance(step, Inspect):
                return await self._inspected(track, step)
            if not isinstance(step, Transfer):
                return await self._steps.take(track, step)
            haul = self._mover.begin(track.run, track.item, step, logged, track.progressed, partial(self._task_made, track))
            with self._steps.stoppable(track, lambda: self._mover.stop(haul)):
                return await self._mover.carry(haul)

    async def _inspected(self, track: Track, step: Inspect) -> StepOutcome:
        look = asyncio.get_running_loop().create_task(self._mover.inspect(track.run, step))

        def stop() -> None:
            look.cancel()

        with self._steps.stoppable(track, stop):
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
                    run=track.run, item=track.item, record=track.record, logs=entry.inside, turn=turn, shows=shows,
                    of=(*track.place, number), within=track.within + 1, undoing=track.undoing, patient=track.patient,
                )  # fmt: skip
                outcome = await self._branch(track, step, branch, inner, entry, halt)
            shows(1.0)
            return outcome

        async with track.turn.let_go(), asyncio.TaskGroup() as group:
            going = [group.create_task(go(number, branch)) for number, branch in enumerate(step.branches)]
        return together([task.result() for task in going])

    async def _branch(
        self, track: Track, step: Parallel, branch: Branch, inner: Track, entry: StepLog, halt: asyncio.Event
    ) -> StepOutcome:  # fmt: skip
        if halt.is_set() and track.record.find(inner.place) is None:
            entry.state, entry.reason = NOT_BEGUN.state, NOT_BEGUN.reason
            return NOT_BEGUN
        entry.state = RunState.RUNNING
        with track.record.driving(inner.place):
            plan = branch.plan()
        outcome, broken = await self._drive(inner, plan)
        if broken and step.alone:
            outcome = await self.undoing.after(inner, outcome)
        else:
            track.done.extend(inner.done)
        if outcome.state is not RunState.DONE and not step.alone:
            halt.set()
        entry.state, entry.reason = outcome.state, outcome.reason
        self._tell(track.run)
        return outcome


@dataclass(frozen=True, slots=True)
class Returned:
    """A plan is at its end; `value` is what it made, if it says so."""

    value: object


def _settled(track: Track) -> None:
    """What was done stays so, whatever comes."""
    for one in track.done:
        one.log.comes_back = False
    track.done.clear()


def _next(track: Track, plan: Plan, answer: object) -> Step | Returned:
    with track.record.driving(track.place):
        try:
            return plan.send(answer)
        except StopIteration as end:
            return Returned(end.value)
