"""One Chromium for all browser tests of a process, and one event loop for them: starting either costs more than most of them take.

A test asks for `browser`; what it opens there closes with it. Its own fixtures that use a page are `@in_the_browser`.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

PATIENCE = 30_000
"""Milliseconds that a page may take for what it should show: a bound for what hangs, and no measure."""
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")

in_the_browser = pytest_asyncio.fixture(loop_scope="session")
"""For a fixture that speaks to the browser: as `@pytest.fixture`, in the browser's loop."""


class Chromium:
    """Starts with the first test that wants it, and anew after one that brought it down."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright = playwright
        self._path = path
        self._running: Browser | None = None

    async def running(self) -> Browser:
        if self._running is None or not self._running.is_connected():
            self._running = await self._playwright.chromium.launch(executable_path=self._path, args=list(ARGUMENTS))
        return self._running

    async def close(self) -> None:
        if self._running is not None:
            await self._running.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; without one, the test is skipped."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("needs a browser, and no chromium is here: apt install chromium")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium(chromium: str) -> AsyncIterator[Chromium]:
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        one = Chromium(playwright, chromium)
        yield one
        await one.close()


@in_the_browser
async def browser(one_chromium: Chromium) -> AsyncIterator[Browser]:
    """All browser tests have the same; `await browser.new_page()` is a person of its own, who leaves at the test's end."""
    running = await one_chromium.running()
    yield running
    for context in running.contexts:
        await context.close()


def share_the_loop(items: Sequence[pytest.Item]) -> None:
    """A test that uses the browser runs in the browser's loop; every other one has a loop of its own."""
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames and inspect.iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
