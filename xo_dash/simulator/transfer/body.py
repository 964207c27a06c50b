"""The body of an upload, read piece by piece: exactly so many bytes, unpacked if it is packed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from ..errors import XapiError

PIECE = 1 << 18  # bytes that are unpacked at once
LEFTOVER = 1 << 22  # bytes read and dropped at the end, so that the client gets its answer before the connection closes
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """What the client sends; a client that goes away has come to its end."""
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect:
        return


async def unpacked(packed: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """gunzip, of one or more members. IMPORT_ERROR if it is broken."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        async for piece in packed:
            rest = piece
            while rest:
                if inflate.eof:
                    inflate = zlib.decompressobj(wbits=31)
                data = inflate.decompress(rest, PIECE)
                rest = inflate.unconsumed_tail or inflate.unused_data
                if data:
                    yield data
    except zlib.error as error:
        raise XapiError("IMPORT_ERROR", f"gzip: {error}") from None


class Body:
    """Reads from pieces. EOFError where something is missing."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._held = b""
        self._ended = False

    async def _more(self) -> bool:
        if self._ended:
            return False
        try:
            piece = await anext(self._source)
        except StopAsyncIteration:
            self._ended = True
            return False
        self._held = self._held + piece if self._held else piece
        return True

    async def peek(self, count: int) -> bytes:
        """The next bytes, fewer at the end; they stay."""
        while len(self._held) < count and await self._more():
            pass
        return self._held[:count]

    async def some(self, most: int) -> bytes:
        """At least one byte, at most so many; empty at the end."""
        if not self._held:
            await self._more()
        data, self._held = self._held[:most], self._held[most:]
        return data

    async def exactly(self, count: int) -> bytes:
        parts, missing = [], count
        while missing:
            part = await self.some(missing)
            if not part:
                raise EOFError
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    async def skip(self, count: int) -> None:
        while count:
            count -= len(await self.some(min(count, PIECE))) or count

    async def drain(self, most: int = LEFTOVER) -> None:
        while most > 0 and (part := await self.some(PIECE)):
            most -= len(part)

    async def rest(self) -> AsyncIterator[bytes]:
        while part := await self.some(PIECE):
            yield part


async def opened(raw: Body) -> Body:
    """The archive in it, unpacked if need be. IMPORT_ERROR for zstd, which Python cannot read without help."""
    start = await raw.peek(4)
    if start[:2] == GZIP:
        return Body(unpacked(raw.rest()))
    if start == ZSTD:
        raise XapiError("IMPORT_ERROR", "this simulator cannot unpack zstd; use gzip or none")
    return raw
