"""A pool whose first picture is on its way: pages show outlines, nobody is told that there is nothing, and what comes replaces them."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.frame.loading_house import GUEST, HOST
from tests.running import running

OUTLINE = "(place) => { const found = document.querySelector(place); return found ? getComputedStyle(found, '::after').content : '-'; }"


async def outlined(page: Page, place: str) -> bool:
    return str(await page.evaluate(OUTLINE, place)) == '""'


async def test_outlines_until_it_is_there(browser: Browser, tmp_path: Path) -> None:
    places = {"/": ".xo-map", "/vms": ".x-vms-box", "/hosts": ".x-list-full .x-list-box"}
    with running("tests.frame.loading_house", tmp_path, ready="/vms") as url:
        context = await browser.new_context(color_scheme="light")
        pages = {path: await context.new_page() for path in (*places, f"/vm/{GUEST}", f"/host/{HOST}")}
        for path, page in pages.items():
            await page.goto(url + path)
            await page.wait_for_function("window.socket?.connected")
            await expect(page.locator(".x-connection")).to_contain_text("loading")
            await page.wait_for_function("document.querySelector('.x-tree [aria-level=\"1\"]')", polling=50)
            assert await outlined(page, ".x-tree-box"), path
            await expect(page.locator(".x-empty-title").filter(visible=True)).to_have_count(0)
            if path in places:
                await page.wait_for_selector(places[path])
                assert await outlined(page, places[path]), path
            else:
                await expect(page.locator(".x-loading-page .x-skeleton").first).to_be_visible()
        await context.request.get(f"{url}/do/live")
        for path, page in pages.items():
            await expect(page.locator(".x-loading")).to_have_count(0)
            if path in places:
                assert not await outlined(page, places[path]), path
            else:
                await expect(page.get_by_role("heading", level=1)).to_have_text("web-1" if "/vm/" in path else "xcp-1")
        await context.close()
