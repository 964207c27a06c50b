"""The connections under ASGI: what xapi does with them, and ASGI and uvicorn do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from starlette.responses import Response, StreamingResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class DropError(Exception):
    """End the connection without an answer."""


class Truncated(Response):
    """An answer that ends in the middle: its headers promise all of it."""

    def __init__(self, whole: Response) -> None:
        super().__init__(b"", whole.status_code)
        self.whole = whole

    async def half(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.whole.body)
        await send({"type": "http.response.start", "status": self.whole.status_code, "headers": self.whole.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        transport(send).close()
        await disconnected(receive)


class Dripping(StreamingResponse):
    """An answer that takes its time: `rate` bytes a second, in real time."""

    def __init__(self, body: bytes, headers: Mapping[str, str], rate: float) -> None:
        super().__init__(drops(body, rate), headers=headers)


async def drops(body: bytes, rate: float) -> AsyncIterator[bytes]:
    size = max(1, int(rate / 10))
    for start in range(0, len(body), size):
        await asyncio.sleep(size / rate)
        yield body[start : start + size]


async def disconnected(receive: Receive) -> None:
    """Until uvicorn has seen the end of the connection, or it would complain of an answer that never came."""
    while (await receive())["type"] != "http.disconnect":
        pass


def transport(send: Send) -> asyncio.Transport:
    """The connection itself, which ASGI does not show but uvicorn's `send` belongs to."""
    connection: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    return connection
