"""A listener between dashboard and pool: counts XAPI's requests and notes when an answer that carries a change passed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from bench.programs import free_port

REQUEST = re.compile(rb"(?:POST|GET) (/\S*) HTTP/1\.1\r\n")


class Wire:
    """Passes bytes on unread, but for a look."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        assert parts.hostname and parts.port
        self._target = (parts.hostname, parts.port)
        self._watched: dict[bytes, float] = {}
        self.requests = 0
        self.pictures = 0
        """Asked for: still pictures of screens."""
        self.most_at_once = 0
        """Of these, unanswered at one time."""
        self._waiting: set[int] = set()

    def watch(self, text: str) -> None:
        """Note when `text` passes in an answer."""
        self._watched[text.encode()] = 0.0

    def passed(self, text: str) -> float:
        """Epoch seconds at which it did; 0 if it has not."""
        return self._watched[text.encode()]

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pool_reader, pool_writer = await asyncio.open_connection(*self._target)
        line = id(writer)
        with contextlib.suppress(ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, pool_writer, lambda data: self._ask(data, line)))
                group.create_task(self._pump(pool_reader, writer, lambda data: self._answer(data, line)))
        self._waiting.discard(line)

    def _ask(self, data: bytes, line: int) -> None:
        self.requests += len(REQUEST.findall(data))
        if b"GET /vncsnapshot" in data:
            self.pictures += 1
            self._waiting.add(line)
            self.most_at_once = max(self.most_at_once, len(self._waiting))

    def _answer(self, data: bytes, line: int) -> None:
        self._waiting.discard(line)
        for text, moment in self._watched.items():
            if not moment and text in data:
                self._watched[text] = time.time()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: object) -> None:
        assert callable(look)
        try:
            while data := await reader.read(1 << 18):
                look(data)
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def tapped(target: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to `target`, and the URL at its other end."""
    wire, port = Wire(target), free_port()
    server = await asyncio.start_server(wire.join, "127.0.0.1", port)
    try:
        yield wire, f"http://127.0.0.1:{port}"
    finally:
        server.close()
