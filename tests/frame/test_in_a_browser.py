"""The frame in Chromium: the tree, the search, light and dark, the phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests import asking
from tests.browsing import in_the_browser
from tests.running import running


def house(folder: Path, vms: int = 0) -> AbstractContextManager[str]:
    return running("tests.frame.house", folder, vms, ready="/do/observers")


@pytest.fixture(scope="module")
def url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with house(tmp_path_factory.mktemp("frame")) as address:
        yield address


class Noises:
    """What went wrong in a page, and what it asked the network for."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))


@in_the_browser
async def page(browser: Browser) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    noises = Noises(page)
    yield page
    assert noises.complaints == []
    assert all(url.startswith(("http://127.0.0.1", "data:")) for url in noises.requests)
    assert not any("woff" in url for url in noises.requests), "fonts of NiceGUI's were loaded"


async def tell(url: str, what: str) -> None:
    async with asking.client() as client:
        (await client.get(f"{url}/do/{what}")).raise_for_status()


def row(page: Page, name: str) -> str:
    return f".x-tree-row:has(.x-tree-name:text-is('{name}'))"


def host(name: str) -> str:
    """Its pool may be called the same."""
    return f".x-tree-row[aria-level='2']:has(.x-tree-name:text-is('{name}'))"


async def test_the_tree_lives(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(row(page, "xcp-lab-1"))).to_contain_text("10")
    await tell(url, "halt/web-1")
    await expect(page.locator(row(page, "xcp-lab-1"))).to_contain_text("9")
    await expect(page.locator(row(page, "web-1"))).to_have_count(0)  # the bench is closed
    await tell(url, "start/web-1")
    await expect(page.locator(row(page, "web-1") + " .x-mark-running")).to_have_count(1)


async def test_filter_keyboard_and_links_lead_to_the_vm(page: Page, url: str) -> None:
    await page.goto(url)
    await page.fill(".x-tree-filter input", "GIT")
    await expect(page.locator(".x-tree-row")).to_have_count(3)  # pool, host, VM
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("page of git")).to_be_visible()
    await expect(page.locator(".x-tree-row[aria-selected=true]")).to_contain_text("git")
    await page.go_back()
    await expect(page.get_by_text("home", exact=True).last).to_be_visible()


async def test_the_tree_has_the_menu_of_each_object(page: Page, url: str) -> None:
    await page.goto(url)
    items = page.get_by_role("menuitem")
    await page.locator(host("attic")).click(button="right")
    await expect(items.filter(has_text="Rename")).to_be_visible()
    await expect(items.filter(has_text="Enter maintenance mode")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(items).to_have_count(0)
    await page.fill(".x-tree-filter input", "git")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ContextMenu")
    await expect(items.filter(has_text="Shut down")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.fill(".x-tree-filter input", "")
    await page.locator(".x-tree-row[aria-level='1']").first.click(button="right")
    await expect(items.filter(has_text="Change default SR")).to_be_visible()


async def test_what_was_opened_stays_open_from_page_to_page(page: Page, url: str) -> None:
    await page.goto(url)
    await page.locator(host("attic") + " .x-tree-twist").click()
    await expect(page.locator(row(page, "redis-1"))).to_have_count(0)
    await page.goto(url)
    await expect(page.locator(host("attic"))).to_be_visible()
    await expect(page.locator(row(page, "redis-1"))).to_have_count(0)


async def test_the_search_by_keyboard_alone(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(row(page, "xcp-lab-1"))).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("k8s-w")
    await expect(page.locator(".x-found-hit").first).to_contain_text("k8s-worker-1")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("page of k8s-worker-2")).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("no such thing")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Nothing found")).to_be_hidden()


async def test_names_are_text_wherever_they_are_shown(page: Page, url: str) -> None:
    await tell(url, "evil/mail")
    await page.goto(url)
    await page.fill(".x-tree-filter input", "onerror")
    await expect(page.locator(".x-tree-row").last).to_contain_text("<img src=x onerror")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("onerror")
    await expect(page.locator(".x-found-hit").first).to_contain_text("{{7*7}}")
    assert "broken" not in await page.title()


async def test_the_theme_is_the_system_s_until_one_chooses(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("body")).to_have_css("color", "rgb(220, 228, 240)")
    ground = "getComputedStyle(document.documentElement).getPropertyValue('--ground')"
    assert await page.evaluate(ground) == "rgb(14, 20, 32)"
    await page.get_by_role("button", name="Account: admin").click()
    await page.get_by_role("button", name="Light").click()
    await expect(page.locator("body")).to_have_css("color", "rgb(27, 37, 54)")

    async def kept() -> bool:
        await page.reload()
        return await page.locator("html").get_attribute("data-theme") == "light"

    await asking.until(kept, "the choice of a theme")  # it is on its way to the server while the page shows it already
    assert await page.evaluate(ground) == "rgb(246, 248, 251)"
    await page.get_by_role("button", name="Account: admin").click()
    await page.get_by_role("group", name="Theme").get_by_role("button", name="Same as system").click()
    await expect(page.locator("html")).not_to_have_attribute("data-theme", "light")


async def test_more_contrast_is_the_system_s_wish_or_one_s_own(page: Page, url: str) -> None:
    read = "(name) => getComputedStyle(document.documentElement).getPropertyValue(name)"
    look = f"['--contrast', '--text'].map({read})"
    more = ["more", "rgb(255, 255, 255)"]
    await page.goto(url)
    usual = await page.evaluate(look)
    assert usual == ["normal", "rgb(220, 228, 240)"]
    await page.emulate_media(contrast="more")
    assert await page.evaluate(look) == more
    await page.emulate_media(contrast="no-preference")
    await page.get_by_role("button", name="Account: admin").click()
    choice = page.get_by_role("group", name="Contrast")
    await choice.get_by_role("button", name="More contrast").click()
    await expect(page.locator("html")).to_have_attribute("data-contrast", "more")
    assert await page.evaluate(look) == more
    await expect(choice.get_by_role("button", name="More contrast")).to_have_attribute("aria-pressed", "true")
    await choice.get_by_role("button", name="Same as system").click()
    await expect(page.locator("html")).not_to_have_attribute("data-contrast", "more")
    assert await page.evaluate(look) == usual


async def test_a_phone_has_all_of_it(page: Page, url: str) -> None:
    await page.set_viewport_size({"width": 390, "height": 780})
    await page.goto(url)
    await expect(page.locator(".x-side")).to_be_hidden()
    await page.get_by_role("button", name="Infrastructure").click()
    await expect(page.locator(row(page, "xcp-lab-1"))).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.mouse.click(380, 400)
    await expect(page.locator(".x-side")).to_be_hidden()


async def test_nobody_observes_after_the_browser_left(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(row(page, "xcp-lab-1"))).to_be_visible()
    await page.goto("about:blank")
    async with asking.client() as client:

        async def nobody_looks() -> bool:
            return (await client.get(f"{url}/do/observers")).json()["mirror"] <= 1  # the runner's own

        await asking.until(nobody_looks, "the browser is forgotten")


async def test_five_thousand_vms_are_few_elements(page: Page, tmp_path: Path) -> None:
    with house(tmp_path, vms=5000) as url:
        await page.goto(url)
        await expect(page.locator(".x-tree-row").first).to_be_visible()
        await page.fill(".x-tree-filter input", "app")
        await expect(page.locator(".x-tree-row").nth(5)).to_contain_text("app")
        assert await page.locator(".x-tree-row").count() < 60
        await page.locator(".x-tree-box").focus()
        await page.keyboard.press("End")
        await expect(page.locator(".x-tree-row").last).to_contain_text("app-1-02496")


NOTICE = """([text, passing]) => Quasar.Notify.create({
    message: text, timeout: 0, closeBtn: "Dismiss", attrs: { role: "status", ...(passing && { "data-passing": "6" }) } })"""


async def test_a_notice_passes_unless_one_is_at_it_and_a_failure_stays(page: Page, url: str) -> None:
    await page.clock.install()
    await page.goto(url)
    await expect(page.locator(".x-tree-row").first).to_be_visible()
    for text, passing in (("web-1 is started", True), ("web-2 is started", True), ("web-3 failed", False)):
        await page.evaluate(NOTICE, [text, passing])
    await page.get_by_text("web-2 is started").hover()
    await page.clock.run_for(9_000)
    await expect(page.get_by_text("web-1 is started")).to_be_hidden()
    await expect(page.get_by_text("web-2 is started")).to_be_visible()
    await page.mouse.move(5, 5)
    await page.clock.run_for(9_000)
    await expect(page.get_by_text("web-2 is started")).to_be_hidden()
    await expect(page.get_by_text("web-3 failed")).to_be_visible()
    await page.get_by_role("button", name="Dismiss").click()
    await page.clock.run_for(1_000)
    await expect(page.get_by_text("web-3 failed")).to_be_hidden()


async def test_there_is_one_main(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(".x-tree-row").first).to_be_visible()
    assert await page.locator("main, [role=main]").evaluate_all("all => all.map(one => one.id)") == ["main"]
    assert await page.locator("main :is(header.x-top, aside.x-side)").count() == 0
    assert await page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")


async def test_the_sections_stand_above_the_tree_with_their_counts(page: Page, url: str) -> None:
    await page.goto(url)
    nav, tree = page.get_by_role("navigation", name="Pages"), page.locator(".x-tree")
    await expect(page.locator(row(page, "xcp-lab-1"))).to_be_visible()
    above, below = await nav.bounding_box(), await tree.bounding_box()
    assert above and below and above["y"] + above["height"] <= below["y"] + 1
    counts = {
        await link.locator(".x-cut").inner_text(): await link.locator(".x-nav-count").inner_text()
        for link in await nav.get_by_role("link").all()
    }
    assert int(counts["VMs"]) == sum(map(int, await page.locator(".x-tree-row[aria-level='1'] .x-tree-end").all_inner_texts()))
    assert counts["Hosts"] == "4" and int(counts["Storage"]) > 0
    assert not counts["Networks"]  # no host has a port of theirs: the list hides them at first, too
    assert list(counts)[:3] == ["Map", "Attention", "VMs"]
    await expect(nav.get_by_role("link", name="Templates")).to_be_hidden()
    await nav.get_by_role("button", name="More").click()
    await expect(nav.get_by_role("link", name="Templates")).to_be_visible()
    await page.reload()
    await expect(nav.get_by_role("link", name="Templates")).to_be_visible()  # this browser remembers


async def test_pools_hosts_and_vms_are_told_apart_by_their_drawing(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(row(page, "git"))).to_be_visible()
    drawn = [
        await page.locator(f"{one} i:not(.x-tree-twist)").first.inner_html()
        for one in (".x-tree-row[aria-level='1']", host("xcp-lab-1"), row(page, "git"))
    ]
    assert len(set(drawn)) == 3 and all("<svg" in one for one in drawn)
    await page.keyboard.press("/")
    await page.keyboard.type("git")
    await expect(page.locator(".x-found-hit .x-screen").first).to_be_visible()


async def test_the_keys_are_behind_a_button_and_a_key_that_works_at_once(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(row(page, "git"))).to_be_visible()
    dialog = page.get_by_role("dialog", name="Keyboard")
    await page.keyboard.press("?")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("?")
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Keyboard").click()
    await expect(dialog.get_by_text("search everything")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.locator(".x-finder input").focus()
    await page.keyboard.type("?")
    await expect(dialog).to_be_hidden()
    assert await page.locator(".x-kbd:visible", has_text="/").count() <= 1
