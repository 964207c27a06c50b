"""Large bodies straight between a route and its connection: each hop through the middleware would cost more than the bytes.

The head of an answer goes the usual way. Where a request has no connection of ours, as in tests without a network, so does its body.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

CONNECTION_KEY = "xo_dash.connection"
Piece = bytes | memoryview


class UvicornProtocol(Protocol):
    """uvicorn's protocol; `cycle` is the request that was read last."""

    cycle: RequestResponseCycle | None


def _cycle(scope: Scope) -> RequestResponseCycle | None:
    """That of this request; None where its connection is not known, or reads the next one already."""
    state = scope.get("state")
    connection: UvicornProtocol | None = state.get(CONNECTION_KEY) if state else None
    cycle = connection.cycle if connection is not None else None
    return cycle if cycle is not None and cycle.scope.get("state") is state else None


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
    """An answer in pieces, each of which may be other bytes once the next one is asked for."""

    def __init__(self, pieces: AsyncGenerator[Piece], headers: Mapping[str, str]) -> None:
        super().__init__(pieces, media_type="application/octet-stream", headers=headers)
        self._lent = pieces
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
                await _write(pieces, cycle)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _write(pieces: AsyncIterator[Piece], cycle: RequestResponseCycle) -> None:
    """In HTTP's chunks, each sent before the next one is asked for."""
    cycle.transport.set_write_buffer_limits(high=0)
    try:
        async for piece in pieces:
            if cycle.disconnected:
                return
            if piece:  # an empty chunk is the end
                cycle.transport.writelines((b"%x\r\n" % len(piece), piece, b"\r\n"))
                await cycle.flow.drain()
    finally:
        cycle.transport.set_write_buffer_limits()
