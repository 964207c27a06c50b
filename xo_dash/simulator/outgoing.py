"""Requests that the simulator itself makes: HTTP/1.0 over a connection each, so that nothing comes in chunks."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
PIECE = 1 << 18  # bytes read at once
SILENCE = 30.0  # real seconds without a byte, after which nobody is there
LONGEST_HEAD = 1 << 16


class Exchange:
    """One request and its answer. OSError (TimeoutError is one) once the other side is silent or gone, EOFError where it ends too early."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(SILENCE):
            await self._writer.drain()

    async def ask(self, method: str, target: str, headers: Mapping[str, str]) -> None:
        lines = [f"{method} {target} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        await self.send("\r\n".join(lines).encode())

    async def head(self) -> tuple[str, dict[str, str]]:
        """("200 OK", headers in lower case)"""
        try:
            async with asyncio.timeout(SILENCE):
                text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise EOFError from None
        first, *lines = text.rstrip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return first.partition(" ")[2], {name.strip().lower(): value.strip() for name, _, value in pairs}

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, to the end of the connection."""
        while data := await self._piece():
            yield data

    async def _piece(self) -> bytes:
        async with asyncio.timeout(SILENCE):
            return await self._reader.read(PIECE)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Exchange]:
    """ValueError for what is neither http nor https."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        raise ValueError(f"no {parts.scheme!r} but http and https")
    async with asyncio.timeout(SILENCE):
        port = parts.port or PORTS[parts.scheme]
        reader, writer = await asyncio.open_connection(
            parts.hostname, port, ssl=unchecked() if parts.scheme == "https" else None, limit=LONGEST_HEAD
        )
    try:
        yield Exchange(reader, writer)
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            await writer.wait_closed()


def unchecked() -> ssl.SSLContext:
    """Certificates of hosts are self-signed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
