"""One connection for large bodies: read into one buffer of its own, written without a copy, no more in memory than is on its way."""

from __future__ import annotations

import asyncio
from typing import Final, cast

PIECE: Final = 512 << 10
"""Bytes that are read at a time: fewer cost more turns of the loop for the same, more of several transfers hold it for too long."""
END_OF_HEAD: Final = b"\r\n\r\n"


class TransferLine(asyncio.BufferedProtocol):
    """What is read and written is lent: the buffer is filled again at the next read, and a write returns when its bytes are sent.

    Raises OSError when the connection breaks.
    """

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(PIECE))
        self._start = self._end = 0  # what has come and was not taken
        self._ended = False
        self._error: Exception | None = None
        self._came = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    # what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)
        self._transport.pause_reading()

    def get_buffer(self, _hint: int) -> memoryview:
        return self._buffer[self._end :]

    def buffer_updated(self, count: int) -> None:
        self._end += count
        self._transport.pause_reading()
        self._came.set()

    def eof_received(self) -> bool:
        self._ended = True
        self._came.set()
        return self._transport.get_extra_info("ssl_object") is None  # what is to be sent can still be, but for TLS

    def connection_lost(self, error: Exception | None) -> None:
        self._error = error
        self._ended = True
        self._came.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # whoever speaks over it

    async def head(self, limit: int) -> bytes:
        """All up to the first empty line. Raises IncompleteReadError, LimitOverrunError."""
        while (at := bytes(self._buffer[self._start : self._end]).find(END_OF_HEAD)) < 0:
            if self._end - self._start > limit:
                raise asyncio.LimitOverrunError("too long a head", limit)
            if not await self._more():
                raise asyncio.IncompleteReadError(b"", None)
        found = bytes(self._buffer[self._start : self._start + at + len(END_OF_HEAD)])
        self._start += len(found)
        return found

    async def read(self, most: int = PIECE) -> memoryview:
        """What has come; empty at the end."""
        if self._start == self._end and not await self._more():
            return self._buffer[:0]
        piece = self._buffer[self._start : min(self._end, self._start + most)]
        self._start += len(piece)
        return piece

    async def write(self, data: bytes | memoryview) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)
            await self._writable.wait()
        if self._transport.is_closing():
            raise self._error or ConnectionResetError("the connection was closed")

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    async def _more(self) -> bool:
        """Whether something came."""
        if self._start == self._end:
            self._start = self._end = 0
        if not self._ended:
            self._came.clear()
            self._transport.resume_reading()
            before = self._end
            await self._came.wait()
            if self._end > before:
                return True
        if self._error is not None:
            raise self._error
        return False
