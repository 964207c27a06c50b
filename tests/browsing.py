"""One Chromium for all browser tests of a process, and one event loop for them: starting either costs more than most of them take.

A test asks for `browser`; what it opens there closes with it. Its own fixtures that use a page are `@in_the_browser`.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

PATIENCE = 30_000
"""Milliseconds that a page may take for what it should show: a bound for what hangs, and no measure."""
WITHOUT = (
    # what Playwright leaves out because it changes what pages do: only the last such list counts
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades",
    "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
    # the window around a page that nobody sees, and a renderer kept ready for the next page: half of what a new page costs
    "InitialWebUI", "PreloadTopChromeWebUI", "SpareRendererForSitePerProcess", "WebUIReloadButton",
)  # fmt: skip
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--process-per-site", f"--disable-features={','.join(WITHOUT)}")
MOST_KEPT = 4
"""Contexts that wait for their next person: each keeps a process."""

in_the_browser = pytest_asyncio.fixture(loop_scope="session")
"""For a fixture that speaks to the browser: as `@pytest.fixture`, in the browser's loop."""


class Chromium:
    """Starts with the first test that wants it, and anew after one that brought it down."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright = playwright
        self._path = path
        self._running: Visits | None = None

    async def running(self) -> Visits:
        if self._running is None or not self._running.browser.is_connected():
            self._running = Visits(await self._playwright.chromium.launch(executable_path=self._path, args=list(ARGUMENTS)))
        return self._running

    async def close(self) -> None:
        if self._running is not None:
            await self._running.browser.close()


class Visits:
    """Playwright's Browser, where a new page is a person who has been here before: scripts are at hand, which is two thirds of what a page
    costs, and nothing else is left of what another test did.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._here: list[tuple[str, Page]] = []
        self._waiting: dict[str, Page] = {}  # one empty page of each context that is kept, by what it was made with

    def __getattr__(self, name: str) -> Any:
        return getattr(self.browser, name)

    async def new_page(self, **options: Any) -> Page:
        kind = repr(sorted(options.items()))
        before = self._waiting.pop(kind, None)
        context = before.context if before else await self.browser.new_context(**options)
        page = await context.new_page()
        if before:
            await before.close()  # not sooner: with the last page goes the process, and what it knew
        self._here.append((kind, page))
        return page

    async def leave(self) -> None:
        """All pages go; of a few contexts one page stays, without cookies and stores."""
        for kind, page in self._here:
            if not page.is_closed() and kind not in self._waiting:
                await _forget(page)
                self._waiting[kind] = page
        self._here.clear()
        while len(self._waiting) > MOST_KEPT:
            self._waiting.pop(next(iter(self._waiting)))
        kept = list(self._waiting.values())
        for context in self.browser.contexts:
            pages = [page for page in context.pages if page not in kept]
            if len(pages) == len(context.pages):
                await context.close()
            else:
                for page in pages:
                    await page.close()


async def _forget(page: Page) -> None:
    parts = urlsplit(page.url)
    await page.goto("about:blank")
    await page.context.clear_cookies()
    devtools = await page.context.new_cdp_session(page)
    stores = "local_storage,indexeddb,service_workers,cache_storage"
    await devtools.send("Storage.clearDataForOrigin", {"origin": f"{parts.scheme}://{parts.netloc}", "storageTypes": stores})
    await devtools.detach()


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
    yield cast("Browser", running)
    if running.browser.is_connected():
        await running.leave()


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
