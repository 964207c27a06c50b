"""Large bodies straight between a route and its connection: each hop through the middleware would cost more than the bytes.

The head of an answer goes the usual way. Where a request has no connection of ours, as in tests without a network, so does its body.
"""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from xo_dash.sockets import send_all, shut

CONNECTION_KEY = "xo_dash.connection"
Piece = bytes | memoryview


class UvicornProtocol(Protocol):
    """uvicorn's protocol; `cycle` is the request that was read last."""

    cycle: RequestResponseCycle | None


class ClientSocket:
    """The connection of an answer under way, for a thread to write to while nobody else does."""

    def __init__(self, fileno: int) -> None:
        """`fileno`: of a socket that goes on to be somebody else's."""
        self._connection = socket.socket(fileno=os.dup(fileno))
        self._in_use = threading.Lock()
        self._is_over = False

    def put(self, piece: memoryview, within: float) -> None:
        """In HTTP's chunks. Raises OSError; TimeoutError where for so many seconds nothing could be sent."""
        try:
            with self._in_use:
                send_all(self._connection, (b"%x\r\n" % len(piece), piece, b"\r\n"), within)
        finally:
            if self._is_over:
                self.close()

    def end(self) -> None:
        """End the connection: a thread that still writes goes on, and sees that. Before `close`."""
        shut(self._connection)

    def close(self) -> None:
        """No more of it. Waits for nobody: where a thread still writes, that closes it, or what has its number next would get the rest."""
        self._is_over = True
        if self._in_use.acquire(blocking=False):
            try:
                self._connection.close()
            finally:
                self._in_use.release()


def _cycle(scope: Scope) -> RequestResponseCycle | None:
    """That of this request; None where its connection is not known, or reads the next one already."""
    state = scope.get("state")
    connection: UvicornProtocol | None = state.get(CONNECTION_KEY) if state else None
    cycle = connection.cycle if connection is not None else None
    return cycle if cycle is not None and cycle.scope.get("state") is state else None


Lend = Callable[[ClientSocket], None]


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """What is sent with it. Raises ClientDisconnect; what came before has come."""
    cycle = _cycle(request.scope)
    if cycle is None:
        async for piece in request.stream():
            yield piece
        return
    while True:
        message = await cycle.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        yield message["body"]
        if not message["more_body"]:
            return


class LentPieces(StreamingResponse):
    """An answer in pieces, each of which may be other bytes once the next one is asked for.

    `lend` is given the connection before the first one is asked for, where that is plain: what a thread writes to it comes in between.
    """

    def __init__(self, pieces: AsyncGenerator[Piece], headers: Mapping[str, str], lend: Lend | None = None) -> None:
        super().__init__(pieces, media_type="application/octet-stream", headers=headers)
        self._lent = pieces
        self._lend = lend
        self._cycle: RequestResponseCycle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._cycle = _cycle(scope)
        await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        cycle = self._cycle
        async with aclosing(self._lent) as pieces:  # also when nobody takes them any more: then whoever gives them has to know
            if cycle is None:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": bytes(piece), "more_body": True})
            else:
                while not cycle.response_started and not cycle.disconnected:  # the middleware passes the head on in its turn
                    await send({"type": "http.response.body", "body": b"", "more_body": True})
                await _written(pieces, cycle, self._lend)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _written(pieces: AsyncIterator[Piece], cycle: RequestResponseCycle, lend: Lend | None) -> None:
    """In HTTP's chunks, each sent before the next one is asked for."""
    if cycle.transport.is_closing():
        return
    cycle.transport.set_write_buffer_limits(high=0)
    try:
        if lend is None or cycle.transport.get_extra_info("ssl_object") is not None:
            await _write(pieces, cycle)
        else:
            await cycle.flow.drain()  # a thread begins where we end
            if cycle.disconnected or cycle.transport.is_closing():
                return
            async with _lent(cycle) as connection:
                lend(connection)
                await _write(pieces, cycle)
    finally:
        if not cycle.transport.is_closing():
            cycle.transport.set_write_buffer_limits()


async def _write(pieces: AsyncIterator[Piece], cycle: RequestResponseCycle) -> None:
    async for piece in pieces:
        if cycle.disconnected:
            return
        if piece:  # an empty chunk is the end
            for part in (b"%x\r\n" % len(piece), piece, b"\r\n"):  # `writelines` of Python 3.12 and 3.13 keeps them and asks nobody to wait
                cycle.transport.write(part)
            await cycle.flow.drain()


@asynccontextmanager
async def _lent(cycle: RequestResponseCycle) -> AsyncIterator[ClientSocket]:
    """Its connection; for a thread it ends when it does for us, however we end."""
    connection = ClientSocket(cycle.transport.get_extra_info("socket").fileno())

    async def until_gone() -> None:
        while (await cycle.receive())["type"] != "http.disconnect":
            pass
        connection.end()

    watching = asyncio.create_task(until_gone())
    try:
        yield connection
    except BaseException:
        connection.end()
        raise
    finally:
        watching.cancel()
        if cycle.disconnected:  # before `watching` had its turn
            connection.end()
        connection.close()
