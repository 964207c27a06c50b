"""A browser without a connection to xo-dash says so at once, shows nothing as if it were the present, and is right again by itself."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.person import MAP, Person, person
from tests.e2e.programs import Board, Pool, free_port, furnish, running

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_network_and_back_again(browser: Browser, data_dir: Path, scheme: str) -> None:
    with running(pool := Pool(free_port())):
        furnish(data_dir, pool.url)
        with running(board := Board(data_dir)):
            board.live(1)
            async with person(browser, board.url, color_scheme=scheme) as someone:
                page = await opened(someone)
                await page.evaluate("window.same = true")
                await someone.context.set_offline(True)
                await is_offline(page)
                assert await page.evaluate(STANDINGS) == [2]
                await page.wait_for_function(f"({COLOURS})() === 0")
                await expect(page.locator(f"{OFFLINE} time")).not_to_have_text("–")
                await someone.context.set_offline(False)
                await is_live(page)
                assert await page.evaluate(STANDINGS) == [0]
                assert await page.evaluate("window.same"), "it was not away for long"
                await page.wait_for_function(f"({COLOURS})() > 100")


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


async def test_a_page_whose_server_does_not_answer_stays(browser: Browser, data_dir: Path) -> None:
    with running(pool := Pool(free_port())):
        furnish(data_dir, pool.url)
        with running(board := Board(data_dir)):
            board.live(1)
            async with person(browser, board.url) as someone:
                page = await opened(someone)
                await page.evaluate("window.same = true")
                await someone.context.set_offline(True)
                await is_offline(page)
                await page.evaluate(
                    "for (const listener of socket.listeners('connect_error')) for (let i = 0; i < 3; i++) listener(new Error('timeout'))"
                )
                await page.wait_for_function("async () => (await fetch('/healthz').catch(() => null)) === null")
                assert await page.evaluate("window.same")
                await someone.context.set_offline(False)
                await is_live(page)
