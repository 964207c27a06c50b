"""What the server does between requests. uvicorn looks ten times a second whether it is to end; here it is told so, and looks once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import uvicorn

TICK: Final = 1.0
"""Seconds; uvicorn's `on_tick` writes the date for the heads of answers."""


class ServerLoop:
    """In place of the `main_loop` of a server that has not come to it yet. To be made on its event loop."""

    def __init__(self, server: uvicorn.Server, tick: float = TICK) -> None:
        self._server, self._tick = server, tick
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        server.main_loop = self._run  # type: ignore[method-assign]  # of uvicorn's methods one that a subclass may have otherwise

    def end(self) -> None:
        """The server's `should_exit` is set: see it now. From a signal's handler, or any thread."""
        self._loop.call_soon_threadsafe(self._told.set)

    async def _run(self) -> None:
        while not await self._server.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick):
                    await self._told.wait()
