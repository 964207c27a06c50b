"""A host that sends and takes 2 GiB as fast as it can, and a program that hands them on as the dashboard does.

`python -m bench.stand_in host PORT`, `python -m bench.stand_in through PORT HOST_PORT`.

The simulator makes its archives as it sends them, which would be all that is measured.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import replace

import uvicorn
from nicegui.middlewares import SetCacheControlMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from xo_dash.auth.bodies import LentPieces, body_of
from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionLimits
from xo_dash.auth.wire import http_protocol
from xo_dash.control.transfers.delivery import Delivery, Piece
from xo_dash.xapi.address import Address
from xo_dash.xapi.streams import DownloadStream, open_stream
from xo_dash.xapi.tls import Trust

SIZE = 2 << 30
PIECE = 1 << 20
TICK = 0.002
LONGEST = 10.0
"""Seconds until somebody takes what is there."""


async def host(port: int) -> None:
    """Answers a GET with SIZE bytes, and a PUT as XAPI does: before it reads the body."""
    piece = bytes(range(256)) * (PIECE // 256)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # somebody who only looks whether it is there
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        if head.startswith(b"PUT"):
            left = int(head.lower().partition(b"content-length:")[2].split()[0])
            while left > 0 and (piece_in := await reader.read(PIECE)):
                left -= len(piece_in)
            writer.close()
            return
        for _ in range(SIZE // PIECE):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


class Holds:
    """How long the loop was held at worst, by its own work: what other processes took of the processor is not ours."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        while True:
            begun, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK)
            late = time.perf_counter() - begun - TICK
            self.worst = max(self.worst, min(late, time.thread_time() - used))


def through(port: int, behind: int) -> None:
    """The same bytes by our stream, a delivery and NiceGUI's middleware, and what is sent to the host.

    /told has the worst hold in seconds and resets it.
    """
    holds, there = Holds(), Address.parse(f"http://127.0.0.1:{behind}")
    crowd = ConnectionCounter(replace(ConnectionLimits(), answer=600.0))  # nobody signs in
    watching: list[asyncio.Task[None]] = []

    async def handed(delivery: Delivery) -> AsyncGenerator[Piece]:
        async for piece in delivery.pieces():
            yield piece

    def watched() -> None:
        if not watching:
            watching.append(asyncio.create_task(holds.watch()))

    async def move(delivery: Delivery) -> None:
        await delivery.fetched(LONGEST)
        stream = await open_stream(there, Trust(plain=True), "GET", "/export", {}, {})
        assert isinstance(stream, DownloadStream) and delivery.outlet is not None
        await stream.pass_on(delivery.put)
        delivery.finish()
        stream.close()

    async def out(_request: Request) -> Response:
        watched()
        delivery = Delivery(None, None, "x")  # type: ignore[arg-type]  # of no run
        watching.append(asyncio.create_task(move(delivery)))
        return LentPieces(handed(delivery), {"Content-Encoding": "identity"}, delivery.lend)

    async def into(request: Request) -> Response:
        watched()
        stream = await open_stream(there, Trust(plain=True), "PUT", "/import", {}, {"Content-Length": request.headers["content-length"]})
        await stream.answer()
        async for piece in body_of(request):
            await stream.write(piece)
        stream.close()
        return Response()

    async def told(_request: Request) -> Response:
        worst, holds.worst = holds.worst, 0.0
        return JSONResponse(worst)

    routes = [Route("/out", out), Route("/in", into, methods=["PUT"]), Route("/told", told)]
    app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware), Middleware(SetCacheControlMiddleware)])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", http=http_protocol(crowd))  # type: ignore[arg-type]  # as ui.run has it


if __name__ == "__main__":
    if sys.argv[1] == "host":
        asyncio.run(host(int(sys.argv[2])))
    else:
        through(int(sys.argv[2]), int(sys.argv[3]))
