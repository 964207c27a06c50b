"""A browser page that has some of our JavaScript modules and nothing else: no server, no NiceGUI."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, Page, Route

ORIGIN = "http://modules.test/"


async def open_modules(browser: Browser, folder: Path, loader: str, ready: str) -> Page:
    """The page of the HTML `loader`, whose imports are files of `folder`; open once `ready`, an expression, is true."""

    async def serve(route: Route) -> None:
        name = route.request.url.removeprefix(ORIGIN)
        if not name:
            await route.fulfill(content_type="text/html", body=loader)
        else:
            await route.fulfill(content_type="text/javascript", body=(folder / name).read_text(encoding="utf-8"))

    page = await browser.new_page()
    await page.route(f"{ORIGIN}**", serve)
    await page.goto(ORIGIN)
    await page.wait_for_function(ready)
    return page
