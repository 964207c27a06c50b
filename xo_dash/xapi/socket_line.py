"""One connection for large bodies that come from a host: a thread of its own reads it, and can pass all of it on past the event loop.

What a thread copies from socket to socket costs the loop nothing, TLS neither. `os.splice` was measured and is no faster: at the
other end the reader is woken for each of its small pieces, which costs more than the copy.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from xo_dash.sockets import READABLE, WRITABLE, send_all, shut, wait_for
from xo_dash.xapi.address import Address
from xo_dash.xapi.line import END_OF_HEAD, PIECE
from xo_dash.xapi.tls import Trust, connect

BUFFER: Final = 1 << 20
"""Bytes; fewer are more turns of the interpreter's lock for the same."""
Put = Callable[[memoryview], None]
T = TypeVar("T")


class SocketLine:
    """What is read is lent until the next read. Raises OSError when the connection breaks; one call at a time, but for `abort`."""

    def __init__(self, connection: socket.socket, worker: ThreadPoolExecutor) -> None:
        """Both become its own."""
        self._connection = connection
        self._connection.setblocking(False)
        self._worker = worker
        self._buffer = memoryview(bytearray(BUFFER))
        self._start = self._end = 0  # what has come and was not taken
        self._closed = False
        self.passed = 0  # bytes that were passed on

    @classmethod
    async def open(cls, address: Address, trust: Trust) -> SocketLine:
        """To a host that was proved to be whom we believe. Raises BadCertificate, Unreachable."""
        worker = ThreadPoolExecutor(1, "transfer")
        connecting = worker.submit(connect, address, trust)
        try:
            return cls(await asyncio.shield(asyncio.wrap_future(connecting)), worker)
        except BaseException:
            connecting.add_done_callback(_close_late)
            worker.shutdown(wait=False)
            raise

    def set_keepalive(self, options: tuple[tuple[int, int], ...]) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in options:
            self._connection.setsockopt(socket.IPPROTO_TCP, option, value)

    async def head(self, limit: int) -> bytes:
        """All up to the first empty line. Raises IncompleteReadError, LimitOverrunError."""
        while (at := bytes(self._buffer[self._start : self._end]).find(END_OF_HEAD)) < 0:
            if self._end - self._start > limit:
                raise asyncio.LimitOverrunError("too long a head", limit)
            if not await self._in_thread(lambda: self._receive(limit)):
                raise asyncio.IncompleteReadError(b"", None)
        found = bytes(self._buffer[self._start : self._start + at + len(END_OF_HEAD)])
        self._start += len(found)
        return found

    async def read(self, most: int = PIECE) -> memoryview:
        """What has come; empty at the end."""
        if self._start == self._end:
            await self._in_thread(lambda: self._receive(PIECE))
        return self._taken(min(most, PIECE))

    async def write(self, data: bytes | memoryview) -> None:
        await self._in_thread(lambda: send_all(self._connection, [data]))

    async def pass_on(self, put: Put, most: int | None) -> None:
        """Give all that comes, or `most` bytes of it, to `put`, in the thread. Raises what that raises."""
        await self._in_thread(lambda: self._pass_on(put, most))

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        """What waits for the host goes on and sees its end."""
        if not self._closed:
            self._closed = True
            shut(self._connection)
            self._worker.submit(self._connection.close)  # once nobody uses it
            self._worker.shutdown(wait=False)

    # in the thread

    def _pass_on(self, put: Put, most: int | None) -> None:
        while most is None or self.passed < most:
            if self._start == self._end and not self._receive(BUFFER):
                return
            piece = self._taken(BUFFER if most is None else most - self.passed)
            put(piece)
            self.passed += len(piece)

    def _receive(self, most: int) -> int:
        """Bytes that came: all that is there, once there is something; 0 at the end."""
        if self._start == self._end:
            self._start = self._end = 0
        before, last = self._end, min(self._end + most, BUFFER)
        while self._end < last:
            try:
                count = self._connection.recv_into(self._buffer[self._end : last])
            except (BlockingIOError, ssl.SSLWantReadError):
                if self._end > before:
                    break
                wait_for(self._connection, READABLE)
            except ssl.SSLWantWriteError:
                wait_for(self._connection, WRITABLE)
            else:
                if not count:
                    break
                self._end += count
        return self._end - before

    # in either, one at a time

    def _taken(self, most: int) -> memoryview:
        piece = self._buffer[self._start : min(self._end, self._start + most)]
        self._start += len(piece)
        return piece

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise ConnectionResetError("the connection was closed")
        return await asyncio.wrap_future(self._worker.submit(work))


def _close_late(connecting: Future[socket.socket]) -> None:
    """Of somebody who did not wait for it."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()
