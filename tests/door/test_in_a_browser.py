"""What a person sees of the door, in Chromium."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.door.conftest import Build
from tests.door.house import House

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def sign_in(page: Page, house: House, path: str = "/") -> None:
    await page.goto(house.url + path)
    await page.fill("[name=name]", "ann")
    await page.fill("[name=password]", "ann's password")
    await page.click("button")


async def test_signing_out_in_one_tab_leads_all_to_the_sign_in(build: Build, chromium: Browser) -> None:
    house = build("people")
    context = await chromium.new_context()
    wrong: list[str] = []
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith((house.url, "data:")) else None)
        page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
    await sign_in(first, house, "/deep/x?n=1")
    await expect(first.get_by_text("x of ann")).to_be_visible()
    assert first.url == f"{house.url}/deep/x?n=1"
    await second.goto(house.url)
    await expect(second.get_by_text("home of ann")).to_be_visible()
    await second.get_by_role("button", name="out").click()
    await first.wait_for_url(f"{house.url}/login?next=/deep/x%3Fn%3D1", timeout=5000)
    await second.wait_for_url(f"{house.url}/login", timeout=5000)
    assert wrong == []


async def test_a_page_left_open_over_a_restart_comes_back(build: Build, chromium: Browser) -> None:
    house = build("people")
    page = await chromium.new_page()
    await sign_in(page, house)
    await expect(page.get_by_text("home of ann")).to_be_visible()
    await page.evaluate("document.title = 'the old one'")
    house.__exit__()
    house.__enter__()
    await page.wait_for_function("document.title != 'the old one'", timeout=15000)
    await expect(page.get_by_text("home of ann")).to_be_visible()
    await page.get_by_role("button", name="click").click()
    await expect(page.get_by_text("home of ann")).to_be_visible()
    house.__exit__()
    (house.folder / "data" / "sessions.json").unlink()
    house.__enter__()
    await page.wait_for_url(f"{house.url}/login", timeout=15000)


async def test_the_first_run_fits_any_width(build: Build, chromium: Browser) -> None:
    house = build("empty")
    page = await chromium.new_page()
    for width in (320, 390, 899, 1280):
        await page.set_viewport_size({"width": width, "height": 700})
        await page.goto(house.url)
        await expect(page.get_by_label("Code")).to_be_focused()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
