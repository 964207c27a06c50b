"""A run's way on one object: its turn, the last look, what is carried out, its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field

from data.mirror import Mirror
from data.reading import ReadTracer, reading
from data.turns import give_way, in_turns_while
from xo_dash.control.admission import Admission, filled
from xo_dash.control.audit import STOPPED, AuditUnwritable
from xo_dash.control.execution import Execution
from xo_dash.control.lazy_text import lazy
from xo_dash.control.left_behind import LeftBehind
from xo_dash.control.outcomes import CHANGED, STUCK, as_it_stays
from xo_dash.control.quota.desk import QuotaDesk
from xo_dash.control.rehearsal import rehearse, rehearsing
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.request import Request, files_of
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.resume.plan_clock import plan_began, plan_by
from xo_dash.control.resume.recall import GONE, obstacle
from xo_dash.control.resume.record import ItemRecord
from xo_dash.control.resume.waiting import until_live
from xo_dash.control.run import Finds, Run, RunItem, RunState, StepLog
from xo_dash.control.run_audit import RunAudit
from xo_dash.control.run_list import RunList
from xo_dash.control.steps import CANCELLED, RESTARTED, StepOutcome
from xo_dash.control.throttle import HostTurns, Turn, host_of
from xo_dash.control.track import FIRST, log_of
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.unfinished import Unfinished
from xo_dash.control.until_shown import UntilShown
from xo_dash.i18n import N_

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class ItemRunner:
    """Brings each object of a run to an end: refusals and faults are ends too, never exceptions."""

    mirror: Mirror
    runs: RunList
    admission: Admission
    quotas: QuotaDesk
    audit: RunAudit
    execution: Execution
    throttle: HostTurns
    exchange: Exchange
    unfinished: Unfinished
    left_behind: LeftBehind
    until_shown: UntilShown
    files: RunFiles | None
    clock: Callable[[], float]
    _queued: dict[RunItem, asyncio.Task[None]] = field(default_factory=dict)  # those whose turn has not come

    async def run(self, run: Run, item: RunItem, record: ItemRecord) -> None:
        """Return when it has ended. What had begun before a restart goes on from where it was."""
        if (task := asyncio.current_task()) and not record.moment:
            self._queued[item] = task
        try:
            if run.continued:
                await until_live(self.mirror, run, item, record, self.runs.observe, self.runs.tell)
            async with AsyncExitStack() as held:
                turn = await held.enter_async_context(self._turn(run, item))
                self._queued.pop(item, None)
                with plan_by(run.user_name):
                    outcome, leaves = await (self._carry_on if record.moment else self._carry_out)(run, item, turn, record)
                if item.unshown:
                    await held.aclose()  # that is no work for the pool
                    await self.until_shown.wait(item.unshown)
                await self._end(run, item, self.left_behind.after(run, item, outcome, leaves), record)
            if outcome.code == RESTARTED and len(item.steps) == 1 and not item.steps[0].inside:
                self.unfinished.follow(run, item)
        except asyncio.CancelledError:
            if item.cancelled and not item.started:
                await self._end(run, item, CANCELLED, record)
                return
            reason = lazy(N_("xo-dash was stopped in the meantime; check before trying again"))
            await self._end(run, item, StepOutcome(RunState.LOST if item.started else RunState.REFUSED, reason, STOPPED))
            raise
        except Exception as error:
            await self._end(run, item, broken(run, item, error), record)

    def cancel(self, item: RunItem) -> None:
        """End it as soon as that can be."""
        item.cancelled = True
        self.execution.cancel(item)
        if waiting := self._queued.pop(item, None):
            waiting.cancel()

    def close_ended(self, run: Run) -> None:
        """Of a run that has ended nothing stays but its lines in the audit."""
        if run.ended and self.files is not None and (file := self.files.of(run.key)):
            self.files.end(file)

    def _turn(self, run: Run, item: RunItem) -> Turn:
        """Of a request that makes none nobody can say which other hosts have work with it."""
        subject, action = item.subject, run.action
        try:
            request = filled(run, item)
        except BadRequest:
            return self.throttle.turn(item.pool, host_of(subject))
        return self.throttle.turn(item.pool, host_of(subject), action.other_hosts(request, subject), action.sender(request, subject))

    async def _carry_out(self, run: Run, item: RunItem, turn: Turn, record: ItemRecord) -> tuple[StepOutcome, Finds | None]:
        """What became of it, and what finds that a failure left."""
        if item.cancelled:
            return CANCELLED, None
        request = await self.admission.request_for(run, item)
        if not isinstance(request, Request):
            return StepOutcome(RunState.REFUSED, request), None
        item.started = self.clock()
        item.state = RunState.RUNNING
        with self.admission.under_way(run, item):
            try:
                await self.audit.begin(run, item)
                leaves = await self._foretell(run, item, request, record)
            except AuditUnwritable as error:
                item.started = 0.0
                return StepOutcome(RunState.REFUSED, lazy(N_("{reason}; nothing was done"), reason=str(error))), None
            return as_it_stays(run, item, await self.execution.carry_out(run, item, request, turn, record)), leaves

    async def _foretell(self, run: Run, item: RunItem, request: Request, record: ItemRecord) -> Finds | None:
        """The steps of its plan, and what that read is written down: carried out before the mirror changes it is the same plan.

        A plan for all VMs of a host takes milliseconds, and so does its first step: in turns of the loop, unless the mirror never stands.
        """
        leaves: Finds | None = None
        for is_last in (False, False, True):
            stands, read, steps = self.mirror.stands(), ReadTracer(), list[StepLog]()

            def working_out(read: ReadTracer = read, steps: list[StepLog] = steps) -> Iterator[None]:
                nonlocal leaves
                read.note(item.subject)
                leaves = run.action.leaves(request, item.subject)
                for depth, step in rehearsing(run.action.plan(request, item.subject)):
                    steps += [log_of(step)] if depth == 0 else []
                    yield

            @contextmanager
            def noted(read: ReadTracer = read) -> Generator[None]:
                with reading(self.mirror.pools, read), plan_began(item.started):
                    yield

            if not await in_turns_while(None if is_last else stands, working_out(), noted):
                continue
            item.steps, rows = steps, read.recorded()
            if not is_last:
                await give_way()
            if stands():
                break
        record.began(item.started, request, rows)
        return leaves

    async def _carry_on(self, run: Run, item: RunItem, turn: Turn, record: ItemRecord) -> tuple[StepOutcome, Finds | None]:
        """With what had begun before a restart, from where it was; if the one whose it is may still do it."""
        request = item.request
        user = self.admission.user(run)
        record.stopped = obstacle(run, item, record, user, self.mirror.pools.get(item.pool))
        item.state = RunState.RUNNING
        if request is None or record.stopped is GONE:
            item.left = record.done_from(FIRST)
            return StepOutcome(RunState.LOST, record.stopped or CHANGED, STUCK), None
        if user is not None:
            self.quotas.admitted(item, user, run.action.id, request, item.subject)
        with self.admission.under_way(run, item):
            with record.driving(FIRST):
                item.steps = [log_of(step) for step in rehearse(run.action.plan(request, item.subject))]
                leaves = run.action.leaves(request, item.subject)
            return as_it_stays(run, item, await self.execution.carry_out(run, item, request, turn, record)), leaves

    async def _end(self, run: Run, item: RunItem, outcome: StepOutcome, record: ItemRecord | None = None) -> None:
        """`record`: unless the next start goes on with it."""
        item.reason, item.code, item.result = outcome.reason, outcome.code, outcome.result
        item.ended = self.clock()
        await self.audit.end(run, item, outcome.state)
        await self.quotas.ended(run, item)
        item.state, item.says = outcome.state, None
        if record is not None:
            record.item_ended(outcome)
            self.close_ended(run)
        if run.ended and run.request is not None:
            self.exchange.forget(files_of(run.request), run.user_id)
        self.runs.tell(run)


def broken(run: Run, item: RunItem, error: Exception) -> StepOutcome:
    """A fault of ours."""
    log.exception("%s of %s failed inside", run.action.id, item.uuid)
    reason = lazy(N_("internal error of xo-dash ({error}); see its log"), error=type(error).__name__)
    return StepOutcome(RunState.LOST if item.started else RunState.REFUSED, reason)
