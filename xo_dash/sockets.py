"""Sockets that wait for nothing, in threads that may wait: their calls let go of the interpreter's lock."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

READABLE, WRITABLE = select.POLLIN, select.POLLOUT


def wait_for(connection: socket.socket, event: int, within: float | None = None) -> None:
    """Until it can be read or written, or is broken. Raises TimeoutError after so many seconds."""
    poll = select.poll()
    poll.register(connection, event)
    if not poll.poll(None if within is None else within * 1000):
        raise TimeoutError


def send_all(connection: socket.socket, parts: Sequence[bytes | memoryview], within: float | None = None) -> None:
    """One after the other. Raises OSError; TimeoutError where for so many seconds nothing could be sent."""
    left = [memoryview(part) for part in parts if part]
    while left:
        try:
            sent = connection.send(left[0]) if isinstance(connection, ssl.SSLSocket) else connection.sendmsg(left)
        except (BlockingIOError, ssl.SSLWantWriteError):
            wait_for(connection, WRITABLE, within)
            continue
        except ssl.SSLWantReadError:
            wait_for(connection, READABLE, within)
            continue
        while left and sent >= len(left[0]):
            sent -= len(left.pop(0))
        if left:
            left[0] = left[0][sent:]


def shut(connection: socket.socket) -> None:
    """Whoever waits for it goes on. What it is and has stays, for a thread that still uses it; it is to be closed yet."""
    with suppress(OSError):  # the other end was faster
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # that of TLS would forget its keys first
