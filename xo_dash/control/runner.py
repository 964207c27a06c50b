"""The runner: the only way a pool is changed. Checks, calls, follows, tells, and writes the audit."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec

from data.mirror import Mirror
from data.names import name_of
from data.objects import Task
from data.observers import Observers, Unsubscribe
from data.reading import reading
from data.scope import everything
from data.stores.trace import Actor, Deed
from data.stores.users import CappedUser, Role, User, ViewedUser, capped
from data.types import XapiObject
from xo_dash.control.access import VIEWING, may
from xo_dash.control.action import AnyAction
from xo_dash.control.activity import Activity
from xo_dash.control.audit import STOPPED, Audit, AuditEntry, AuditUnwritable, moment
from xo_dash.control.eligibility import out_of_sight, why_not
from xo_dash.control.execution import CHANGED, STUCK, Execution
from xo_dash.control.host.hardware import Machines
from xo_dash.control.lazy_text import LazyText, lazy, read_by
from xo_dash.control.local_user import Users
from xo_dash.control.plan import Step, rehearse
from xo_dash.control.quota.desk import QuotaDesk
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.request import Request, files_of
from xo_dash.control.resume.files import RunFile, RunFiles
from xo_dash.control.resume.lines import ALL, RunCancelled, began
from xo_dash.control.resume.plan_clock import plan_began
from xo_dash.control.resume.recall import GONE, Continued, obstacle, recalled
from xo_dash.control.resume.record import ItemRecord
from xo_dash.control.resume.waiting import until_live
from xo_dash.control.run import Run, RunItem, RunState, StepLog
from xo_dash.control.sr.probe import Prober
from xo_dash.control.steps import CANCELLED, RESTARTED, StepOutcome
from xo_dash.control.task_waiter import Connections, TaskWaiter
from xo_dash.control.throttle import IN_A_POOL, HostTurns, Turn, host_of
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.unfinished import Unfinished
from xo_dash.control.vm.migration.checks import MigrationChecks
from xo_dash.control.vm.migration.estimate import route_of
from xo_dash.control.vm.migration.speeds import MigrationSpeeds
from xo_dash.i18n import N_, using

log = logging.getLogger(__name__)

Values = Mapping[str, object]
"""A request as plain values: of a form, of JSON, of a command line."""
Doing = tuple[str, str, str, bytes]
"""(server, uuid, command, request) of what is being done."""
RUNS_KEPT = 200
"""Ended runs that stay to be looked at."""
TO_ANSWER = 2.0
"""Seconds in which the pools may answer what was sent, when the program is stopped."""
TAKE_BACK = "run.undo"
"""What undoing the rest of a run is called in the audit."""
FIRST = (0,)
"""The place of a plan's first step."""


class Runner:
    """Carries out commands, each object by itself, so many at a time in one pool and on one host.

    Nothing is tried twice: whether a call that broke was carried out, only a person can judge. Nothing is shown before it is true.
    """

    def __init__(
        self,
        mirror: Mirror,
        connections: Connections,
        users: Users,
        audit: Audit,
        *,
        files: RunFiles | None = None,
        at_once: int = IN_A_POOL,
        patience: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`users`: as they are now. `files`: where runs write down how far they are; without them none survives a restart.

        `at_once`: in one pool.
        """
        self._mirror = mirror
        self._users = users
        self._audit = audit
        self._files = files
        self._writing: dict[Run, RunFile] = {}
        self._clock = clock
        self._observers: Observers[[Run]] = Observers()
        self._throttle = HostTurns(at_once)
        self.exchange = Exchange()
        self.machines = Machines(connections)
        self.migration_checks = MigrationChecks(connections)
        self.migration_speeds = MigrationSpeeds(route_of)
        self.prober = Prober(mirror, connections, users)
        follower = TaskWaiter(mirror, patience)
        self._execution = Execution(mirror, connections, follower, self._throttle, self.exchange, self._observers.tell, self._spawn)
        self._unfinished = Unfinished(mirror, self._observers.tell)
        self.quotas = QuotaDesk(mirror)
        self._runs: deque[Run] = deque()
        self._under_way: set[Doing] = set()
        self._queued: dict[RunItem, asyncio.Task[None]] = {}  # those whose turn has not come
        self._serial = 0
        self.observe(self.migration_speeds.follow)
        self.activity = Activity(mirror, self, clock)
        self._tasks: set[asyncio.Task[None]] = set()  # a task nobody holds may be collected

    # what others ask

    @property
    def runs(self) -> tuple[Run, ...]:
        """Those under way and the last ended, in the order they were given."""
        return tuple(self._runs)

    def observe(self, observer: Callable[[Run], None]) -> Unsubscribe:
        """Call `observer` whenever anything of a run changes."""
        return self._observers.add(observer)

    def start(
        self, user: User, action: AnyAction, subjects: Sequence[XapiObject], request: Request | Values | None = None, *, address: str = ""
    ) -> Run:
        """Begin, and return at once; the run changes as it goes. Refusals too are ends of its items, never exceptions."""
        looks, user = isinstance(user, ViewedUser), user.by if isinstance(user, ViewedUser) else user
        run = Run(
            id=self._fresh_id(),
            key=uuid.uuid4().hex,
            action=action,
            user_id=user.id,
            user_name=user.name,
            address=address,
            items=tuple(map(self._item, subjects)),
            created=self._clock(),
            cap=user.cap if isinstance(user, CappedUser) else Role.ADMIN,
        )
        try:
            if looks:
                raise BadRequest([Fault("", VIEWING.reason)])
            run.request = request if isinstance(request, Request) else decode(action.request, request or {})
        except BadRequest as error:
            run.faults = error.faults
        self._runs.append(run)
        self._forget_old()
        if run.request is not None and action.kind is not Task and self._files is not None and (file := self._files.begin(run.key)):
            self._writing[run] = file
            file.note(began(run))
        for number, item in enumerate(run.items):
            self._spawn(self._when_its_turn_comes(run, item, ItemRecord(self._writing.get(run), number)))
        self._observers.tell(run)
        return run

    async def run(
        self, user: User, action: AnyAction, subjects: Sequence[XapiObject], request: Request | Values | None = None, *, address: str = ""
    ) -> Run:
        """Begin, and return when every object has come to an end."""
        run = self.start(user, action, subjects, request, address=address)
        await self.ended(run)
        return run

    async def ended(self, run: Run) -> None:
        """Return when every object of it has come to an end."""
        ended = asyncio.Event()
        unsubscribe = self.observe(lambda changed: ended.set() if changed is run and run.ended else None)
        try:
            if not run.ended:
                await ended.wait()
        finally:
            unsubscribe()

    async def recall(self) -> None:
        """Go on with what was under way when the program ended the last time, and tell of what cannot.

        Once, when the servers are in the mirror.
        """
        if self._files is not None:
            for recorded in await self._files.left():
                if one := recalled(recorded, self._fresh_id(), self._clock(), self._mirror.pools):
                    self.go_on(one)
                else:
                    self._files.end(recorded.file)
        mine = {run.key for run in self._runs}
        begun = [entry for entry in await asyncio.to_thread(self._audit.unfinished) if entry.run not in mine]
        for run in self._unfinished.runs(begun, self._fresh_id, self._clock()):
            self._runs.appendleft(run)
            log.warning("%s of %d objects by %s was under way when xo-dash ended", run.action.id, len(run.items), run.user_name)
            self._observers.tell(run)

    def go_on(self, continued: Continued) -> None:
        """Begin with what had not ended before a restart."""
        run = continued.run
        self._runs.appendleft(run)
        self._writing[run] = continued.file
        log.info("%s of %d objects by %s goes on", run.action.id, len(run.items), run.user_name)
        for number, item in enumerate(run.items):
            if not item.state.ended:
                record = ItemRecord(continued.file, number, continued.past[item], self._mirror.pools)
                self._spawn(self._when_its_turn_comes(run, item, record))
        self._close_ended(run)
        self._observers.tell(run)

    def note(self, actor: Actor, deed: Deed) -> None:
        """Write down what somebody did to a pool without a command: typed into a console."""
        self._audit.post(actor, deed)

    def cancel(self, user: User, run: Run, only: RunItem | None = None) -> None:
        """Stop all of it, or one object: what waits is not begun, a task that can be cancelled is, what a plan has done is taken back."""
        stopped = run.items if only is None else (only,)
        if isinstance(user, ViewedUser) or all(item.state.ended for item in stopped):
            return
        if not all(may(user, run.action, item.subject) for item in stopped):
            return
        run.cancelled = run.cancelled or only is None
        if file := self._writing.get(run):
            file.note(RunCancelled(item=ALL if only is None else run.items.index(only)))
        for item in stopped:
            item.cancelled = True
            self._execution.cancel(item)
            if waiting := self._queued.pop(item, None):
                waiting.cancel()
        self._observers.tell(run)

    def take_back(self, user: User, run: Run, *, address: str = "") -> None:
        """Undo what is left of a run, as far as they may do what it did."""
        for item in run.items if not isinstance(user, ViewedUser) else ():
            if item.can_be_undone and may(user, run.action, item.subject):
                was, item.can_be_undone, item.state = item.state, False, RunState.RUNNING
                self._spawn(self._take_back(run, item, was, Actor(user.name, user.id, address)))
        self._observers.tell(run)

    def undoing(self, item: RunItem) -> list[Step]:
        """What `take_back` would do to it."""
        return self._execution.undoing.steps(item)

    async def _take_back(self, run: Run, item: RunItem, was: RunState, by: Actor) -> None:
        """`was`: how it had ended. In the audit it is a command of its own, by whoever asks for it."""
        entry = msgspec.structs.replace(
            self._entry("begin", run, item), run=uuid.uuid4().hex, action=TAKE_BACK, user=by.user, user_id=by.user_id,
            address=by.address, arguments={"run": run.key, "action": run.action.id}, tasks=[],
        )  # fmt: skip
        try:
            await self._audit.write(entry)
            async with self._throttle.turn(item.pool, host_of(item.subject)) as turn:
                outcome = await self._execution.undoing.once_more(item, turn)
        except AuditUnwritable as error:
            reason = lazy(N_("{reason}; nothing was done"), reason=str(error))
            outcome, item.can_be_undone = StepOutcome(was, reason, item.code), True
        except Exception as error:
            outcome = _broken(run, item, error)
        result = RunState.FAILED if item.left else RunState.DONE
        try:
            await self._audit.write(msgspec.structs.replace(entry, at=moment(self._clock()), event="end", result=result))
        except AuditUnwritable as error:
            log.error("%s of %s by %s: %s, and %s", TAKE_BACK, item.uuid, by.user, result, error)
        item.reason, item.code, item.state, item.says = outcome.reason, outcome.code, outcome.state, None
        self._observers.tell(run)

    async def stop(self) -> None:
        """Stop following; what was sent goes on in the pools, and the next start goes on with the rest."""
        self._unfinished.stop()
        await self._execution.pause(TO_ANSWER)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.activity.stop()
        await self._audit.settle()
        self._audit.close()
        if self._files is not None:
            await self._files.close()

    def dismiss(self, run: Run) -> None:
        """Its user has seen what became of it: also the next start does not tell it again."""
        if run.recalled and not run.dismissed:
            self._spawn(self._put_to_rest(run))
        run.dismissed = True
        self._observers.tell(run)

    async def _put_to_rest(self, run: Run) -> None:
        try:
            await asyncio.gather(*(self._audit.write(self._entry("end", run, item, item.state)) for item in run.items))
        except AuditUnwritable as error:
            log.error("%s: the next start tells it again", error)

    # one object

    async def _when_its_turn_comes(self, run: Run, item: RunItem, record: ItemRecord) -> None:
        if (task := asyncio.current_task()) and not record.moment:
            self._queued[item] = task
        try:
            if run.continued:
                await until_live(self._mirror, run, item, record, self.observe, self._observers.tell)
            async with self._turn(run, item) as turn:
                self._queued.pop(item, None)
                await (self._carry_on(run, item, turn, record) if record.moment else self._carry_out(run, item, turn, record))
        except asyncio.CancelledError:
            if item.cancelled and not item.started:
                await self._end(run, item, CANCELLED, record)
                return
            reason = lazy(N_("xo-dash was stopped in the meantime; check before trying again"))
            await self._end(run, item, StepOutcome(RunState.LOST if item.started else RunState.REFUSED, reason, STOPPED))
            raise
        except Exception as error:
            await self._end(run, item, _broken(run, item, error), record)

    def _turn(self, run: Run, item: RunItem) -> Turn:
        """Of a request that makes none nobody can say which other hosts have work with it."""
        subject, action = item.subject, run.action
        try:
            request = _filled(run, item)
        except BadRequest:
            return self._throttle.turn(item.pool, host_of(subject))
        return self._throttle.turn(item.pool, host_of(subject), action.other_hosts(request, subject), action.sender(request, subject))

    async def _carry_out(self, run: Run, item: RunItem, turn: Turn, record: ItemRecord) -> None:
        if item.cancelled:
            await self._end(run, item, CANCELLED, record)
            return
        request = self._request_for(run, item)
        if not isinstance(request, Request):
            await self._end(run, item, StepOutcome(RunState.REFUSED, request), record)
            return
        item.started = self._clock()
        item.state = RunState.RUNNING
        doing = _doing(run, item)
        self._under_way.add(doing)
        try:
            await self._audit.write(self._entry("begin", run, item))
            with reading(self._mirror.pools) as read, plan_began(item.started):
                read.note(item.subject)
                item.steps = [StepLog(step.says) for step in rehearse(run.action.plan(request, item.subject))]
            record.began(item.started, request, read)
            outcome = await self._execution.carry_out(run, item, request, turn, record)
        except AuditUnwritable as error:
            item.started = 0.0
            outcome = StepOutcome(RunState.REFUSED, lazy(N_("{reason}; nothing was done"), reason=str(error)))
        finally:
            self._under_way.discard(doing)
        await self._end(run, item, outcome, record)

    async def _carry_on(self, run: Run, item: RunItem, turn: Turn, record: ItemRecord) -> None:
        """With what had begun before a restart, from where it was; if the one whose it is may still do it."""
        request = item.request
        user = self._user(run)
        record.stopped = obstacle(run, item, record, user, self._mirror.pools.get(item.pool))
        item.state = RunState.RUNNING
        if request is None or record.stopped is GONE:
            item.left = record.done_from(FIRST)
            await self._end(run, item, StepOutcome(RunState.LOST, record.stopped or CHANGED, STUCK), record)
            return
        if user is not None:
            self.quotas.admitted(item, user, run.action.id, request, item.subject)
        doing = _doing(run, item)
        self._under_way.add(doing)
        try:
            with record.driving(FIRST):
                item.steps = [StepLog(step.says) for step in rehearse(run.action.plan(request, item.subject))]
            outcome = await self._execution.carry_out(run, item, request, turn, record)
        finally:
            self._under_way.discard(doing)
        await self._end(run, item, outcome, record)
        if outcome.code == RESTARTED and len(item.steps) == 1 and not item.steps[0].inside:
            self._unfinished.follow(run, item)

    def _request_for(self, run: Run, item: RunItem) -> Request | LazyText:
        """The last look before anything is sent: who, what, on what, with what; as it is now, not as it was when asked."""
        pool = self._mirror.pools.get(item.pool)
        subject = pool.by_uuid(run.action.kind, item.uuid) if pool and pool.uuid == item.pool_uuid else None
        if subject is None:
            return lazy(N_("{name} no longer exists"), name=item.name)
        item.subject = subject
        if reason := why_not(run.action, subject, user := self._user(run)):
            return reason
        try:
            request = _filled(run, item)
        except BadRequest as error:
            return told(error.faults, run.action)
        # what is not seen first: other faults say how things stand with what it names
        if faults := out_of_sight(request, subject, user) or run.action.faults(request, subject):
            return told(faults, run.action)
        item.request = request
        if _doing(run, item) in self._under_way:
            return lazy(N_("it is already being done"))
        faults = self.quotas.admit(item, user, run.action.id, request, subject) if user is not None else []
        return told(faults, run.action) if faults else request

    def _user(self, run: Run) -> User | None:
        """Whoever gave it, as they are now."""
        user = self._users.get(run.user_id)
        return None if user is None else capped(user, run.cap)

    async def _end(self, run: Run, item: RunItem, outcome: StepOutcome, record: ItemRecord | None = None) -> None:
        """`record`: unless the next start goes on with it."""
        item.reason, item.code, item.result = outcome.reason, outcome.code, outcome.result
        item.ended = self._clock()
        event = "end" if item.started else "refused"
        try:
            await self._audit.write(self._entry(event, run, item, outcome.state))
        except AuditUnwritable as error:
            log.error("%s of %s by %s: %s, and %s", run.action.id, item.uuid, run.user_name, outcome.state, error)
        await self.quotas.ended(run, item)
        item.state, item.says = outcome.state, None
        if record is not None:
            record.item_ended(outcome)
            self._close_ended(run)
        if run.ended and run.request is not None:
            self.exchange.forget(files_of(run.request), run.user_id)
        self._observers.tell(run)

    def _close_ended(self, run: Run) -> None:
        """Of a run that has ended nothing stays but its lines in the audit."""
        if run.ended and self._files is not None and (file := self._writing.pop(run, None)):
            self._files.end(file)

    # around it

    def _item(self, subject: XapiObject) -> RunItem:
        home = self._mirror.pools.get(subject.home.id)
        return RunItem(subject=subject, uuid=subject.uuid, name=name_of(subject), pool=subject.home.id, pool_uuid=home.uuid if home else "")

    def _entry(self, event: str, run: Run, item: RunItem, state: RunState | None = None) -> AuditEntry:
        request = item.request or run.request
        home = self._mirror.pools.get(item.pool)
        now = self._clock()
        with using("en"), read_by(everything):
            reason = str(item.reason) if item.reason else ""
        return AuditEntry(
            at=moment(now),
            event=event,
            run=run.key,
            action=run.action.id,
            user=run.user_name,
            user_id=run.user_id,
            address=run.address,
            server=item.pool,
            pool=home.server.label if home else "",
            pool_uuid=item.pool_uuid,
            kind=run.action.kind.xapi_class,
            uuid=item.uuid,
            name=item.name,
            arguments=request.told() if request else {},
            result=state or "",
            code=item.code,
            reason=reason,
            seconds=round(now - item.started, 3) if event == "end" and not run.recalled else None,
            tasks=[str(task) for task in item.tasks],
        )

    def _fresh_id(self) -> int:
        self._serial += 1
        return self._serial

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _forget_old(self) -> None:
        ended = [run for run in self._runs if run.ended and (run.dismissed or not run.recalled)]
        for run in ended[: max(0, len(ended) - RUNS_KEPT)]:
            self._runs.remove(run)
            for item in run.items:
                self._execution.undoing.forget(item)


def _filled(run: Run, item: RunItem) -> Request:
    """The request for this object. Raises BadRequest for values that make none."""
    if run.request is None:
        raise BadRequest(run.faults)
    return run.request.for_each(item.subject)


def _broken(run: Run, item: RunItem, error: Exception) -> StepOutcome:
    """A fault of ours."""
    log.exception("%s of %s failed inside", run.action.id, item.uuid)
    reason = lazy(N_("internal error of xo-dash ({error}); see its log"), error=type(error).__name__)
    return StepOutcome(RunState.LOST if item.started else RunState.REFUSED, reason)


def _doing(run: Run, item: RunItem) -> Doing:
    return (item.pool, item.uuid, run.action.id, msgspec.json.encode(item.request))


def told(faults: Sequence[Fault], action: AnyAction) -> LazyText:
    """What is wrong with a request, as one reason: the first fault, with its field where that is not plain."""
    fault = faults[0]
    named = [field for field in action.fields if field.name == fault.field]
    if not named or len(action.fields) == 1:
        return fault.reason
    return lazy("{field}: {reason}", field=LazyText(named[0].title), reason=fault.reason)
