"""Bytes into and out of a host's HTTP handlers: as much in memory as is on its way, however large the whole is.

XAPI answers an upload with 200 before it reads the first byte, and ends its answers by closing: whether it worked only the task of the
transfer knows. So this says what came over the wire, and no more.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from xo_dash.xapi.address import Address
from xo_dash.xapi.dial import dial_for
from xo_dash.xapi.errors import BadCertificate, BadReply, Timeout, TransferRefused, Unreachable, XapiError
from xo_dash.xapi.line import TransferLine
from xo_dash.xapi.socket_line import Put, SocketLine
from xo_dash.xapi.tls import CONNECT_TIMEOUT, Trust

HEAD_LIMIT: Final = 64 << 10
HEAD_TIMEOUT: Final = 60.0
"""Seconds; a host attaches disks before it answers an export."""
WITH_BODY: Final = (200, 206)
EARLY: Final = 5.0
"""Seconds in which a host says 200, sends on to another, or refuses before it reads an upload; then it is sent anyway."""
ALIVE: Final = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 6))
"""After a minute and a half without a sign of life the line is broken. A host that reads a terabyte of zeros sends nothing for longer."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of an answer; names in lower case."""

    status: int
    headers: Mapping[str, str]


class BodyLine(Protocol):
    """A connection; see TransferLine."""

    async def head(self, limit: int) -> bytes: ...
    async def read(self, most: int = ...) -> memoryview: ...
    async def write(self, data: bytes | memoryview) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class TransferStream:
    """One request that is under way. Raises Unreachable when the line breaks, Timeout where nobody answers, TransferRefused, BadReply."""

    def __init__(self, line: BodyLine) -> None:
        self._line = line
        self._left: int | None = None  # bytes of the answer still to come; None: until it is closed
        self.head: Head | None = None

    async def answer(self, within: float = HEAD_TIMEOUT) -> Head:
        """The head of the answer. Raises Timeout."""
        if self.head is None:
            async with _translated(within):
                self.head = _parsed(await self._line.head(HEAD_LIMIT))
            length = self.head.headers.get("content-length", "")
            self._left = int(length) if length.isdecimal() and len(length) < 19 else None
        return self.head

    async def pieces(self) -> AsyncGenerator[memoryview]:
        """The body of the answer; a piece is lent until the next one is asked for."""
        await self._body()
        while self._left is None or self._left > 0:
            async with _translated(None):
                piece = await self._line.read() if self._left is None else await self._line.read(self._left)
            if not piece:
                if self._left is None:
                    return
                raise BadReply(f"ended {self._left} bytes too early")
            self._left = None if self._left is None else self._left - len(piece)
            yield piece

    async def _body(self) -> None:
        """Return where it begins."""
        head = await self.answer()
        if head.status not in WITH_BODY:
            raise TransferRefused(head.status)
        if "transfer-encoding" in head.headers:
            raise BadReply("a body in chunks")

    async def write(self, data: bytes | memoryview) -> None:
        """Part of the body of the request; returns when it is on its way."""
        async with _translated(None):
            await self._line.write(data)

    def close(self) -> None:
        """Let go; of what is not complete the host sees the end."""
        self._line.close()

    def abort(self) -> None:
        """Let go at once; what was written and not yet sent is dropped."""
        self._line.abort()


class DownloadStream(TransferStream):
    """One whose answer is read by a thread of its own."""

    def __init__(self, line: SocketLine) -> None:
        super().__init__(line)
        self._socket_line = line

    @property
    def passed(self) -> int:
        """Bytes that were passed on so far."""
        return self._socket_line.passed

    async def pass_on(self, put: Put) -> None:
        """Give the body of the answer to `put`, in that thread: piece by piece, each lent until it returns. Raises what that raises."""
        await self._body()
        async with _translated(None):
            await self._socket_line.pass_on(put, self._left)
        if self._left is not None and self.passed < self._left:
            raise BadReply(f"ended {self._left - self.passed} bytes too early")


async def open_stream(
    address: Address, trust: Trust, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> TransferStream:  # fmt: skip
    """A request whose head has been sent. Raises BadCertificate, Unreachable, Timeout."""
    stream = DownloadStream(await _read_by_thread(address, trust)) if method == "GET" else TransferStream(await _connected(address, trust))
    target = f"{path}?{urlencode(query)}" if query else path
    host = address.url.partition("://")[2]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
    try:
        await stream.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    except XapiError:
        stream.abort()
        raise
    return stream


async def _read_by_thread(address: Address, trust: Trust) -> SocketLine:
    line = await SocketLine.open(address, trust)
    line.set_keepalive(ALIVE)
    return line


async def _connected(address: Address, trust: Trust) -> TransferLine:
    try:
        async with _translated(2 * CONNECT_TIMEOUT):
            transport, line = await dial_for(address, trust, TransferLine)
    except ssl.SSLCertVerificationError as error:
        raise BadCertificate("", "", error.verify_message) from error
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ALIVE:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    return line


class _translated:  # noqa: N801  # reads as what it is: `async with _translated(30)`
    """A deadline, and the errors of sockets in our words."""

    def __init__(self, within: float | None) -> None:
        self._within = within
        self._timeout = asyncio.timeout(within)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)  # type: ignore[arg-type]
        except TimeoutError:
            raise Timeout(f"no answer within {self._within:g} s") from error
        if isinstance(error, asyncio.IncompleteReadError):
            raise Unreachable("the connection broke") from error
        if isinstance(error, asyncio.LimitOverrunError):
            raise BadReply("too long a head") from error
        if isinstance(error, (OSError, UnicodeError)) and not isinstance(error, ssl.SSLCertVerificationError):
            raise Unreachable(f"the connection broke: {getattr(error, 'strerror', None) or type(error).__name__}") from error


def _parsed(head: bytes) -> Head:
    """Raises BadReply."""
    first, *lines = head.decode("latin-1").split("\r\n")
    protocol, _space, rest = first.partition(" ")
    status = rest[:3]
    if not protocol.startswith("HTTP/1.") or not status.isdecimal() or len(head) > HEAD_LIMIT:
        raise BadReply("not HTTP")
    headers: dict[str, str] = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return Head(int(status), headers)
