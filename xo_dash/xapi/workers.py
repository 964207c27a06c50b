"""Threads that speak to one pool, over connections that are kept for the next who speaks to the same host."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import NotConnected, Timeout, Unreachable, release
from xo_dash.xapi.session import XapiSession

T = TypeVar("T")

GRACE = 5.0
"""Seconds more than a call's own timeout before its thread is given up."""
GOODBYE = 3.0
"""Seconds that threads get to end."""


@dataclass(frozen=True, slots=True)
class CallTarget:
    """Which host to speak to, and in which session (empty: in none yet)."""

    address: Address
    ref: str = field(default="", repr=False)


class Workers:
    """A few threads. Of the connections that nobody uses `kept` stay open: those that were used last."""

    def __init__(self, name: str, size: int, connect: Callable[[Address], XapiSession], kept: int = 4) -> None:
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)
        all_there = threading.Barrier(size)
        for _ in range(size):  # now: to start one later, beside others that compute, holds the loop until it runs
            self._threads.submit(all_there.wait)
        self._connect = connect
        self._kept = kept
        self._lock = threading.Lock()
        self._idle: list[XapiSession] = []  # the one that was used last is the last
        self._in_use: set[XapiSession] = set()

    async def run(self, work: Callable[[XapiSession], T], target: CallTarget, within: float) -> T:
        """`work(session)` in a thread. If it takes too long or the caller is cancelled, its connection is broken off."""
        job = _WorkItem()
        try:
            future = asyncio.get_running_loop().run_in_executor(self._threads, self._with_session, job, work, target)
        except RuntimeError as error:
            raise NotConnected("the connection was closed") from error
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            job.abort()
            raise Timeout(f"no answer within {within:g} s") from None
        except asyncio.CancelledError:
            job.abort()
            raise

    async def do(self, work: Callable[[], T]) -> T:
        """`work()` in a thread, without a session; it ends by itself."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError as error:
            raise Unreachable("the connection was closed") from error

    async def close(self) -> None:
        """Break off what is under way and end the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            sessions = [*self._idle, *self._in_use]
        for session in sessions:
            session.wire.abort()
        try:
            async with asyncio.timeout(GOODBYE):
                await asyncio.to_thread(self._threads.shutdown, wait=True)
        except TimeoutError:
            return  # one still waits for a name to be resolved: nothing can break that off, and it closes by itself
        for session in sessions:
            session.wire.close()

    def _with_session(self, job: _WorkItem, work: Callable[[XapiSession], T], target: CallTarget) -> T:
        """In a thread."""
        session = self._taken(target.address)
        session.adopt(target.ref)
        try:
            return job.run(work, session)
        finally:
            self._give_back(session)

    def _taken(self, address: Address) -> XapiSession:
        """The one for that host that was used last; a new one, which believes what is believed now, where its connection has ended."""
        with self._lock:
            session = next((one for one in reversed(self._idle) if one.address == address), None)
            if session is not None:
                self._idle.remove(session)
                if not session.wire.is_open:
                    session.wire.close()
                    session = None
            session = session or self._connect(address)
            self._in_use.add(session)
            return session

    def _give_back(self, session: XapiSession) -> None:
        with self._lock:
            self._in_use.remove(session)
            ended: XapiSession | None = session
            if session.wire.is_open:
                self._idle.append(session)
                ended = self._idle.pop(0) if len(self._idle) > self._kept else None
        if ended is not None:
            ended.wire.close()


class _WorkItem:
    """One piece of work, which can be broken off while it has a session and at no other time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: XapiSession | None = None
        self._dropped = False

    def run(self, work: Callable[[XapiSession], T], session: XapiSession) -> T:
        with self._lock:
            if self._dropped:
                raise Unreachable("broken off")
            session.wire.aborted = False
            self._session = session
        try:
            return work(session)
        except Exception as error:
            release(error)  # whoever keeps the error must not keep the reply
            raise
        finally:
            with self._lock:
                self._session = None

    def abort(self) -> None:
        with self._lock:
            self._dropped = True
            if self._session is not None:
                self._session.wire.abort()
