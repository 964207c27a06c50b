"""A person before a browser, who notices whatever is not as it should be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.programs import NAME, PASSWORD

WATCH = """
document.addEventListener("securitypolicyviolation", (e) => console.error("violates", e.violatedDirective, e.blockedURI));
"""
"""Said at once, where everything that goes wrong is heard: a page that is asked later may be another one by then."""
MAP = "document.querySelector('.xo-map').map"
DRAWN = "document.querySelector('.xo-map')?.map?.plan?.pools.length"
RUNNING = f"""() => [...({DRAWN} ? {MAP}.model.things.values() : [])]
  .filter((thing) => thing.kind === 'vm' && thing.state === 1).map((vm) => vm.name).sort()"""
"""Names of the VMs that run, as the map has them; none while its page is loaded anew."""


class Person:
    """One browser with its own cookies; `complaints` is what went wrong in any of its pages."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.complaints: list[str] = []
        self.expects_trouble = False  # from now on nothing is a fault: the program was ended
        context.on("page", self._watch)
        self.page: Page

    def _watch(self, page: Page) -> None:
        home = urlsplit(self.url).netloc
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self.complaints.append(f"{page.url}: {said.text}") if said.type in ("error", "warning") else None)
        page.on("request", lambda asked: self._asked(asked.url, home))
        page.on("response", lambda answer: self.complaints.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)

    def _asked(self, url: str, home: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != home:
            self.complaints.append(f"asked another place: {url}")

    async def goes(self, path: str) -> None:
        """Opens a page and waits until it is connected."""
        await self.page.goto(self.url + path)
        await self.page.wait_for_function("window.socket?.connected")

    async def signs_in(self, name: str = NAME, password: str = PASSWORD) -> None:
        await self.page.goto(self.url)
        await self.page.fill("[name=name]", name)
        await self.page.fill("[name=password]", password)
        await self.page.click("form button")
        await self.page.wait_for_function("window.socket?.connected")

    async def leaves(self) -> None:
        await self.context.close()
        assert self.complaints == [] or self.expects_trouble

    async def sees_pools(self, count: int) -> None:
        await self.page.wait_for_function(f"{DRAWN} === {count}")

    async def fits(self) -> None:
        """Nothing is wider than the window."""
        widths = await self.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], (self.page.url, widths)

    def verb(self, name: str) -> Any:
        return self.page.locator("main").get_by_role("button", name=name, exact=True)

    async def sees(self, text: str) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible(timeout=10_000)


@asynccontextmanager
async def person(browser: Browser, url: str, **browser_options: Any) -> AsyncIterator[Person]:
    """A new browser; whatever went wrong in it fails the test at its end."""
    context = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **browser_options})
    await context.add_init_script(WATCH)
    someone = Person(context, url)
    someone.page = await context.new_page()
    yield someone
    await someone.leaves()
