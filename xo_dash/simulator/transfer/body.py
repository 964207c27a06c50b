"""The body of an upload, read piece by piece: exactly so many bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

PIECE = 1 << 18  # bytes
LEFTOVER = 1 << 22  # bytes read and dropped at the end, so that the client gets its answer before the connection closes


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """What the client sends; a client that goes away has come to its end."""
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect:
        return


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
