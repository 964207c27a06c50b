"""A websocket lives no longer than the session it was opened in."""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xo_dash.auth.sessions import Session

AFTER = 20.0
"""Seconds in which the two sides of a websocket have said goodbye."""


class SocketLife:
    """Serves one websocket until its session ends; then both sides are told that the other left."""

    def __init__(self, session: Session, grace: float) -> None:
        """`grace`: seconds between the end of the session and that of the socket."""
        self._session = session
        self._grace = grace

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        ended = asyncio.ensure_future(self._end())
        is_open = False
        source: Receive | None = receive

        async def receive_or_end() -> Message:
            if source is None:
                return {"type": "websocket.disconnect", "code": 1006}
            incoming: asyncio.Future[Any] = asyncio.ensure_future(source())
            try:
                await asyncio.wait({incoming, ended}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not incoming.done():
                    incoming.cancel()
            if ended.done():
                return {"type": "websocket.disconnect", "code": 1008}
            return dict(incoming.result())

        async def watched_send(message: Message) -> None:
            nonlocal is_open
            is_open = message["type"] != "websocket.close"
            await send(message)

        try:
            await app(scope, receive_or_end, watched_send)
        finally:
            if ended.done() and is_open:
                with suppress(RuntimeError, OSError):  # it went away by itself
                    await send({"type": "websocket.close", "code": 1008})
            ended.cancel()
            asyncio.get_running_loop().call_later(AFTER, _release, receive)
            source = None  # engine.io makes a class for each request, which keeps what reads, and a class is a ring

    async def _end(self) -> None:
        await self._session.ended.wait()
        await asyncio.sleep(self._grace)


def _release(receive: Receive) -> None:
    """Free what the connection compressed with, a third of a megabyte: wsproto's parser is a generator that holds whoever has it,
    which only the garbage collector would find.
    """
    connection = getattr(getattr(getattr(receive, "__self__", None), "conn", None), "_connection", None)
    parser = getattr(getattr(connection, "_proto", None), "_parse_more", None)
    if parser is not None:
        parser.close()
