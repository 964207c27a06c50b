"""A browser without a connection to xo-dash says so at once, shows nothing as if it were the present, and is right again by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.person import MAP, Person, person
from tests.e2e.programs import Board, Pool, furnish, over_a_pool, running
from tests.running import free_port

OFFLINE = ".x-connection .x-offline"
STANDINGS = f"() => [...{MAP}.model.pools.keys()].map((id) => {MAP}.model.things.get(id).standing)"
COLOURS = """() => {
  const { width, height } = document.querySelector('.xo-map canvas');
  const { data } = document.querySelector('.xo-map canvas').getContext('2d').getImageData(0, 0, width, height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [least, most] = [Math.min(data[i], data[i + 1], data[i + 2]), Math.max(data[i], data[i + 1], data[i + 2])];
    if (most - least > 70) coloured++;
  }
  return coloured;
}"""
"""How many pixels of the map have a colour."""


async def is_live(page: Page) -> None:
    await expect(page.locator(OFFLINE)).to_be_hidden()
    await expect(page.locator(".x-status[data-state=live] .x-status-text").first).to_be_visible()


async def is_offline(page: Page) -> None:
    await expect(page.locator(OFFLINE)).to_be_visible()
    await expect(page.locator(OFFLINE)).to_contain_text("offline")
    await expect(page.locator(".x-connection .x-status-text").first).to_be_hidden()


async def opened(someone: Person) -> Page:
    await someone.signs_in()
    await someone.sees_pools(1)
    await is_live(someone.page)
    await someone.page.wait_for_function(f"({COLOURS})() > 100")
    someone.expects_trouble = True  # requests fail while there is nobody
    return someone.page


@pytest.fixture(scope="module")
def lasting(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A dashboard that these tests leave alone: what breaks is the way to it."""
    folder = tmp_path_factory.mktemp("lasting") / "data"
    with over_a_pool(folder) as (_pool, board):
        yield board


async def test_no_network_and_back_again(browser: Browser, lasting: Board) -> None:
    async with person(browser, lasting.url, color_scheme="light") as someone:
        page = await opened(someone)
        await page.evaluate("window.same = true")
        await someone.context.set_offline(True)
        await is_offline(page)
        assert await page.evaluate(STANDINGS) == [2]
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.wait_for_function(f"({COLOURS})() === 0")
        await expect(page.locator(f"{OFFLINE} time")).not_to_have_text("–")
        await page.evaluate(
            "for (const listener of socket.listeners('connect_error')) for (let i = 0; i < 3; i++) listener(new Error('timeout'))"
        )
        await page.wait_for_function("async () => (await fetch('/healthz').catch(() => null)) === null")
        assert await page.evaluate("window.same"), "it does not load anew from a server that does not answer"
        await someone.context.set_offline(False)
        await is_live(page)
        assert await page.evaluate(STANDINGS) == [0]
        assert await page.evaluate("window.same"), "it was not away for long"
        await page.wait_for_function(f"({COLOURS})() > 100")


async def test_what_was_asked_before_the_line_came_back_is_not_waited_for(browser: Browser, lasting: Board) -> None:
    async with Line(lasting.port) as line, person(browser, line.url) as someone:
        page = await opened(someone)
        line.cut()
        await page.evaluate("socket.io.engine.close()")  # it would notice by itself after a while
        await is_offline(page)
        await line.lost_some()
        line.mend()
        began = time.monotonic()
        await is_live(page)
        assert (time.monotonic() - began) * 1000 < await page.evaluate("socket.io.timeout()") / 2


class Line:
    """A way to a port of this machine. What is said on it while it is cut is lost for good, as are the connections of that time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_cut = False
        self._lost = asyncio.Semaphore(0)
        self._streams: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Line:
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for stream in self._streams:
            stream.close()

    def cut(self) -> None:
        self._is_cut = True

    def mend(self) -> None:
        self._is_cut = False

    async def lost_some(self) -> None:
        """Until somebody asked who will never be answered: for the page's socket, and whether anybody is there."""
        for _asked in range(2):
            await self._lost.acquire()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._streams.append(writer)
        if self._is_cut:
            self._lost.release()
            return
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._port)
        self._streams.append(onward)
        await asyncio.gather(self._carry(reader, onward), self._carry(onward_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dead = False
        while said := await reader.read(1 << 16):
            dead = dead or self._is_cut
            if dead:
                self._lost.release()
            else:
                writer.write(said)
        writer.close()


async def test_the_program_ends_and_starts_again(browser: Browser, data_dir: Path) -> None:
    with running(pool := Pool(free_port())):
        furnish(data_dir, pool.url)
        board = Board(data_dir)
        async with person(browser, board.url) as someone:
            with running(board):
                board.live(1)
                page = await opened(someone)
                await page.evaluate("window.same = true")
                await someone.context.add_init_script("sessionStorage.loads = +(sessionStorage.loads ?? 0) + 1")
                assert await page.evaluate("socket.io.reconnectionDelayMax()") <= 1000
            await is_offline(page)
            await page.wait_for_function(f"({STANDINGS})()[0] === 2")
            with running(Board(data_dir, port=board.port)):
                await page.wait_for_function("!window.same")
                await is_live(page)
                await someone.sees_pools(1)
                assert await page.evaluate("sessionStorage.loads") == "1"
