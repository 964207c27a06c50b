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

MAP, TREE, LIST = "map", "tree", "grid"
"""Elements that tell the server what they want."""
ROWS = {TREE: "/frame/tree", LIST: "/vms/rows"}
"""Where they get their rows from."""
IN_SIGHT = 40
"""Rows that a browser has on its screen, of a tree or a list."""
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
            sight = {name: await _in_sight(client, path) for name, path in ROWS.items() if _element(text, name)}
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
        await self._emit(text, found[1], MAP, "ready")
        if TREE in sight:
            await self._emit(text, found[1], TREE, "watch", sight[TREE])
        if LIST in sight:
            await self._emit(text, found[1], LIST, "watch", sight[LIST], sight[LIST])

    async def _emit(self, text: str, client: str, element: str, event: str, *args: object) -> None:
        """As the element's script does, where the page has one."""
        if place := _element(text, element):
            listener = re.compile(rf'"listener_id":"([0-9a-f-]{{36}})","type":"{event}"').search(text, place.start())
            assert self._socket is not None and listener, f"the {element} has another protocol"
            told = {"id": int(place[1]), "client_id": client, "listener_id": listener[1], "args": list(map(json.dumps, args))}
            await self._socket.send("42" + json.dumps(["event", told]))

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


def _element(text: str, name: str) -> re.Match[str] | None:
    return re.search(rf'"(\d+)":\{{"tag":"nicegui-{name}"', text)


async def _in_sight(client: httpx.AsyncClient, path: str) -> list[object]:
    """The ids of the first rows."""
    answer = (await client.get(path)).raise_for_status()
    return [row[0] for row in answer.json()["rows"][:IN_SIGHT]]


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
