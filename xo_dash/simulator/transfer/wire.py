"""An answer that is written while the work is done, straight to the connection.

xapi ends the bodies of its transfers by closing, and sends its headers before it reads an upload: neither can be said in ASGI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ..http import html
from ..http_wire import Receive, Scope, Send, disconnected, transport

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error",
           501: "Method Not Implemented", 503: "Service Unavailable"}  # fmt: skip

HALF = 4096  # bytes of a body, when a fault wants half an answer


class Wire:
    """The writing side of a connection; ConnectionResetError once the client has gone."""

    def __init__(self, send: Send, most: int | None = None) -> None:
        self._left = most  # bytes until the connection breaks; None: it holds
        self.transport = transport(send)
        self._flow: Any = send.__self__.flow  # type: ignore[attr-defined]  # uvicorn's, which knows when the buffer is full
        self.started = False

    def head(self, status: int = 200, *headers: str, version: str = "1.1") -> None:
        if self.transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self.started = True
        lines = [f"HTTP/{version} {status} {REASONS[status]}", "Connection: close", "Cache-Control: no-cache, no-store", *headers, "", ""]
        self.transport.write("\r\n".join(lines).encode("latin-1", "replace"))

    async def write(self, data: bytes) -> None:
        if self.transport.is_closing():
            raise ConnectionResetError("the client has gone")
        if self._left is not None and len(data) >= self._left:
            self.transport.write(data[: self._left])
            self.transport.close()
            raise ConnectionResetError("a fault cut the connection")
        self._left = None if self._left is None else self._left - len(data)
        self.transport.write(data)
        await self._flow.drain()

    def page(self, status: int, more: str = "") -> None:
        """One of xapi's little pages; `more` is what it knows besides."""
        body = html(status, more).encode()
        self.head(status, f"content-length: {len(body)}", "content-type: text/html")
        self.transport.write(body)


class Live(Response):
    """`work` gets the wire; when it returns, the connection is closed."""

    def __init__(self, work: Callable[[Wire], Awaitable[None]]) -> None:
        super().__init__(b"")
        self._work = work
        self._most: int | None = None

    def cut(self) -> Live:
        """The same, but the connection breaks in the middle."""
        self._most = HALF
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = Wire(send, self._most)
        try:
            await self._work(wire)
            wire.transport.close()
        except (asyncio.CancelledError, ConnectionError, ClientDisconnect):  # the simulator stops, or the client has gone
            wire.transport.abort()
        finally:
            if not wire.transport.is_closing():
                wire.transport.abort()
            try:
                await disconnected(receive)
            except asyncio.CancelledError:  # the simulator stops before the client has said goodbye, which uvicorn need not mourn
                send.__self__.disconnected = True  # type: ignore[attr-defined]
