"""A connection as xapi has it, where uvicorn has it otherwise.

Who dawdles over the first request's headers is told 408, and who has too many of them 431; later requests on the same connection may take
their time. A PUT that does not say how long it is goes on until the client closes, or its side of the connection.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .http import html

SILENCE = 10.0  # real seconds without a byte of the first headers
PATIENCE = 60.0  # real seconds that they may take in all
LONGEST = 1024  # bytes that they may have
END = b"\r\n\r\n"
ENDLESS = b"content-length", b"4611686018427387904"  # what the parser is told of a body that ends with the connection
REASONS = {408: "Request Timeout", 431: "Request Header Fields Too Large"}


class Connection(HttpToolsProtocol):
    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._head = b""
        self._in_head = True
        self._to_end = False  # the body is all that comes
        self._timers: list[asyncio.TimerHandle] = []
        self._first = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timers = [self.loop.call_later(seconds, self._refuse, 408) for seconds in (SILENCE, PATIENCE)]

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._in_head:
            super().data_received(data)
            return
        self._head += data
        end = self._head.find(END)
        if self._first and (end + len(END) if end >= 0 else len(self._head)) > LONGEST:
            self._refuse(431)
        elif end >= 0:
            self._first = self._in_head = False
            self._stop_timers()
            whole, self._head = self._head, b""
            super().data_received(self._endless(whole, end))
        elif self._first:
            self._timers[0].cancel()
            self._timers[0] = self.loop.call_later(SILENCE, self._refuse, 408)

    def _endless(self, whole: bytes, end: int) -> bytes:
        """A PUT without a length gets one."""
        head = whole[:end].lower()
        if not head.startswith(b"put ") or b"\r\ncontent-length:" in head or b"\r\ntransfer-encoding:" in head:
            return whole
        self._to_end = True
        return whole[:end] + b"\r\n" + b": ".join(ENDLESS) + whole[end:]

    def on_headers_complete(self) -> None:
        if self._to_end:
            self.headers.remove(ENDLESS)
        super().on_headers_complete()
        if self._to_end:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that has sent all may still listen, except by TLS."""
        if not self._to_end:
            return False
        super().on_message_complete()
        return self.scheme == "http"

    def _refuse(self, status: int) -> None:
        body = html(status).encode()
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", "connection: close", "cache-control: no-cache, no-store",
                 "content-type: text/html", f"content-length: {len(body)}", "", ""]  # fmt: skip
        self._stop_timers()
        self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
