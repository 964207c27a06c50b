"""One Chromium for all browser tests of a process, and one event loop for them: starting either costs more than most of them take.

A test asks for `browser`; what it opens there closes with it. Its own fixtures that use a page are `@in_the_browser`.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

PATIENCE = 30_000
"""Milliseconds that a page may take for what it should show: a bound for what hangs, and no measure."""
WITHOUT = (
    # what Playwright leaves out because it changes what pages do: only the last such list counts
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades",
    "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
    # the window around a page that nobody sees, and a renderer kept ready for the next page: half of what a new page costs
    "InitialWebUI", "PreloadTopChromeWebUI", "SpareRendererForSitePerProcess", "WebUIReloadButton",
)  # fmt: skip
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", f"--disable-features={','.join(WITHOUT)}")

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


def mark(items: list[pytest.Item]) -> None:
    """Browser tests are marked `browser`, and those that are coroutines run in the browser's loop; every other test has a loop of its own.

    Their files come first: they take longest, and a worker that begins one of them last lets all others wait.
    """
    files = set()
    for item in items:
        if isinstance(item, pytest.Function) and "chromium" in item.fixturenames:
            files.add(item.path)
            item.add_marker(pytest.mark.browser)
            if "browser" in item.fixturenames and inspect.iscoroutinefunction(item.function):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    items.sort(key=lambda item: item.path not in files)
