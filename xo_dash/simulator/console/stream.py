"""Bytes in both directions: a connection taken over from the HTTP server, bare or inside a websocket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
from typing import Protocol

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUED, BINARY, CLOSE, PING, PONG = 0x0, 0x2, 0x8, 0x9, 0xA
LARGEST = 1 << 20  # bytes of a frame


class Stream(Protocol):
    """EOFError at the end of what the client says, ConnectionError when it has gone."""

    async def exactly(self, count: int) -> bytes: ...

    async def some(self) -> bytes: ...

    async def skip(self, count: int) -> None: ...

    async def write(self, data: bytes) -> None: ...


class _Taken(asyncio.StreamReaderProtocol):
    """Knows when the client is slow, and tells the HTTP server when its former connection is lost."""

    def __init__(self, reader: asyncio.StreamReader, before: asyncio.BaseProtocol) -> None:
        super().__init__(reader, loop=asyncio.get_running_loop())
        self._before = before
        self.writable = asyncio.Event()
        self.writable.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.writable.set()
        self._before.connection_lost(exc)


class Bare:
    """The connection itself."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = asyncio.StreamReader()
        self._protocol = _Taken(self._reader, transport.get_protocol())
        transport.set_protocol(self._protocol)
        self._protocol.connection_made(transport)
        transport.resume_reading()

    async def exactly(self, count: int) -> bytes:
        return await self._reader.readexactly(count)

    async def some(self) -> bytes:
        data = await self._reader.read(4096)
        if not data:
            raise EOFError
        return data

    async def skip(self, count: int) -> None:
        while count:
            count -= len(await self.exactly(min(count, 65536)))

    async def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self._transport.write(data)
        await self._protocol.writable.wait()


def accept(key: str) -> str:
    """Sec-WebSocket-Accept."""
    return base64.b64encode(hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest()).decode()


class WebSocket:
    """RFC 6455, the server's side, one message a frame; pings are answered on the way."""

    def __init__(self, bare: Bare) -> None:
        self._bare = bare
        self._held = b""

    async def _frame(self) -> bytes:
        first, second = await self._bare.exactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await self._bare.exactly(2 if length == 126 else 8), "big")
        if not second & 0x80 or length > LARGEST:  # clients must mask
            raise EOFError
        mask = await self._bare.exactly(4)
        data = await self._bare.exactly(length)
        whole = int.from_bytes(data, "big") ^ int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        data = whole.to_bytes(length, "big")
        match first & 0x0F:
            case 0x8:
                await self._send(CLOSE, data[:2])
                raise EOFError
            case 0x9:
                await self._send(PONG, data)
                return b""
            case 0xA:
                return b""
        return data

    async def _send(self, kind: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = struct.pack(">BB", 0x80 | kind, size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | kind, 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | kind, 127, size)
        await self._bare.write(head + data)

    async def exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            self._held += await self._frame()
        data, self._held = self._held[:count], self._held[count:]
        return data

    async def some(self) -> bytes:
        while not self._held:
            self._held = await self._frame()
        data, self._held = self._held, b""
        return data

    async def skip(self, count: int) -> None:
        while count:
            count -= len(await self.exactly(min(count, 65536)))

    async def write(self, data: bytes) -> None:
        await self._send(BINARY, data)

    async def close(self) -> None:
        await self._send(CLOSE, struct.pack(">H", 1000))
