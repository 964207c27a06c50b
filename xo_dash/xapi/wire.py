"""One keep-alive HTTP connection: with a deadline, a bound on what it reads, and no request sent twice.

What hosts answer is read by httptools, as it is what browsers send; `http.client` makes an e-mail of each head, which costs more than
all else about a short answer.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from mmap import mmap
from typing import Final, TypeAlias

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadReply, Timeout, Unreachable, XapiError
from xo_dash.xapi.tls import CONNECT_TIMEOUT, Trust, connect

LIMIT = 512 << 20
"""Bytes of the largest reply we read: a first state of 10,000 VMs with all their disks has some 200 MB."""
HEAD_LIMIT: Final = 64 << 10
"""Bytes of a head."""
PIECE = 1 << 20
SHORT: Final = 64 << 10
"""Bytes that are read at a time where nobody knows how many will come."""

Body: TypeAlias = bytes | bytearray | mmap


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str  # without its parameters
    body: Body

    @property
    def is_html(self) -> bool:
        return self.content_type == "text/html"


class Wire:
    """For one thread at a time; `abort` alone may come from another."""

    def __init__(self, address: Address, trust: Trust, limit: int = LIMIT) -> None:
        self.address = address
        self._trust = trust
        self._limit = limit
        self._connection: socket.socket | None = None
        self.aborted = False

    def request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout: float, limit: int = LIMIT) -> Reply:
        """Send and read `limit` bytes at most, in `timeout` seconds altogether. Raises Unreachable, Timeout, BadCertificate, BadReply.

        Never sends again what may have arrived: a connection that the other side closed meanwhile is seen before.
        """
        deadline = time.monotonic() + timeout
        connection = self._open(min(timeout, CONNECT_TIMEOUT))
        is_kept = False
        try:
            if self.aborted:
                raise Unreachable("broken off")
            connection.settimeout(timeout)
            connection.sendall(_request(self.address, method, path, body, headers))
            answer = _Answer(connection, deadline, min(limit, self._limit))
            reply = answer.read()
            is_kept = answer.is_kept
            return reply
        except (OSError, ValueError, HttpParserError, HttpParserUpgrade) as error:
            raise _translated(error, timeout) from error
        finally:
            if not is_kept:
                self.close()

    @property
    def is_open(self) -> bool:
        """Whether the next request may go by the connection that there is."""
        return self._connection is not None and not _is_stale(self._connection)

    def abort(self) -> None:
        """Make the thread that waits here give up, also if it is only about to connect."""
        self.aborted = True
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # an SSLSocket's own would let a sender go on in the clear

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self, timeout: float) -> socket.socket:
        if not self.is_open:
            self.close()
        if self._connection is None:
            self._connection = connect(self.address, self._trust, timeout)
        return self._connection


def _request(address: Address, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    """Raises ValueError for what would be more than one line."""
    own = {"Host": address.url.partition("://")[2], "Accept-Encoding": "identity", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in own.items())]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if not all(line.isascii() and line.isprintable() for line in lines) or " " in path:
        raise ValueError("not a request")
    return "\r\n".join((*lines, "", "")).encode("ascii") + (body or b"")


class _Answer:
    """What comes over a connection after a request, to be read once."""

    def __init__(self, connection: socket.socket, deadline: float, limit: int) -> None:
        """`limit`: bytes of the body."""
        self._connection, self._deadline, self._limit = connection, deadline, limit
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_data_after_close=True)
        self._headers: dict[bytes, bytes] = {}
        self._begun = bytearray()  # of the body, as far as it came with the head or in chunks
        self._has_head = self._is_whole = False
        self._status = 0
        self.is_kept = False
        """Whether the next request may follow."""

    def read(self) -> Reply:
        """Raises OSError, HttpParserError, XapiError."""
        try:
            self._read_head()
            return Reply(self._status, self._content_type, self._body())
        finally:
            del self._parser  # which has this: a ring would stay until the garbage collector finds it

    @property
    def _content_type(self) -> str:
        """Without its parameters."""
        return self._headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")

    def _body(self) -> Body:
        """In pieces, straight to their place: whoever waits for the interpreter's lock gets it in between."""
        length = self._length
        if length is None or self._is_whole:
            self._read_rest()
            return self._begun
        body = mmap(-1, length) if length > PIECE else bytearray(length)  # memory nobody has to fill with zeros first
        view, at = memoryview(body), len(self._begun)
        view[:at] = self._begun
        while at < length:
            _hurry(self._connection, self._deadline)
            got = self._connection.recv_into(view[at : at + PIECE])
            if not got:
                raise BadReply(f"ended after {at} of {length} bytes")
            at += got
        return body

    @property
    def _length(self) -> int | None:
        """Bytes of the body, where the head says so. Raises BadReply for more than we read."""
        if b"content-length" not in self._headers or b"transfer-encoding" in self._headers:
            return None
        length = int(self._headers[b"content-length"])
        if length > self._limit:
            raise BadReply(f"{length} bytes are more than we read")
        return length

    def _read_head(self) -> None:
        count = 0
        while not self._has_head:
            piece = self._connection.recv(SHORT)
            if not piece:
                raise BadReply("ended too early") if count else Unreachable("the connection broke")
            count += len(piece)
            self._feed(piece)
            if not self._has_head and count > HEAD_LIMIT:
                raise BadReply("too long a head")
            _hurry(self._connection, self._deadline)

    def _read_rest(self) -> None:
        """What has no length: chunks, or all until the connection ends."""
        beside = 0  # bytes since the body grew: of trailers, which the parser keeps
        while len(self._begun) <= self._limit:
            if self._is_whole:
                return
            _hurry(self._connection, self._deadline)
            piece = self._connection.recv(SHORT)
            if not piece and b"transfer-encoding" in self._headers:
                raise BadReply("ended too early")
            if not piece:
                return
            before = len(self._begun)
            self._feed(piece)
            beside = 0 if len(self._begun) > before else beside + len(piece)
            if beside > HEAD_LIMIT and not self._is_whole:
                raise BadReply("too long an end")
        raise BadReply(f"more than {self._limit} bytes, and no end")

    def _feed(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except HttpParserError:
            if not self._is_whole:
                raise
            self.is_kept = False  # it says more than it was asked

    # what the parser tells

    def on_message_begin(self) -> None:
        self.is_kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self._headers.setdefault(name.lower(), value)

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._has_head:
            return  # nobody asked for a second answer
        if status < 200:
            self._headers.clear()  # the answer is on its way
            return
        self._has_head, self._status = True, status
        self.is_kept = self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        if not self._is_whole:
            self._begun += piece

    def on_message_complete(self) -> None:
        self._is_whole = self._has_head


def _is_stale(sock: socket.socket) -> bool:
    """Whether the other side has closed, or says something nobody asked for."""
    if sock.fileno() < 0 or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
        return True
    poll = select.poll()  # select() knows no descriptor above 1023
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _hurry(sock: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)


def _translated(error: Exception, timeout: float) -> XapiError:
    match error:
        case TimeoutError():
            return Timeout(f"no answer within {timeout:g} s")
        case HttpParserError() | HttpParserUpgrade() | ValueError():
            return BadReply("not HTTP")
        case OSError(strerror=str(reason)):
            return Unreachable(f"the connection broke: {reason}")
        case _:
            return Unreachable("the connection broke")
