"""A simulated pool: its database, time, sessions, messages and hosts."""

from __future__ import annotations

import asyncio
import calendar
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from . import model as models
from . import operations
from .call import Call
from .clock import Clock
from .database import Database
from .dialect import Dialect
from .faults import Faults
from .messages import Messages
from .registry import Registry
from .sessions import Sessions
from .sockets import Gate
from .types import NULL

if TYPE_CHECKING:
    from .dispatch import Dispatcher

log = logging.getLogger(__name__)

USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: the host that listens on `address`."""

    ref: str
    address: str


class Pool:
    """Everything that one pool is.

    `hosts` are its endpoints by address; `emergency` says of an address what its host answers to everything, such as
    ["HOST_STILL_BOOTING"]; `gate(address, open)` opens and closes its sockets;
    `calls` the running calls by task; `queues` says whether calls wait for each other
    (as xapi does) or fail with OTHER_OPERATION_IN_PROGRESS at once.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        seed: int | str = 0,
        user: str = "root",
        password: str = "",
        clock: Clock | None = None,
        generation: int = 0,
    ) -> None:
        self.dispatcher = dispatcher
        self.registry: Registry = dispatcher.registry
        self.model = models.load()
        self.rng = random.Random(seed)  # noqa: S311  the same seed is the same pool
        self.db = Database(self.model, self.rng, generation)
        self.clock = clock or Clock()
        self.user = user
        self.password = password
        self.sessions = Sessions(self)
        self.messages = Messages(self)
        self.faults = Faults()
        self.hosts: dict[str, Endpoint] = {}
        self.emergency: dict[str, list[str]] = {}
        self.gate = Gate()
        self.port = 0
        self.calls: dict[str, Call] = {}
        self.queues = True
        self.closed = False
        self.facts: dict[str, Any] = {}  # what parts of the simulator keep for themselves, by their own name
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def ref(self) -> str:
        """The pool's own row."""
        return next(iter(self.db.rows("pool")), NULL)

    @property
    def dialect(self) -> Dialect:
        return self.dispatcher.dialect

    @property
    def master(self) -> Endpoint:
        ref = self.db.get(self.ref, "master")
        return next((h for h in self.hosts.values() if h.ref == ref), Endpoint(ref, ""))

    def is_master(self, host: Endpoint) -> bool:
        return bool(host.ref == self.db.get(self.ref, "master"))

    @property
    def url(self) -> str:
        return self.origin(self.master.address)

    def origin(self, address: str) -> str:
        """Where a host answers. Real hosts use their scheme's own port and do not name it; a port of ours must be told."""
        scheme = self.facts.get("scheme", "http")
        return f"{scheme}://{address}" if self.port in (0, USUAL_PORTS[scheme]) else f"{scheme}://{address}:{self.port}"

    def refresh(self, *refs: str) -> None:
        """Compute allowed_operations of these objects again."""
        operations.refresh(self, *refs)

    async def run(self, method: str, *arguments: Any) -> Any:
        """A call that the pool makes itself, as root on the master; arguments and result as the database has them."""
        return await self.dispatcher.run(Call(self, self.sessions.internal, self.master, method), arguments)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run beside everything else until the pool closes; what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a part of the simulator failed", exc_info=error)

    def start(self) -> None:
        """Bring the background parts to life, once the inventory is there."""
        for live in self.registry.backgrounds:
            self.spawn(_awaited(live, self))

    async def close(self) -> None:
        """End everything: who waits in event.from is told at once."""
        self.closed = True
        self.sessions.logout_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def seconds(self, date: str) -> float:
        """An XAPI date as seconds since the epoch."""
        return seconds(date)


async def _awaited(function: Callable[[Pool], Awaitable[None]], pool: Pool) -> None:
    await function(pool)


@cache
def seconds(date: str) -> float:
    """20260131T12:00:00Z -> seconds since the epoch."""
    return float(calendar.timegm(time.strptime(date[:17], "%Y%m%dT%H:%M:%S")))
