"""One call in progress: what a hand-written message works with."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import operations, tasks
from .clock import Clock
from .database import Database
from .errors import XapiError

if TYPE_CHECKING:
    from .pool import Endpoint, Pool
    from .sessions import Session


class Call:
    """`session` is who calls, `host` whom, `method` what. `task` is its task row, made when first asked for.

    A sync call has a task as well; since nobody can see one that is made and destroyed without a wait in between, it is made
    only when the call takes time or shows an operation.
    """

    __slots__ = ("_cancelled", "_parent", "_parts", "_sleeping", "_task", "host", "label", "method", "pool", "session")

    def __init__(
        self, pool: Pool, session: Session, host: Endpoint, method: str, *, label: str = "", task: str = "", parent: Call | None = None
    ) -> None:
        self.pool = pool
        self.session = session
        self.host = host
        self.method = method
        self.label = label or method
        self._task = task
        self._parent = parent  # the call this one is a part of
        self._parts: set[Call] = set()
        self._cancelled: XapiError | None = None
        self._sleeping: Any = None

    @property
    def db(self) -> Database:
        return self.pool.db

    @property
    def clock(self) -> Clock:
        return self.pool.clock

    @property
    def row(self) -> str:
        """Its task, "" while it has none."""
        return self._task

    @property
    def task(self) -> str:
        if not self._task:
            above = self._parent._task if self._parent else ""
            self._task = tasks.create(self.pool, self.label, host=self.host.ref, parent=above, session=self.session)
            self.pool.calls[self._task] = self
        return self._task

    def close(self) -> None:
        """The end of a sync call: its task goes with it."""
        if self._task:
            self.pool.calls.pop(self._task, None)
            if self.db.exists(self._task):
                self.db.destroy(self._task)

    async def sleep(self, seconds: float) -> None:
        """Take simulated time; the place where a cancelled operation ends (TASK_CANCELLED)."""
        self.check_cancelled()
        if self.clock.instant or seconds <= 0:
            return
        if not self._task:
            _ = self.task
        self._sleeping = self.clock.sleep(seconds)
        try:
            await self._sleeping
        finally:
            self._sleeping = None
        self.check_cancelled()

    def progress(self, fraction: float) -> None:
        """How far the call is, 0 to 1."""
        if self._task and self.db.exists(self._task):
            self.db.set(self._task, progress=float(fraction))

    async def work(self, seconds: float, *, start: float = 0.0, end: float = 1.0, steps: int = 5) -> None:
        """Take `seconds`, reporting progress from `start` to `end` on the way."""
        if self.clock.instant:
            return
        for step in range(1, steps + 1):
            await self.sleep(seconds / steps)
            if step < steps:
                self.progress(start + (end - start) * step / steps)

    def cancel(self, error: XapiError | None = None) -> None:
        """End at the next check point, which is now for one that sleeps; with `error`, if it is not somebody's wish."""
        self._cancelled = error or XapiError("TASK_CANCELLED", self._task)
        for part in list(self._parts):
            part.cancel(error)
        if self._sleeping is not None and not self._sleeping.done():
            self._sleeping.set_exception(self._cancelled)

    def check_cancelled(self) -> None:
        if self._cancelled:
            raise self._cancelled

    def operation(self, ref: str, name: str, *, cancellable: bool = True) -> Operation:
        """`async with call.operation(vm, "start"):` checks, queues behind others, and shows it in current_operations."""
        return Operation(self, ref, name, cancellable)

    async def run(self, method: str, *arguments: Any) -> Any:
        """Another message as a part of this call: nobody is asked whether he may. Arguments and result as the database has them."""
        part = Call(self.pool, self.session, self.host, method, parent=self)
        self._parts.add(part)
        try:
            return await self.pool.dispatcher.run(part, arguments)
        finally:
            self._parts.discard(part)

    def message(self, name: str, priority: int, cls: str, uuid: str, body: str) -> str:
        return self.pool.messages.create(name, priority, cls, uuid, body)


class Operation:
    """The time during which an object shows an operation; see operations.py."""

    __slots__ = ("_call", "_cancellable", "_name", "_ref")

    def __init__(self, call: Call, ref: str, name: str, cancellable: bool) -> None:
        self._call, self._ref, self._name, self._cancellable = call, ref, name, cancellable

    async def __aenter__(self) -> None:
        await operations.begin(self._call, self._ref, self._name)
        if self._cancellable and self._call.pool.db.exists(self._call.task):
            self._call.db.set(self._call.task, allowed_operations=["cancel"])

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        operations.end(self._call, self._ref)
