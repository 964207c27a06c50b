"""One keep-alive HTTP connection: with a deadline, a bound on what it reads, and no request sent twice."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from mmap import mmap
from typing import TypeAlias

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadReply, Timeout, Unreachable, XapiError
from xo_dash.xapi.tls import CONNECT_TIMEOUT, Trust, connect

LIMIT = 512 << 20
"""Bytes of the largest reply we read: a first state of 10,000 VMs with all their disks has some 200 MB."""
PIECE = 1 << 20

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
        self._connection: HTTPConnection | None = None
        self._sock: socket.socket | None = None
        self.aborted = False

    def request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout: float, limit: int = LIMIT) -> Reply:
        """Send and read `limit` bytes at most, in `timeout` seconds altogether. Raises Unreachable, Timeout, BadCertificate, BadReply.

        Never sends again what may have arrived: a connection that the other side closed meanwhile is seen before.
        """
        deadline = time.monotonic() + timeout
        connection = self._open(min(timeout, CONNECT_TIMEOUT))
        sock = self._sock = connection.sock  # http.client lets go of it at "Connection: close", before the body is read
        whole = False
        try:
            if self.aborted:
                raise Unreachable("broken off")
            sock.settimeout(timeout)
            connection.request(method, path, body, dict(headers))
            with connection.getresponse() as response:
                content = _read(response, sock, deadline, min(limit, self._limit))
            whole = not response.will_close
        except (OSError, HTTPException, ValueError) as error:
            raise _translated(error, timeout) from error
        finally:
            if not whole:
                self.close()
        return Reply(response.status, response.headers.get_content_type(), content)

    @property
    def is_open(self) -> bool:
        """Whether the next request may go by the connection that there is."""
        return self._connection is not None and self._connection.sock is not None and not _is_stale(self._connection.sock)

    def abort(self) -> None:
        """Make the thread that waits here give up, also if it is only about to connect."""
        self.aborted = True
        sock = self._sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        connection, self._connection, self._sock = self._connection, None, None
        if connection is not None:
            connection.close()

    def _open(self, timeout: float) -> HTTPConnection:
        if not self.is_open:
            self.close()
        if self._connection is None:
            self._connection = connect(self.address, self._trust, timeout)
        return self._connection


def _read(response: HTTPResponse, sock: socket.socket, deadline: float, limit: int) -> Body:
    """The body. In pieces, straight to their place: whoever waits for the interpreter's lock gets it in between."""
    length = response.length
    if length is None:
        return _read_unsized(response, sock, deadline, limit)
    if length > limit:
        raise BadReply(f"{length} bytes are more than we read")
    body = mmap(-1, length) if length > PIECE else bytearray(length)  # memory nobody has to fill with zeros first
    view, at = memoryview(body), 0
    while at < length:
        _hurry(sock, deadline)
        got = response.readinto(view[at : at + PIECE])
        if not got:
            raise BadReply(f"ended after {at} of {length} bytes")
        at += got
    return body


def _read_unsized(response: HTTPResponse, sock: socket.socket, deadline: float, limit: int) -> bytearray:
    body = bytearray()  # not a list of what arrived: it may arrive byte by byte
    while piece := response.read1(PIECE):
        _hurry(sock, deadline)
        body += piece
        if len(body) > limit:
            raise BadReply(f"more than {limit} bytes, and no end")
    return body


def _is_stale(sock: socket.socket) -> bool:
    """Whether the other side has closed, or says something nobody asked for."""
    if sock.fileno() < 0:
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
        case RemoteDisconnected():
            return Unreachable("the connection broke")
        case IncompleteRead():
            return BadReply("ended too early")
        case HTTPException():
            return BadReply(f"not HTTP: {type(error).__name__}")
        case OSError(strerror=str(reason)):
            return Unreachable(f"the connection broke: {reason}")
        case _:
            return Unreachable("the connection broke")
