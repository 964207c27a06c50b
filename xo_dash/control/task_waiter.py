"""Following a task of XAPI's to its end, by the events that reach the mirror anyway."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from data.changes import Change
from data.decode import decode
from data.mirror import Mirror
from data.objects import Task, TaskStatus
from data.observers import Unsubscribe
from data.server import Server
from data.types import Ref
from xo_dash.xapi.errors import XapiError, XapiFailure
from xo_dash.xapi.streams import TransferStream


class Caller(Protocol):
    """A connection to a pool, as far as changing things goes.

    Raises XapiError: XapiFailure for what the pool refused, NotConnected if nothing was sent, Unreachable if nobody knows.
    """

    async def call(self, method: str, *arguments: Any) -> Any: ...

    async def call_member(self, host: str, method: str, *arguments: Any) -> Any: ...

    async def transfer(
        self, method: str, path: str, query: Mapping[str, str], *, length: int | None = None, host: str = ""
    ) -> TransferStream: ...


class Connections(Protocol):
    """Where connections are, by a server's id: `Servers.connection` is one."""

    def __call__(self, server_id: str) -> Caller:
        """Raises NotConnected for a server that is disabled or gone."""
        ...


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task ended. Status UNKNOWN: it is gone, and nobody knows."""

    status: TaskStatus
    result: str = ""
    error_info: Sequence[str] = ()
    is_shown: bool = False  # by the mirror, which has all that was done before then

    @property
    def code(self) -> str:
        """XAPI's, of a failure."""
        return self.error_info[0] if self.error_info else ""


GONE = TaskEnd(TaskStatus.UNKNOWN)
QUIET: Final = 12
"""Times as patient with what is known to go on."""
_ENDED = frozenset({TaskStatus.SUCCESS, TaskStatus.FAILURE, TaskStatus.CANCELLED})


class TaskWaiter:
    """Waits for tasks. XAPI is asked only when the mirror has not heard of one, or not how it is, for `patience` seconds.

    And after some more of a task that nothing is heard of any more: an event may be lost, or tell no status.
    """

    def __init__(self, mirror: Mirror, patience: float = 5.0) -> None:
        self._mirror = mirror
        self._patience = patience
        self._waiting: dict[tuple[str, Ref], asyncio.Event] = {}
        self._unsubscribe: Unsubscribe | None = None  # nothing is watched while nothing is waited for

    async def end(self, server_id: str, ref: Ref, caller: Caller, progressed: Callable[[float], None]) -> TaskEnd:
        """How the task ended; waits for that as long as it takes, also for a pool that is away meanwhile.

        A task may vanish before anybody read its end: its host restarted, or somebody destroyed it.
        """
        stirred = self._waiting[server_id, ref] = asyncio.Event()
        self._unsubscribe = self._unsubscribe or self._mirror.observe(self._changed)
        row: Task | None = None  # keeps its last state when it is removed
        try:
            while server_id in self._mirror.pools:
                stirred.clear()
                present = self._mirror.pools[server_id].one(Task, ref)
                row = present or row
                if row is not None and row.status in _ENDED:
                    return TaskEnd(row.status, row.result, row.error_info, is_shown=True)
                if row is not None and present is None:
                    return GONE
                if present is not None:
                    progressed(present.progress if math.isfinite(present.progress) else 0.0)
                is_heard = present is not None and present.status is not TaskStatus.UNKNOWN
                patience = self._patience * (QUIET if is_heard else 1)
                if not await _within(stirred, patience) and (end := await _ask(caller, ref)):
                    return end
            return GONE
        finally:
            del self._waiting[server_id, ref]
            if not self._waiting and self._unsubscribe is not None:
                self._unsubscribe()
                self._unsubscribe = None

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            subject = change.subject
            if isinstance(subject, Task):
                if stirred := self._waiting.get((subject.home.id, subject.ref)):
                    stirred.set()
            elif isinstance(subject, Server):
                for (server_id, _ref), stirred in self._waiting.items():
                    if server_id == subject.id:
                        stirred.set()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def _ask(caller: Caller, ref: Ref) -> TaskEnd | None:
    """How it ended, from XAPI itself; None if it goes on, or if the pool cannot be asked now."""
    try:
        record = await caller.call("task.get_record", ref)
    except XapiFailure as error:
        return GONE if error.code == "HANDLE_INVALID" else None
    except XapiError:
        return None
    row = decode(Task, ref, record) if isinstance(record, Mapping) else None
    return TaskEnd(row.status, row.result, row.error_info) if row is not None and row.status in _ENDED else None
