"""One step of a plan: a call and its task, a question, a wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from data.changes import Change
from data.generation import DatabaseGeneration
from data.mirror import Mirror, PoolMirror
from data.names import pool_name
from data.objects import VM, Task, TaskStatus
from data.server import ServerState
from data.types import NULL_REF, Home, Ref
from xo_dash.control.failures import explain, explain_error
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Hidden, Question, Wait
from xo_dash.control.results import task_result
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.task_waiter import Caller, Connections, TaskEnd, TaskWaiter
from xo_dash.control.words import state_words
from xo_dash.i18n import N_
from xo_dash.xapi.errors import BadReply, BadStatus, NotConnected, Unreachable, XapiError, XapiFailure

if TYPE_CHECKING:
    from xo_dash.control.track import Track

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Let something go on beside what is done."""
Progressed = Callable[[float], None]
"""Told how far a step is, 0 to 1."""
TaskNoted = Callable[[str, Ref], None]
"""Told (server's id, task) of each call that has one."""


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What became of one step, or of the whole plan."""

    state: RunState
    reason: LazyText | None = None
    code: str = ""
    result: object = None


RESTARTED = "Restarted"
"""The code of a call that nobody knows about since a restart of ours."""
BUSY: Final = frozenset({"TOO_MANY_STORAGE_MIGRATES"})
"""Codes of a call that was not begun, and that works later: a host sends the disks of three VMs at a time, whoever moves them."""
REST: Final = 10.0
"""Seconds until such a call is sent again, if nothing ends before."""
NOT_SENT: Final = NotConnected.__name__
"""The code of a call that did not reach its pool."""
AWAY: Final = 600.0
"""Seconds for which the middle of a plan waits for a pool: a master that reboots takes minutes."""
MAKING: Final = frozenset({"create", "introduce", "clone", "copy", "snapshot", "checkpoint"})
"""Calls that answer with the reference of what they made. Source: XAPI's data model, of all classes."""
MOMENT: Final = 0.05
NO_ANSWER: Final = lazy(N_("there was no answer; try again"))
CANCELLED = StepOutcome(RunState.CANCELLED, lazy(N_("it was cancelled")))


def is_away(pool: Home) -> bool:
    """Whether it cannot be asked now, and is looked for."""
    return pool.server.state in (ServerState.UNREACHABLE, ServerState.CONNECTING, ServerState.SYNCING)


class Steps:
    """Takes one step; several of one item may be under way."""

    def __init__(self, mirror: Mirror, connections: Connections, follower: TaskWaiter, told: Callable[[Run], None], spawn: Spawn) -> None:
        self._mirror = mirror
        self._connections = connections
        self._follower = follower
        self._tell = told
        self._spawn = spawn
        self._stops: dict[RunItem, list[Callable[[], None]]] = {}  # what ends the steps under way

    async def take(
        self, track: Track, step: Call | Question | Wait, made: TaskNoted = lambda _pool, _task: None
    ) -> StepOutcome:  # fmt: skip
        if isinstance(step, Wait):
            return await self._wait(track, step)
        if isinstance(step, Question):
            return await self._asked(track.item, step)
        while (outcome := await self._call(track, step, made)).code in BUSY and not track.is_cancelled:
            await self._until_less_busy(track, outcome)
        return outcome

    async def follow(self, track: Track, step: Call, pool: str, task: Ref) -> StepOutcome:
        """The end of the task of a call that was sent before a restart of ours."""
        try:
            caller = self._connections(pool)
        except NotConnected as error:
            return StepOutcome(RunState.LOST, *explain_error(error, track.item.subject.home))
        return await self._to_its_end(track, step, (pool, task, caller), 0.0)

    def cancel(self, item: RunItem) -> None:
        """End what is under way: a task that can be cancelled is, nothing is waited for any longer."""
        for stop in tuple(self._stops.get(item, ())):
            stop()

    @contextmanager
    def stoppable(self, track: Track, stop: Callable[[], None]) -> Iterator[None]:
        """While something is under way that `stop` ends, at once where that was wanted already; what takes something back goes on."""
        if track.undoing:
            yield
            return
        if track.is_cancelled:
            stop()
        stops = self._stops.setdefault(track.item, [])
        stops.append(stop)
        try:
            yield
        finally:
            stops.remove(stop)
            if not stops:
                self._stops.pop(track.item, None)

    async def until_there(self, track: Track, pool: str) -> bool:
        """While a pool is away that comes back by itself; False where AWAY seconds were not enough."""
        if home := self._away(pool):
            says = lazy(N_("Waiting for {pool}"), pool=pool_name(home))
            return await self._rest(track, says, AWAY, lambda _changes: not is_away(home))
        return True

    def is_away(self, pool: str) -> bool:
        return self._away(pool) is not None

    async def is_gone(self, pool: str) -> bool:
        """Whether a pool that did not answer is away; whoever follows its events learns that at the same time."""
        if not self.is_away(pool):
            await asyncio.sleep(MOMENT)
        return self.is_away(pool)

    def _away(self, pool: str) -> PoolMirror | None:
        home = self._mirror.pools.get(pool)
        return home if home is not None and is_away(home) else None

    async def _until_less_busy(self, track: Track, refused: StepOutcome) -> None:
        """Until a task of some pool ends, after REST at the latest."""

        def is_over(changes: Sequence[Change]) -> bool:
            return any(isinstance(one.subject, Task) and one.subject.status is not TaskStatus.PENDING for one in changes)

        await self._rest(track, refused.reason, REST, is_over)

    async def _rest(self, track: Track, says: LazyText | None, most: float, is_over: Callable[[Sequence[Change]], bool]) -> bool:
        """Until changes that end it, or nobody wants it any more; False after `most` seconds without. The item says why."""
        item = track.item
        stirred, before = asyncio.Event(), item.says
        item.says = says
        self._tell(track.run)
        unsubscribe = self._mirror.observe(lambda changes: stirred.set() if is_over(changes) else None)
        try:
            with self.stoppable(track, stirred.set):
                async with asyncio.timeout(most):
                    await stirred.wait()
            return True
        except TimeoutError:
            return False
        finally:
            unsubscribe()
            item.says = before

    async def _wait(self, track: Track, step: Wait) -> StepOutcome:
        """Look after each change of the mirror, and once more when the time is over."""
        stirred, stopped = asyncio.Event(), asyncio.Event()

        def stop() -> None:
            stopped.set()
            stirred.set()

        unsubscribe = self._mirror.observe(lambda _changes: stirred.set())
        try:
            with self.stoppable(track, stop):
                async with asyncio.timeout(step.within):
                    while not (shown := step.until()):
                        if stopped.is_set():
                            return CANCELLED
                        stirred.clear()
                        await stirred.wait()
        except TimeoutError:
            return StepOutcome(RunState.FAILED, step.failed)
        finally:
            unsubscribe()
        return StepOutcome(RunState.DONE, result=shown)

    async def _asked(self, item: RunItem, step: Question) -> StepOutcome:
        try:
            answer = await _called(self._connections(item.pool), step)
        except XapiError as error:
            if isinstance(error, NotConnected) and not step.member:
                return StepOutcome(RunState.REFUSED, *explain_error(error, item.subject.home))
            log.debug("%s gave no answer: %s", step.method, error)
            return _unanswered(step, error, item)
        reason = step.judge(answer)
        return StepOutcome(RunState.FAILED, reason) if reason else StepOutcome(RunState.DONE)

    async def _call(self, track: Track, step: Call, made: TaskNoted) -> StepOutcome:
        item = track.item
        pool = step.at or item.pool
        home = self._mirror.pools.get(pool, item.subject.home)
        try:
            caller = self._connections(pool)
            if not step.asynchronous:
                try:
                    return _answered(step, await _called(caller, step))
                finally:
                    item.unshown[pool] = time.monotonic()
            sent = time.monotonic()
            task = Ref(str(await caller.call(f"Async.{step.method}", *map(revealed, step.parameters))))
        except XapiError as error:
            reason, code = explain_error(error, home, item.subject)
            if step.gone_is_done and code == "HANDLE_INVALID":
                return StepOutcome(RunState.DONE)
            return StepOutcome(_state(error), reason, code)
        made(pool, task)
        return await self._to_its_end(track, step, (pool, task, caller), sent)

    async def _to_its_end(self, track: Track, step: Call, follows: tuple[str, Ref, Caller], sent: float) -> StepOutcome:
        """`sent`: when (monotonic)."""
        pool, task, caller = follows
        track.item.tasks.append(task)
        self._tell(track.run)
        with self.stoppable(track, lambda: self._spawn(_cancel(caller, task))):
            end = await self._follower.end(pool, task, caller, track.progressed)
        if end.status is not TaskStatus.UNKNOWN:
            self._spawn(_destroy(caller, task))  # nobody has to wait for that
        self._note(track.item, pool, end, sent)
        return self._judged(track.run, track.item, step, end)

    def _note(self, item: RunItem, pool: str, end: TaskEnd, sent: float) -> None:
        """Who was told of the end of a task by an event was told of all before, too: what it did, and what was answered before it."""
        home = self._mirror.pools.get(pool)
        if not end.is_shown or home is None or home.part(DatabaseGeneration).read == 0:
            item.unshown[pool] = time.monotonic()
        elif item.unshown.get(pool, 0.0) <= sent:
            item.unshown.pop(pool, None)

    def by_the_object(self, run: Run, item: RunItem, lost: StepOutcome) -> StepOutcome:
        """Of a call that nobody can tell of: whether its object is as it should be afterwards."""
        is_done = run.action.succeeded is not None and run.action.succeeded(item.subject)
        return StepOutcome(RunState.DONE) if is_done else lost

    def _judged(self, run: Run, item: RunItem, step: Call, end: TaskEnd) -> StepOutcome:
        """What the end of the task means."""
        if end.status is TaskStatus.UNKNOWN:
            return self.by_the_object(run, item, judged(item, end))
        if step.gone_is_done and end.code == "HANDLE_INVALID":
            return StepOutcome(RunState.DONE)
        outcome = judged(item, end)
        return _answered(step, outcome.result) if outcome.state is RunState.DONE else outcome


async def _called(caller: Caller, step: Call | Question) -> Any:
    """What it answers at once. Raises XapiError."""
    parameters = map(revealed, step.parameters)
    return await (caller.call_member(step.member, step.method, *parameters) if step.member else caller.call(step.method, *parameters))


def _unanswered(step: Question, error: XapiError, item: RunItem) -> StepOutcome:
    """What it means that a question was not answered."""
    if step.passes is None:
        return StepOutcome(RunState.DONE)
    if not isinstance(error, XapiFailure):
        return StepOutcome(RunState.FAILED, NO_ANSWER, type(error).__name__)
    if error.code in step.passes:
        return StepOutcome(RunState.DONE)
    return StepOutcome(RunState.FAILED, *explain_error(error, item.subject.home))


def _answered(step: Call, answer: object) -> StepOutcome:
    """What was answered, unless that says that it was not done, or not what was made, which the next steps are about."""
    if step.method.partition(".")[2] in MAKING and (not isinstance(answer, str) or answer in ("", NULL_REF)):
        return StepOutcome(RunState.LOST, lazy(N_("the pool does not say what it made; check before trying again")))
    reason = step.judge(answer) if step.judge is not None else None
    return StepOutcome(RunState.FAILED, reason) if reason else StepOutcome(RunState.DONE, result=answer)


def revealed(parameter: object) -> object:
    """As it is sent: with its secrets."""
    if isinstance(parameter, dict):
        return {name: revealed(one) for name, one in parameter.items()}
    return parameter.value if isinstance(parameter, Hidden) else parameter


def judged(item: RunItem, end: TaskEnd) -> StepOutcome:
    """What the end of a task means."""
    code, *rest = end.error_info or [""]
    if end.status is TaskStatus.SUCCESS:
        return StepOutcome(RunState.DONE, result=task_result(end.result))
    if end.status is TaskStatus.CANCELLED or code == "TASK_CANCELLED":
        return StepOutcome(RunState.CANCELLED, CANCELLED.reason, code)
    if end.status is TaskStatus.UNKNOWN:
        return StepOutcome(RunState.LOST, _lost(item))
    return StepOutcome(RunState.FAILED, explain(code, rest, item.subject.home, item.subject), code)


def _state(error: XapiError) -> RunState:
    """What a call that raised `error` leaves behind."""
    if isinstance(error, NotConnected):
        return RunState.REFUSED
    if isinstance(error, BadStatus) and error.is_turned_away:
        return RunState.FAILED
    if isinstance(error, XapiFailure) and error.code == "TASK_CANCELLED":
        return RunState.CANCELLED
    return RunState.LOST if isinstance(error, (Unreachable, BadReply)) else RunState.FAILED


def _lost(item: RunItem) -> LazyText:
    if isinstance(item.subject, VM):
        state = state_words(item.subject.power_state)
        return lazy(N_("the pool lost track of the task; {name} is {state} now: check before trying again"), name=item.name, state=state)
    return lazy(N_("the pool lost track of the task; check before trying again"))


async def _cancel(caller: Caller, task: Ref) -> None:
    try:
        await caller.call("task.cancel", task)
    except XapiError as error:
        log.debug("task %s goes on: %s", task, error)  # it is too late, or XAPI cannot; the next step is not begun


async def _destroy(caller: Caller, task: Ref) -> None:
    """XAPI keeps a finished task until who started it takes it away."""
    try:
        await caller.call("task.destroy", task)
    except XapiError as error:
        log.debug("task %s stays until the pool forgets it: %s", task, error)
