"""Keeps what never changes: scripts and style sheets compressed, fonts as they are; a browser's first visit fetches more than a megabyte.

Without it scripts and style sheets are compressed anew for each such visit, on the event loop: 65 ms of it.
"""

from __future__ import annotations

import asyncio
import gzip
from posixpath import normpath
from typing import Final

from nicegui.version import __version__ as nicegui_version
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIBRARY: Final = f"/_nicegui/{nicegui_version}/"
"""NiceGUI's own files and our elements, which it marks as immutable on their way out; the address has the version or a digest."""
CHANGING: Final = f"{LIBRARY}dynamic_resources/"
SQUEEZED_FROM: Final = 500
"""Bytes below which nothing is gained."""
PACKED: Final = ("text/", "application/javascript", "application/json")
"""What media types begin with that become smaller."""
ROOM: Final = 4 << 20
"""Bytes that are kept at most: twice what all pages use."""
CONDITIONS: Final = ("if-none-match", "if-modified-since", "range")

Squeezed = tuple[Message, bytes]
"""The start of an answer, and its body."""


class Precompressed:
    """ASGI: answers GET of what is immutable from memory, once it was asked for; everything else goes through."""

    def __init__(self, app: ASGIApp, room: int = ROOM) -> None:
        self._app = app
        self._room = room
        self._kept: dict[str, Squeezed] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_for_us(scope):
            await self._app(scope, receive, send)
        elif kept := self._kept.get(scope["path"]):
            await _send(kept, send)
        else:
            answer = _Answer(scope["path"], send)
            await self._app(scope, receive, answer.take)
            if answer.start is not None:
                squeezed = await _squeezed(answer.start, b"".join(answer.body))
                if answer.is_whole:
                    self._keep(scope["path"], squeezed)
                await _send(squeezed, send)

    def _keep(self, path: str, squeezed: Squeezed) -> None:
        size = len(squeezed[1])
        if size <= self._room and path not in self._kept:
            self._room -= size
            self._kept[path] = squeezed


class _Answer:
    """Holds back an answer that is worth keeping; any other goes on to `send` as it comes, and leaves no `start`."""

    def __init__(self, path: str, send: Send) -> None:
        self._path = path
        self._send = send
        self.start: Message | None = None
        self.body: list[bytes] = []
        self.is_whole = False

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _stays(self._path, message):
            self.start = message
        elif self.start is not None:
            self.body.append(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        else:
            await self._send(message)


def _is_for_us(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"] or scope["path"] != normpath(scope["path"]):
        return False  # a file has one address, or strangers could have it kept under as many as they like
    headers = Headers(scope=scope)
    return "gzip" in headers.get("accept-encoding", "") and not any(name in headers for name in CONDITIONS)


def _stays(path: str, start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    immutable = (path.startswith(LIBRARY) and not path.startswith(CHANGING)) or "immutable" in headers.get("cache-control", "")
    return start["status"] == 200 and immutable and "content-encoding" not in headers


async def _squeezed(start: Message, body: bytes) -> Squeezed:
    headers = MutableHeaders(raw=list(start["headers"]))
    if len(body) >= SQUEEZED_FROM and headers.get("content-type", "").startswith(PACKED):
        body = await asyncio.to_thread(gzip.compress, body)
        headers["content-encoding"] = "gzip"
        headers.add_vary_header("accept-encoding")
    headers["content-length"] = str(len(body))
    return {**start, "headers": headers.raw}, body


async def _send(squeezed: Squeezed, send: Send) -> None:
    start, body = squeezed
    await send({**start, "headers": list(start["headers"])})  # others add theirs on the way out
    await send({"type": "http.response.body", "body": body})
