"""Large bodies over a real connection: past the middleware, in lent pieces, whole or cut."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
from nicegui.middlewares import SetCacheControlMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.asking import client
from tests.auth.serving import served
from tests.waiting import PATIENCE
from xo_dash.auth.bodies import ClientSocket, LentPieces, body_of
from xo_dash.auth.wire import guest_of

COUNT, LENGTH = 200, 100_000
IDENTITY = {"Content-Encoding": "identity"}


def wanted() -> bytes:
    return hashlib.sha256(b"".join(bytes([number % 256]) * LENGTH for number in range(COUNT))).digest()


class House:
    """What the routes of the test did."""

    def __init__(self) -> None:
        self.given = 0
        self.gone = asyncio.Event()
        self.cut_all = lambda: None

    async def pieces(self) -> AsyncGenerator[memoryview]:
        """One buffer for all of them."""
        buffer = bytearray(LENGTH)
        try:
            for number in range(COUNT):
                buffer[:] = bytes([number % 256]) * LENGTH
                self.given = number + 1
                yield memoryview(buffer)
        finally:
            self.gone.set()

    async def out(self, _request: Request) -> Response:
        return LentPieces(self.pieces(), IDENTITY)

    async def by_thread(self, request: Request) -> Response:
        """The same, but for the last one, by a thread that has the connection."""
        lent: list[ClientSocket] = []
        loop = asyncio.get_running_loop()
        self.cut_all = guest.cut if (guest := guest_of(request.scope)) is not None else self.cut_all

        def put() -> None:
            buffer = bytearray(LENGTH)
            for number in range(COUNT - 1):
                buffer[:] = bytes([number % 256]) * LENGTH
                self.given = number + 1
                try:
                    lent[0].put(memoryview(buffer), 20)
                except OSError:
                    loop.call_soon_threadsafe(self.gone.set)
                    return

        async def pieces() -> AsyncGenerator[bytes]:
            await asyncio.to_thread(put)
            yield bytes([(COUNT - 1) % 256]) * LENGTH

        return LentPieces(pieces(), IDENTITY, lent.append)

    async def cut(self, request: Request) -> Response:
        async def some() -> AsyncGenerator[bytes]:
            yield b"some"
            guest = guest_of(request.scope)
            assert guest is not None
            guest.cut()

        return LentPieces(some(), IDENTITY)

    async def into(self, request: Request) -> Response:
        digest = hashlib.sha256()
        async for piece in body_of(request):
            digest.update(piece)
        return PlainTextResponse(digest.hexdigest())


def serving(house: House) -> AbstractAsyncContextManager[str]:
    routes = [
        Route("/out", house.out),
        Route("/by-thread", house.by_thread),
        Route("/cut", house.cut),
        Route("/in", house.into, methods=["PUT"]),
    ]
    return served(Starlette(routes=routes, middleware=[Middleware(GZipMiddleware), Middleware(SetCacheControlMiddleware)]))


@pytest.mark.parametrize("path", ["out", "by-thread"])
async def test_each_piece_arrives_as_it_was_lent(path: str) -> None:
    async with serving(House()) as url, client() as asking:
        for _again in range(2):  # on one connection
            answer = await asking.get(f"{url}/{path}")
            assert hashlib.sha256(answer.content).digest() == wanted() and answer.headers["transfer-encoding"] == "chunked"


async def test_what_is_sent_comes_in_whole() -> None:
    content = bytes(range(256)) * 40_000
    async with serving(House()) as url, client() as asking:
        answer = await asking.put(f"{url}/in", content=content)
        assert answer.text == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("path", ["out", "by-thread"])
async def test_a_receiver_is_not_overrun_and_its_going_is_noticed(path: str) -> None:
    house = House()
    async with serving(house) as url:
        async with client() as asking, asking.stream("GET", f"{url}/{path}") as answer:
            await anext(answer.aiter_raw(1))
            assert house.given < COUNT
        await asyncio.wait_for(house.gone.wait(), PATIENCE)


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="no uvloop here")
@pytest.mark.parametrize("path", ["out", "by-thread"])
def test_it_is_so_on_uvloop_too(path: str) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_each_piece_arrives_as_it_was_lent(path))
        runner.run(test_a_receiver_is_not_overrun_and_its_going_is_noticed(path))


async def test_a_connection_that_is_cut_ends_also_for_the_thread_that_writes_to_it() -> None:
    house = House()
    async with serving(house) as url, client() as asking, asking.stream("GET", f"{url}/by-thread") as answer:
        came = answer.aiter_raw()
        await anext(came)
        house.cut_all()
        await asyncio.wait_for(house.gone.wait(), PATIENCE)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            async for _piece in came:
                pass


async def test_what_is_cut_is_not_taken_for_the_whole() -> None:
    async with serving(House()) as url, client() as asking:
        with pytest.raises(httpx.RemoteProtocolError):
            await asking.get(f"{url}/cut")


def test_what_is_lent_is_given_back_while_a_thread_still_writes_to_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        lent, piece = ClientSocket(ours.fileno()), bytes(8 << 20)
        writing = threading.Thread(target=lent.put, args=(memoryview(piece), 20))
        writing.start()
        left = len(b"800000\r\n") + len(piece) + len(b"\r\n") - len(theirs.recv(1))
        lent.close()  # waits for nobody
        while left:
            left -= len(theirs.recv(1 << 20))
        writing.join()
        with pytest.raises(OSError, match="Bad file descriptor"):
            lent.put(memoryview(piece), 20)
