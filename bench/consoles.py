"""Consoles: how long a key takes to be seen, and what an idle one costs. By a client of our own, so no browser is measured."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import struct
import time
from collections.abc import AsyncIterator

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.figures import Figure, percentile
from bench.pages import Xapi
from bench.programs import Dashboard, dashboard, simulated
from bench.wire import tapped

KEYS = 60
IDLE = 10.0
"""Seconds."""
ECHO, SHARE = 100.0, 0.02
"""Milliseconds from a key to its picture at the 95th percentile; share of a core for an open console nobody types into."""
PICTURES = 16
HEAD = 24
RETURN = 0xFF0D


class _Console:
    """RFB by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._held = bytearray()
        self.size: tuple[int, int] = (0, 0)

    async def open(self) -> None:
        number = 0
        while not number:
            message = await self._socket.recv()
            if isinstance(message, str) and (told := json.loads(message)).get("is") == "open":
                number = told["number"]
        await self._socket.send(json.dumps({"ready": number}))
        await self._socket.send(await self._exactly(12))
        await self._exactly(2)
        await self._socket.send(b"\x01")
        await self._exactly(4)
        await self._socket.send(b"\x01")
        head = await self._exactly(HEAD)
        self.size = (int.from_bytes(head[:2], "big"), int.from_bytes(head[2:4], "big"))
        await self._exactly(int.from_bytes(head[20:], "big"))

    async def _exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            message = await self._socket.recv()
            if isinstance(message, bytes):
                self._held += message
        data = bytes(self._held[:count])
        del self._held[:count]
        return data

    async def ask(self, *, incremental: bool) -> None:
        await self._socket.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, *self.size))

    async def picture(self) -> None:
        (count,) = struct.unpack(">xxH", await self._exactly(4))
        for _ in range(count):
            _x, _y, width, height, _encoding = struct.unpack(">HHHHi", await self._exactly(12))
            await self._exactly(width * height * 4)

    async def key(self, keysym: int) -> None:
        await self._socket.send(struct.pack(">BBxxI", 4, 1, keysym) + struct.pack(">BBxxI", 4, 0, keysym))


@contextlib.asynccontextmanager
async def _console(board: Dashboard, vm: str) -> AsyncIterator[_Console]:
    cookie = "; ".join(f"{name}={value}" for name, value in board.cookies.items())
    url = f"{board.url.replace('http', 'ws', 1)}/ws/console/{vm}"
    async with connect(url, origin=board.url, additional_headers={"Cookie": cookie}, max_size=None) as socket:  # type: ignore[arg-type]
        console = _Console(socket)
        await console.open()
        await console.ask(incremental=False)
        await console.picture()
        yield console


async def figures() -> list[Figure]:
    async with simulated(1, 5) as pool, dashboard(pool.url) as board:
        await board.live()
        _ref, vm = Xapi(pool).vms[0]
        async with _console(board, vm) as console:
            echoes = []
            for _ in range(KEYS):
                await console.ask(incremental=True)
                began = time.perf_counter()
                await console.key(ord("a"))
                await console.picture()
                echoes.append((time.perf_counter() - began) * 1000)
            await console.key(RETURN)
            before = board.cpu()
            await asyncio.sleep(IDLE)
            share = (board.cpu() - before) / IDLE
        before = board.cpu()
        await asyncio.sleep(IDLE)
        without = (board.cpu() - before) / IDLE
    return [
        Figure("console: key to picture, p50", statistics.median(echoes), "ms", None, f"{KEYS} keys"),
        Figure("... p95", percentile(echoes, 0.95), "ms", ECHO),
        Figure("console open, nobody types: share of a core", share * 100, "%", SHARE * 100, f"{without * 100:.2g} % without it"),
    ]


async def thumbnails() -> list[Figure]:
    """Still pictures of the screens of one host's VMs, all wanted at once, as the wall of consoles wants them, and once more."""
    async with simulated(1, 40) as pool, tapped(pool.url) as (wire, url), dashboard(url) as board:
        await board.live()
        paths = [f"{board.url}/console-picture/{uuid}" for _ref, uuid in Xapi(pool).vms[:PICTURES]]
        async with httpx.AsyncClient(cookies=board.cookies, timeout=60) as client:
            before = board.cpu()
            for _turn in range(2):
                for answer in await asyncio.gather(*map(client.get, paths)):
                    answer.raise_for_status()
            spent = (board.cpu() - before) * 1000 / len(paths)
    beside = f"{wire.pictures} requests for {len(paths)} pictures, each wanted twice; {spent:.1f} ms of processor time a picture"
    return [Figure(f"{len(paths)} thumbnails: requests at a time at their host", wire.most_at_once, "", 1, beside)]
