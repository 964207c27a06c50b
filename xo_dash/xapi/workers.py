"""Threads that speak to one pool, a session object each."""

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

GOODBYE = 3.0
"""Seconds that threads get to end."""


@dataclass(frozen=True, slots=True)
class CallTarget:
    """Which host to speak to, and in which session (empty: in none yet)."""

    address: Address
    ref: str = field(default="", repr=False)


class Workers:
    """A few threads; each keeps its connection as long as the host stays the same."""

    def __init__(self, name: str, size: int, connect: Callable[[Address], XapiSession]) -> None:
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)
        self._connect = connect
        self._own = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[XapiSession] = []

    async def run(self, work: Callable[[XapiSession], T], target: CallTarget, within: float) -> T:
        """`work(session)` in a thread. If it takes too long or the caller is cancelled, its connection is broken off."""
        job = _WorkItem(lambda: self._session(target))
        try:
            future = asyncio.get_running_loop().run_in_executor(self._threads, job.run, work)
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
            sessions = list(self._sessions)
        for session in sessions:
            session.wire.abort()
        try:
            async with asyncio.timeout(GOODBYE):
                await asyncio.to_thread(self._threads.shutdown, wait=True)
        except TimeoutError:
            return  # one still waits for a name to be resolved: nothing can break that off, and it closes by itself
        for session in sessions:
            session.wire.close()

    def _session(self, target: CallTarget) -> XapiSession:
        """This thread's session for `target`."""
        session: XapiSession | None = getattr(self._own, "session", None)
        if session is None or session.address != target.address:
            fresh = self._connect(target.address)
            with self._lock:
                if session is not None:
                    session.wire.close()
                    self._sessions.remove(session)
                self._sessions.append(fresh)
            self._own.session = session = fresh
        session.adopt(target.ref)
        return session


class _WorkItem:
    """One piece of work, which can be broken off while it has a session and at no other time."""

    def __init__(self, session: Callable[[], XapiSession]) -> None:
        self._find = session
        self._lock = threading.Lock()
        self._session: XapiSession | None = None
        self._dropped = False

    def run(self, work: Callable[[XapiSession], T]) -> T:
        session = self._find()
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
