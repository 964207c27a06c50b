"""A websocket that ended is freed by counting alone."""

import asyncio
import weakref
from contextlib import suppress
from typing import Any

from xo_dash.auth.engine_socket import EngineSocket


class Connection:
    """Stands for what a server needs for a connection."""

    async def receive(self) -> dict[str, Any]:
        return {"type": "websocket.disconnect", "code": 1001}

    async def send(self, message: dict[str, Any]) -> None:
        assert message["type"] == "websocket.accept"


async def handle(socket: EngineSocket) -> None:
    """As engine.io does: somebody else waits, and the error comes from there."""
    waiting = asyncio.ensure_future(socket.wait())
    with suppress(OSError):
        await waiting


async def serve() -> "weakref.ref[Connection]":
    connection = Connection()
    await EngineSocket(handle, None)({"asgi.receive": connection.receive, "asgi.send": connection.send})
    return weakref.ref(connection)


async def test_it_is_freed(no_collector: None) -> None:
    connection = await serve()
    await asyncio.sleep(0)
    assert connection() is None
