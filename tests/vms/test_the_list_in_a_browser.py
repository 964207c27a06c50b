"""The list of VMs in Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests import asking
from tests.running import running

MANY = 10_000


def house(folder: Path, vms: int = 0) -> AbstractContextManager[str]:
    return running("tests.vms.house", folder, vms, ready="/do/observers")


@pytest.fixture(scope="module")
def url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with house(tmp_path_factory.mktemp("vms")) as address:
        yield address


async def do(url: str, what: str, name: str) -> str:
    async with asking.client() as client:
        return str((await client.get(f"{url}/do/{what}/{name}")).json()["uuid"])


async def observers(url: str) -> int:
    async with asking.client() as client:
        return int((await client.get(f"{url}/do/observers")).json()["mirror"])


async def opened(browser: Browser, url: str, width: int = 1440) -> tuple[Page, list[str], list[str]]:
    """(page, complaints, what came over the socket)"""
    page = await browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    frames: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))))
    await page.goto(url)
    await expect(page.locator(".x-vms-row").first).to_be_visible()
    return page, complaints, frames


async def names(page: Page) -> list[str]:
    """As one sees them, from the top."""
    rows = await page.locator(".x-vms-row").evaluate_all(
        "rows => rows.map(row => [+row.getAttribute('aria-rowindex'), row.querySelector('.x-vms-name').textContent])"
    )
    return [name for _at, name in sorted(rows)]


async def begins_with(page: Page, *expected: str) -> None:
    """Wait until the list does."""

    async def does() -> bool:
        return (await names(page))[: len(expected)] == [*expected]

    await asking.until(does, f"a list that begins with {expected}")


async def test_it_is_sorted_and_filtered_as_the_address_says(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms?state=running&q=K8S&sort=-name")
    await begins_with(page, "k8s-worker-3", "k8s-worker-2", "k8s-worker-1", "k8s-cp-1")
    await expect(page.locator(".x-vms-row")).to_have_count(4)
    await page.get_by_role("columnheader", name="Name").click()
    await begins_with(page, "k8s-cp-1")
    await page.get_by_role("searchbox", name="Name, address").fill("10.0.0.10")
    await expect(page.locator(".x-vms-row")).to_have_count(1)
    await expect(page).to_have_url(f"{url}/vms?state=running&q=10.0.0.10")
    await page.get_by_role("searchbox", name="Name, address").fill("no such thing")
    await expect(page.get_by_text("No matching VMs")).to_be_visible()
    await page.get_by_role("button", name="Show all").click()
    await expect(page.get_by_text("No matching VMs")).to_be_hidden()
    await expect(page).to_have_url(f"{url}/vms")
    assert complaints == []


async def test_it_follows_one_vm_with_one_small_message(url: str, browser: Browser) -> None:
    page, complaints, frames = await opened(browser, f"{url}/vms?q=db-clone")
    row = page.locator(".x-vms-row")
    await expect(row).to_contain_text("Halted")
    await page.wait_for_timeout(400)
    frames.clear()
    await do(url, "start", "db-clone")
    await expect(row).to_contain_text("Running")
    await expect(row).to_contain_text("xcp-lab-1")
    own = [frame for frame in frames if "'delta'" in frame]
    assert 0 < sum(map(len, own)) <= 1024, own
    await page.wait_for_timeout(400)
    frames.clear()
    await do(url, "work", "git")  # not in sight: its load is not for this browser
    await do(url, "work", "db-clone")
    await expect(row).to_contain_text("77%")
    measured = [frame for frame in frames if "'measured'" in frame and "77" in frame]
    assert measured and all(len(frame) < 200 for frame in measured), measured
    await do(url, "halt", "db-clone")
    await expect(row).to_contain_text("Halted")
    assert complaints == []


async def test_the_chosen_get_verbs_with_what_is_possible(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms?q=test-")
    await begins_with(page, "test-a", "test-b")
    await page.get_by_role("checkbox", name="Select all").check()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    await do(url, "start", "test-b")
    await expect(page.get_by_role("button", name="Start 1 of 2")).to_be_visible()
    await do(url, "halt", "test-b")
    start = page.get_by_role("region", name="Selection").get_by_role("button", name="Start", exact=True)
    await start.click()
    await expect(page.get_by_role("dialog")).to_contain_text("test-a")
    await page.keyboard.press("Escape")
    await expect(start).to_be_focused()  # a dialog gives the focus back
    await page.get_by_role("button", name="Clear selection").click()
    await expect(page.get_by_text("2 selected")).to_be_hidden()
    assert complaints == []


async def test_what_leaves_the_list_leaves_the_selection(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms?q=test-&state=halted")
    every = page.get_by_role("checkbox", name="Select all")
    await every.check()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await do(url, "start", "test-b")  # by whoever: its new state is not what is listed
    await expect(page.get_by_text("1 selected")).to_be_visible()
    await expect(every).to_be_checked()
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()  # not: 1 of 2
    await do(url, "halt", "test-b")
    await expect(page.locator(".x-vms-row")).to_have_count(2)
    await expect(page.get_by_text("1 selected")).to_be_visible()  # it came back as any other
    await expect(every).to_have_js_property("indeterminate", True)
    await page.get_by_role("searchbox", name="Name, address").fill("test-b")
    await expect(page.get_by_text("chosen")).to_be_hidden()
    await expect(every).not_to_be_checked()
    assert complaints == []


@pytest.mark.parametrize("width", [1440, 390])
async def test_choosing_moves_no_row(url: str, browser: Browser, width: int) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms", width=width)
    places = "() => [...document.querySelectorAll('.x-vms-row')].map(row => [row.id, row.getBoundingClientRect().top])"
    before = await page.evaluate(places)
    await page.locator(".x-vms-check").nth(1).click()
    await expect(page.get_by_text("1 selected")).to_be_visible()
    assert await page.evaluate(places) == before
    await page.locator(".x-vms-box").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    await expect(page.locator(".x-vms-row").last).to_be_visible()
    last = await page.locator(".x-vms-row").evaluate_all("rows => Math.max(...rows.map(row => row.getBoundingClientRect().bottom))")
    bar = await page.locator(".x-vms-chosen").bounding_box()
    assert bar is not None and last <= bar["y"]  # what is behind the bar can be scrolled out from it
    assert complaints == []


async def test_a_double_click_asks_once(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms?q=test-")
    await page.get_by_role("checkbox", name="Select all").check()
    await page.get_by_role("button", name="Start", exact=True).dblclick()
    await expect(page.get_by_role("dialog")).to_have_count(1)
    await expect(page.get_by_role("dialog")).to_contain_text("test-a")  # the second click did not close it
    assert complaints == []


async def test_columns_are_kept(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms")
    await expect(page.get_by_role("columnheader", name="UUID")).to_have_count(0)
    await page.locator(".x-vms-menu > summary").click()
    await page.get_by_role("checkbox", name="UUID").check()
    await page.get_by_role("checkbox", name="Tags").uncheck()
    await expect(page.get_by_role("columnheader", name="UUID")).to_be_visible()
    again, more, _frames = await opened(browser, f"{url}/vms")

    async def kept() -> bool:
        await again.reload()
        await expect(again.locator(".x-vms-row").first).to_be_visible()
        heads = await again.get_by_role("columnheader").all_inner_texts()
        return any("UUID" in head for head in heads) and not any("Tags" in head for head in heads)

    await asking.until(kept, "the choice of columns")  # it is on its way to the server while the page shows it already
    await again.locator(".x-vms-menu > summary").click()
    await again.get_by_text("Reset columns").click()
    await expect(again.get_by_role("columnheader", name="UUID")).to_have_count(0)
    assert complaints == more == []


async def test_no_name_is_ever_markup_and_no_file_holds_a_formula(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms")
    uuid = await do(url, "evil", "wiki")
    await page.get_by_role("searchbox", name="Name, address").fill("onerror")
    await expect(page.locator(".x-vms-row")).to_have_count(1)
    await page.locator(".x-vms-menu > summary").click()
    await page.get_by_role("checkbox", name="Description").check()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    saved = await (await download.value).path()
    text = await asyncio.to_thread(lambda: Path(saved).read_text(encoding="utf-8-sig"))
    assert "'=1+1" in text and uuid in text
    assert len(text.strip().splitlines()) == 2
    await page.locator(".x-vms-menu > summary").click()
    await page.get_by_text("Reset columns").click()
    await page.goto(f"{url}/vm/{uuid}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=document.title='broken'>{{7*7}}")
    assert await page.title() != "broken"
    assert complaints == []


async def test_keys_lead_through_the_list(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms?q=k8s")
    await page.locator(".x-vms-box").focus()
    for key in ("ArrowDown", "j", "x", "ArrowDown", "Space"):
        await page.keyboard.press(key)
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("k8s-cp-1")
    assert complaints == []


async def test_it_fits_a_phone(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms", width=390)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = await page.locator(".x-vms-box").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert box[0] <= box[1]
    assert complaints == []


async def test_ten_thousand_rows_are_a_few_elements(tmp_path: Path, browser: Browser) -> None:
    with house(tmp_path, MANY) as url:
        idle = await observers(url)
        page, complaints, frames = await opened(browser, f"{url}/vms")
        assert await page.locator(".x-vms-row").count() < 60
        assert int(str(await page.locator(".x-vms-box").get_attribute("aria-rowcount"))) == MANY + 1
        assert sum(map(len, frames)) < 200_000
        await page.get_by_role("searchbox", name="Name, address").fill("app-1-04999")
        await expect(page.locator(".x-vms-row")).to_have_count(1)
        assert await observers(url) > idle
        await page.close()

        async def nobody_looks() -> bool:
            return await observers(url) == idle

        await asking.until(nobody_looks, "the browser is forgotten")  # it may come back for a while
        assert complaints == []


async def test_tags_that_there_is_no_room_for_are_a_number(url: str, browser: Browser) -> None:
    page, complaints, _frames = await opened(browser, f"{url}/vms?q=win7")
    await do(url, "tag", "win7")
    cell = page.locator(".x-vms-tags")
    await expect(cell).to_contain_text("billing")
    await expect(cell).to_contain_text("+")

    async def is_counted() -> bool:
        shown = await cell.locator(".x-chip").count()
        return f"+{4 - shown}" in await cell.inner_text()

    await asking.until(is_counted, "the number of tags without room")
    assert await cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
    assert complaints == []
