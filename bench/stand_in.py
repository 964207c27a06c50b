"""A host that sends 2 GiB as fast as it can, and a program that hands them on as the dashboard does: `python -m bench.stand_in ...`.

The simulator makes its archives as it sends them, which would be all that is measured.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from xo_dash.control.transfers.delivery import Delivery
from xo_dash.xapi.address import Address
from xo_dash.xapi.streams import open_stream
from xo_dash.xapi.tls import Trust

SIZE = 2 << 30
PIECE = 1 << 20
TICK = 0.002


async def host(port: int) -> None:
    """Answers any request with SIZE bytes."""
    piece = bytes(range(256)) * (PIECE // 256)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # somebody who only looks whether it is there
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(SIZE // PIECE):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


class Holds:
    """How long the loop was held at worst."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(TICK)
            self.worst = max(self.worst, time.perf_counter() - begun - TICK)


def through(port: int, behind: int) -> None:
    """The same bytes by our stream, a delivery and ASGI; /told has the worst hold in seconds and resets it."""
    holds = Holds()
    watching: list[asyncio.Task[None]] = []

    async def handed(delivery: Delivery) -> AsyncIterator[bytes]:
        async for piece in delivery.pieces():
            yield piece

    async def move(delivery: Delivery) -> None:
        stream = await open_stream(Address.parse(f"http://127.0.0.1:{behind}"), Trust(plain=True), "GET", "/export", {}, {})
        async for piece in stream.pieces():
            await delivery.write(piece)
        await delivery.finish()
        stream.close()

    async def out(_request: Request) -> Response:
        if not watching:
            watching.append(asyncio.create_task(holds.watch()))
        delivery = Delivery(None, None, "x")  # type: ignore[arg-type]  # of no run
        watching.append(asyncio.create_task(move(delivery)))
        return StreamingResponse(handed(delivery), media_type="application/octet-stream")

    async def told(_request: Request) -> Response:
        worst, holds.worst = holds.worst, 0.0
        return JSONResponse(worst)

    app = Starlette(routes=[Route("/out", out), Route("/told", told)])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    if sys.argv[1] == "host":
        asyncio.run(host(int(sys.argv[2])))
    else:
        through(int(sys.argv[2]), int(sys.argv[3]))
