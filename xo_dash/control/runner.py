"""The runner: the only way a pool is changed. Checks, calls, follows, tells, and writes the audit."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence

from data.mirror import Mirror
from data.names import name_of
from data.objects import Task
from data.observers import Unsubscribe
from data.stores.trace import Actor, Deed
from data.stores.users import CappedUser, Role, User, ViewedUser
from data.types import XapiObject
from xo_dash.control.access import VIEWING, may
from xo_dash.control.action import AnyAction
from xo_dash.control.activity import Activity
from xo_dash.control.admission import Admission, taken
from xo_dash.control.audit import Audit
from xo_dash.control.background import Background
from xo_dash.control.execution import Execution
from xo_dash.control.host.hardware import Machines
from xo_dash.control.item_runner import ItemRunner
from xo_dash.control.left_behind import LeftBehind
from xo_dash.control.local_user import Users
from xo_dash.control.plan import Step
from xo_dash.control.quota.desk import QuotaDesk
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.resume.lines import ALL, RunCancelled, began
from xo_dash.control.resume.recall import Continued, recalled
from xo_dash.control.resume.record import ItemRecord
from xo_dash.control.run import Run, RunItem
from xo_dash.control.run_audit import RunAudit
from xo_dash.control.run_list import RunList
from xo_dash.control.sr.probe import Prober
from xo_dash.control.taking_back import TakingBack
from xo_dash.control.task_waiter import Connections, TaskWaiter
from xo_dash.control.throttle import IN_A_POOL, HostTurns
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.unfinished import Unfinished
from xo_dash.control.until_shown import WITHIN, UntilShown
from xo_dash.control.vm.migration.checks import MigrationChecks
from xo_dash.control.vm.migration.estimate import moved_by
from xo_dash.control.vm.migration.speeds import MigrationSpeeds

log = logging.getLogger(__name__)

Values = Mapping[str, object]
"""A request as plain values: of a form, of JSON, of a command line."""
TO_ANSWER = 2.0
"""Seconds in which the pools may answer what was sent, when the program is stopped."""


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
        shown_within: float = WITHIN,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`users`: as they are now. `files`: where runs write down how far they are; without them none survives a restart.

        `at_once`: in one pool.
        """
        self._mirror = mirror
        self._audit = audit
        self._files = files
        self._clock = clock
        self._list = RunList()
        self._background = Background()
        self.exchange = Exchange()
        self.machines = Machines(connections)
        self.migration_checks = MigrationChecks(connections)
        self.migration_speeds = MigrationSpeeds(moved_by)
        self.prober = Prober(mirror, connections, users)
        self.quotas = QuotaDesk(mirror)
        self.observe(self.migration_speeds.follow)
        self.activity = Activity(mirror, self, clock)
        self._lines = RunAudit(audit, mirror, clock)
        self._unfinished = Unfinished(mirror, self._list.tell)
        self._left_behind = LeftBehind(mirror, self._list.tell)
        throttle = HostTurns(at_once)
        follower = TaskWaiter(mirror, patience)
        admission = Admission(mirror, users, self.quotas)
        self._execution = Execution(
            mirror, connections, follower, throttle, self.exchange, self._list.tell, self._background.spawn,
            lambda run, item: taken(run, item, admission.user(run)),
        )  # fmt: skip
        shown = UntilShown(mirror, connections, shown_within)
        self._taking_back = TakingBack(self._list, self._execution.undoing, throttle, self._lines, self._background, shown)
        self._items = ItemRunner(
            mirror=mirror,
            runs=self._list,
            admission=admission,
            quotas=self.quotas,
            audit=self._lines,
            execution=self._execution,
            throttle=throttle,
            exchange=self.exchange,
            unfinished=self._unfinished,
            left_behind=self._left_behind,
            until_shown=shown,
            files=files,
            clock=clock,
        )

    # what others ask

    @property
    def runs(self) -> tuple[Run, ...]:
        """Those under way and the last ended, in the order they were given."""
        return self._list.all

    def observe(self, observer: Callable[[Run], None]) -> Unsubscribe:
        """Call `observer` whenever anything of a run changes."""
        return self._list.observe(observer)

    def start(
        self, user: User, action: AnyAction, subjects: Sequence[XapiObject], request: Request | Values | None = None, *, address: str = ""
    ) -> Run:
        """Begin, and return at once; the run changes as it goes. Refusals too are ends of its items, never exceptions."""
        looks, user = isinstance(user, ViewedUser), user.by if isinstance(user, ViewedUser) else user
        run = Run(
            id=self._list.fresh_id(),
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
        self._list.add(run)
        self._forget_old()
        file = self._files.begin(run.key) if self._files is not None and run.request is not None and action.kind is not Task else None
        if file is not None:
            file.note(began(run))
        for number, item in enumerate(run.items):
            self._background.spawn(self._items.run(run, item, ItemRecord(file, number)))
        self._list.tell(run)
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
                if one := recalled(recorded, self._list.fresh_id(), self._clock(), self._mirror.pools):
                    self.go_on(one)
                else:
                    self._files.end(recorded.file)
        mine = {run.key for run in self.runs}
        begun = [entry for entry in await asyncio.to_thread(self._audit.unfinished) if entry.run not in mine]
        for run in self._unfinished.runs(begun, self._list.fresh_id, self._clock()):
            self._list.add_earlier(run)
            log.warning("%s of %d objects by %s was under way when xo-dash ended", run.action.id, len(run.items), run.user_name)
            self._list.tell(run)

    def go_on(self, continued: Continued) -> None:
        """Begin with what had not ended before a restart."""
        run = continued.run
        self._list.add_earlier(run)
        log.info("%s of %d objects by %s goes on", run.action.id, len(run.items), run.user_name)
        for number, item in enumerate(run.items):
            if not item.state.ended:
                record = ItemRecord(continued.file, number, continued.past[item], self._mirror.pools)
                self._background.spawn(self._items.run(run, item, record))
        self._items.close_ended(run)
        self._list.tell(run)

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
        if self._files is not None and (file := self._files.of(run.key)):
            file.note(RunCancelled(item=ALL if only is None else run.items.index(only)))
        for item in stopped:
            self._items.cancel(item)
        self._list.tell(run)

    def take_back(self, user: User, run: Run, *, address: str = "") -> None:
        """Undo what is left of a run, as far as they may do what it did."""
        self._taking_back.begin(user, run, address)

    def undoing(self, item: RunItem) -> list[Step]:
        """What `take_back` would do to it."""
        return self._execution.undoing.steps(item)

    async def stop(self) -> None:
        """Stop following; what was sent goes on in the pools, and the next start goes on with the rest."""
        self._unfinished.stop()
        self._left_behind.stop()
        await self._execution.pause(TO_ANSWER)
        await self._background.stop()
        self.activity.stop()
        await self._audit.settle()
        self._audit.close()
        if self._files is not None:
            await self._files.close()

    def dismiss(self, run: Run) -> None:
        """Its user has seen what became of it: also the next start does not tell it again."""
        if run.recalled and not run.dismissed:
            self._background.spawn(self._lines.put_to_rest(run))
        run.dismissed = True
        self._list.tell(run)

    def _item(self, subject: XapiObject) -> RunItem:
        home = self._mirror.pools.get(subject.home.id)
        return RunItem(subject=subject, uuid=subject.uuid, name=name_of(subject), pool=subject.home.id, pool_uuid=home.uuid if home else "")

    def _forget_old(self) -> None:
        for run in self._list.forget_old():
            for item in run.items:
                self._execution.undoing.forget(item)
                self._left_behind.forget(item)
