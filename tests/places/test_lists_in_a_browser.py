"""A list of thousands of rows in Chromium: found, ordered, scrolled, followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests import asking
from tests.places.serve import EVIL
from tests.running import running

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    with running("tests.places.serve", tmp_path_factory.mktemp("places"), ready="/hosts") as address:
        yield address


async def opened(browser: Browser, address: str) -> tuple[Page, list[str]]:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(address)
    await page.wait_for_selector(".x-list-row")
    return page, complaints


async def do(url: str, what: str) -> None:
    async with asking.client() as client:
        (await client.post(f"{url}/test/{what}")).raise_for_status()


async def names(page: Page) -> list[str]:
    return [text.strip() for text in await page.locator(".x-list-row .x-list-main").all_inner_texts()]


async def test_thousands_of_rows_are_a_few_elements(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/networks?show=internal")
    await expect(page.locator(".x-list-tools")).to_contain_text("4,004")
    assert await page.locator(".x-list-row").count() < 80
    box = page.locator(".x-list-box")
    await box.evaluate("box => { box.scrollTop = box.scrollHeight }")
    await expect(page.locator(".x-list-row", has_text="vlan 20").first).to_be_visible()
    assert await page.locator(".x-list-row").count() < 80

    await page.fill("input[type=search] >> nth=-1", "NET 0123")
    await expect(page.locator(".x-list-row")).to_have_count(1)
    await expect(page.locator(".x-list-total")).to_have_text("1 of 4,004")
    assert page.url.endswith("/networks?show=internal&q=NET+0123")
    await page.goto(page.url)
    await expect(page.locator(".x-list-row")).to_have_count(1)
    await do(url, "rename/123")
    await expect(page.locator(".x-list-row")).to_have_count(0)
    await page.click(".x-empty .x-btn")
    await page.fill("input[type=search] >> nth=-1", "onerror")
    await expect(page.locator(".x-list-row .x-list-main", has_text=EVIL)).to_be_visible()
    await page.fill("input[type=search] >> nth=-1", "xapi2000")
    await expect(page.locator(".x-list-row")).to_have_count(1)
    await do(url, "remove/2000")
    await expect(page.locator(".x-list-row")).to_have_count(0)
    assert "broken" not in await page.title() and complaints == []


async def test_a_click_on_a_head_sorts_and_one_on_a_kind_filters(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/storage")
    await page.click("[role=columnheader]:has-text('Used')")
    await expect(page.locator("[role=columnheader][aria-sort=descending]")).to_have_text("Used")
    assert (await names(page))[0] == "nfs-vault"
    await page.click("[role=columnheader]:has-text('Used')")
    assert (await names(page))[-1] == "nfs-vault"
    assert "sort=4" in page.url
    await page.click(".x-list-segments button:has-text('Shared')")
    assert await names(page) == ["nfs-vault"]
    await page.click(".x-list-row a >> nth=0")
    await page.wait_for_url("**/sr/*")
    await expect(page.locator("h1")).to_have_text("nfs-vault")
    await page.go_back()
    await expect(page.locator(".x-list-row")).to_have_count(1)
    assert complaints == []


async def test_a_kind_of_which_there_is_none_keeps_its_place(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/storage")
    await expect(page.locator(".x-list-segments button")).to_have_text(["Shared 1", "Local 5", "Images 0", "Physical drives 1"])
    await expect(page.locator(".x-list-segments .x-none")).to_have_count(1)
    assert complaints == []


async def test_ranges_of_nothing_are_not_offered(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/storage")
    await page.click(".x-list-row a >> nth=0")
    await page.wait_for_url("**/sr/*")
    await expect(page.locator(".x-past-bar")).to_be_hidden()
    await page.goto(f"{page.url}?range=week")
    await expect(page.locator(".x-past-bar")).to_be_visible()
    assert complaints == []


async def test_rows_of_a_pool_that_is_away_are_grey(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/networks?q=net+00")
    await expect(page.locator(".x-list-old")).to_have_count(0)
    await do(url, "away")
    await expect(page.locator(".x-list-old").first).to_be_visible()
    await expect(page.locator(".x-notice")).to_contain_text("wide is not responding")
    assert complaints == []


async def test_on_a_phone_a_row_is_two_lines(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/hosts")
    await page.set_viewport_size({"width": 390, "height": 800})
    row = page.locator(".x-list-row", has_text="xcp-lab-1")
    await expect(row).to_contain_text("Running · lab-pool")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


async def test_hosts_are_chosen_and_compared_and_more_are_added_and_left_out(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/hosts")
    compare = page.get_by_role("button", name="Compare")
    await expect(compare).to_have_attribute("aria-disabled", "true")
    boxes = page.get_by_role("checkbox", name="Select", exact=True)
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await expect(compare).not_to_have_attribute("aria-disabled", "true")
    await compare.click()
    chips = page.locator(".x-compare-objects .x-chip")
    await expect(chips).to_have_count(2)
    field = page.get_by_role("combobox", name="Add to the comparison")
    await field.fill("web-1")
    await expect(page.get_by_role("option").first).to_contain_text("web-1")
    await field.press("Enter")
    await expect(chips).to_have_count(3)
    left = await chips.nth(0).locator("a").inner_text()
    await chips.nth(0).get_by_role("button").click()
    await expect(chips).to_have_count(2)
    await field.fill(left)
    await page.get_by_role("option").last.click()  # what was left out is no longer there, so it may be added
    await expect(chips).to_have_count(3)
    assert complaints == []


async def test_what_is_hidden_is_shown_when_asked_for_and_that_is_kept(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/storage")
    rows = page.locator(".x-list-row")
    show = page.get_by_role("button", name="Show hidden")
    before = await rows.count()
    hidden = int(await show.locator(".x-count").inner_text())
    await expect(show).to_have_attribute("aria-pressed", "false")
    await expect(page.get_by_text("XCP-ng Tools")).to_be_hidden()
    await show.click()
    await expect(rows).to_have_count(before + hidden)
    await expect(page.get_by_text("XCP-ng Tools").first).to_be_visible()

    async def kept() -> bool:
        await page.goto(f"{url}/storage")
        await page.wait_for_selector(".x-list-row")
        return await show.get_attribute("aria-pressed") == "true"

    await asking.until(kept, "the choice")  # it is on its way to the server while the page shows it already
    await show.click()
    await expect(rows).to_have_count(before)
    await page.fill("input[type=search] >> nth=-1", "tools")  # to search is to ask
    await expect(page.get_by_text("XCP-ng Tools").first).to_be_visible()
    assert complaints == []


async def test_a_time_narrows_the_messages_and_is_in_the_address(browser: Browser, url: str) -> None:
    from playwright.async_api import expect

    page, complaints = await opened(browser, f"{url}/messages")
    rows, period = page.locator(".x-list-row"), page.locator(".x-period > select")
    await expect(rows).to_have_count(3)
    await expect(rows.last).to_contain_text("web-9")
    age = rows.last.locator(".x-list-cell").first
    await expect(age).to_contain_text(re.compile(r"3\sdays\s·\s.*\d\d:\d\d"))
    await expect(age).to_have_attribute("title", re.compile(r"20\d\d.*\d\d:\d\d:\d\d"))
    await period.select_option(label="Last hour")
    await expect(rows).to_have_count(1)
    await expect(page.locator(".x-list-total")).to_have_text("1 of 3")
    await page.goto(page.url)
    await expect(rows).to_have_count(1)
    await period.select_option(label="Last 24 hours")
    await expect(rows).to_have_count(2)
    await period.select_option(label="From – to")
    until = await page.evaluate("new Date(Date.now() - 48 * 3600e3 - new Date().getTimezoneOffset() * 60e3).toISOString().slice(0, 16)")
    await page.locator(".x-period > input").first.fill("2020-01-01T00:00")
    await page.locator(".x-period > input").last.fill(until)
    await page.locator(".x-period > input").last.blur()
    await expect(rows).to_have_count(1)
    assert "when=between" in page.url and "from=2020-01-0" in page.url
    await page.goto(page.url)
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("VM rebooted")
    await page.fill("input[type=search] >> nth=-1", "nothing like it")
    await page.click(".x-empty .x-btn")
    await expect(rows).to_have_count(3)
    assert complaints == []
