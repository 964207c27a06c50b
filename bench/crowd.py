"""Many browsers without a screen: each fetches a page as a browser does, opens its socket and reads what comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.programs import Dashboard

MAP = re.compile(r'"(\d+)":\{"tag":"nicegui-map"')
READY = re.compile(r'"listener_id":"([0-9a-f-]{36})","type":"ready"')
ROWS = {"": ("/frame/tree",), "/vms": ("/frame/tree", "/vms/rows")}
"""{page, or "" for any other: what it fetches}"""
CLIENT = re.compile(r"'client_id': '([0-9a-f-]{36})'")


class Browser:
    """One page of one browser; `received(text, epoch seconds)` gets every message."""

    def __init__(self, board: Dashboard, path: str, received: Callable[[str, float], None]) -> None:
        self._board = board
        self._path = path
        self._received = received
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._next = 0

    async def open(self) -> None:
        async with httpx.AsyncClient(base_url=self._board.url, cookies=self._board.cookies, timeout=30) as client:
            text = (await client.get(self._path)).text
            for rows in ROWS.get(self._path, ROWS[""]):  # as its scripts would
                (await client.get(rows)).raise_for_status()
        found = CLIENT.search(text)
        assert found, f"no client in {self._path}"
        query = {
            "client_id": found[1], "tab_id": secrets.token_hex(8), "document_id": secrets.token_hex(8), "next_message_id": "0",
            "implicit_handshake": "true", "EIO": "4", "transport": "websocket",
        }  # fmt: skip
        cookies = "; ".join(f"{name}={value}" for name, value in self._board.cookies.items())
        address = self._board.url.replace("http", "ws", 1) + "/_nicegui_ws/socket.io/?" + urlencode(query)
        self._socket = await connect(
            address, origin=self._board.url, additional_headers={"cookie": cookies}, max_size=None, open_timeout=30  # type: ignore[arg-type]
        )  # fmt: skip
        await self._socket.recv()
        await self._socket.send("40")
        self._reading = asyncio.create_task(self._read())
        if canvas := MAP.search(text):
            listener = READY.search(text, canvas.start())
            assert listener, "the map has another protocol"
            ready = {"id": int(canvas[1]), "client_id": found[1], "listener_id": listener[1], "args": []}
            await self._socket.send("42" + json.dumps(["event", ready]))

    async def _read(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(Exception):
            async for message in self._socket:
                text = message if isinstance(message, str) else message.decode("utf-8", "replace")
                if text == "2":
                    await self._socket.send("3")
                else:
                    self._received(text, time.time())

    async def close(self) -> None:
        if self._reading:
            self._reading.cancel()
        if self._socket:
            await self._socket.close()


@contextlib.asynccontextmanager
async def crowd(board: Dashboard, paths: Sequence[str], received: Callable[[int, str, float], None]) -> AsyncIterator[None]:
    """A browser for each of `paths`; they come ten at a time."""
    browsers = [Browser(board, path, lambda text, moment, index=index: received(index, text, moment)) for index, path in enumerate(paths)]  # type: ignore[misc]
    try:
        for start in range(0, len(paths), 10):
            await asyncio.gather(*(browser.open() for browser in browsers[start : start + 10]))
        yield
    finally:
        await asyncio.gather(*(browser.close() for browser in browsers))
