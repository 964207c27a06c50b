"""Every page there is: quiet, our own, clean to axe-core in both lights, and not too wide for its window or a phone."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.async_api import Browser, ViewportSize, expect

from tests.e2e.axe import Axe
from tests.e2e.person import MAP, Person, person
from tests.e2e.programs import Board

WHERE = f"""() => Object.fromEntries([...{MAP}.model.things.values()]
  .filter((thing) => thing.uuid && !(thing.kind === "vm" && thing.host < 0)).map((thing) => [thing.kind, thing.uuid]))"""
"""The uuid of one pool, host, running VM, SR and network."""
PLACES = (
    "/",
    "/vms",
    "/consoles",
    "/hosts",
    "/storage",
    "/networks",
    "/snapshots",
    "/tasks",
    "/transfers",
    "/new-vm",
    "/new-sr",
    "/templates",
    "/vapps",
    "/isos",
    "/vms?state=trash",
    "/attention",
    "/messages",
    "/settings",
    "/people",
    "/account",
    "/audit",
)
LISTS = {"/vms": ".x-vms-row", "/hosts": ".x-list-row", "/storage": ".x-list-row", "/networks": ".x-list-row", "/messages": ".x-list-row"}
TABS = ("console", "disks", "networks", "snapshots", "settings", "history")
"""Of a VM; the first one has no name."""
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
VIEWS = ("/?view=table", "/?view=table&group=tag")
NOWHERE = ("/vm/nope", "/host/nope", "/pool/nope", "/sr/nope", "/network/nope", "/migrate/nope", "/run/nope")
TOO_WIDE = """() => {
  const scrolls = (element) => element
    && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  return [...document.querySelectorAll("main *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !element.closest("svg, .xo-map") && !scrolls(element.parentElement.closest("main *"));
  }).slice(0, 5).map((element) => element.className + " " + element.textContent.slice(0, 40));
}"""
"""What is cut off at the right, though nothing scrolls."""
NOTHING_SAID = """() => [...document.querySelectorAll("button, a, input, select")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true })
  && !(element.innerText || element.ariaLabel || element.labels?.length || element.getAttribute("aria-labelledby"))?.toString().trim())
  .map((element) => element.outerHTML.slice(0, 120))"""
"""Controls that say nothing to those who do not see them."""


async def everywhere(someone: Person) -> list[str]:
    """All there is to see, once signed in."""
    await someone.signs_in("demo", "demo")
    await someone.sees_pools(2)
    things: Mapping[str, str] = await someone.page.evaluate(WHERE)
    vm, host = things["vm"], things["host"]
    of_a_vm = [f"/migrate/{vm}", f"/migrate?vms={vm}", *(f"/vm/{vm}/{tab}" for tab in TABS)]
    return [
        *PLACES,
        *(f"/{kind}/{uuid}" for kind, uuid in things.items()),
        *of_a_vm,
        *(f"/host/{host}/{page}" for page in ("console", "maintenance")),
        *(f"/pool/{things['pool']}/{page}" for page in ("new-network", "ha", "rolling", "import-ova")),
    ]


async def is_quiet(someone: Person, path: str, language: str) -> None:
    await someone.goes(path)
    await expect(someone.page.locator("html")).to_have_attribute("lang", language)
    await expect(someone.page.locator(".x-status[data-state=live]")).to_be_visible()
    if path in LISTS:
        await expect(someone.page.locator(LISTS[path]).first).to_be_visible()
    assert " · xo-dash" in await someone.page.title(), path
    assert await someone.page.evaluate(NOTHING_SAID) == [], path
    if path in NOWHERE:
        await expect(someone.page.locator(".x-empty-title")).to_be_visible()
        assert all(path in text and "404" in text for text in someone.complaints) and someone.complaints, someone.complaints
        someone.complaints.clear()


async def fits(someone: Person, path: str, size: ViewportSize) -> None:
    await someone.page.set_viewport_size(size)
    await someone.fits()
    assert await someone.page.evaluate(TOO_WIDE) == [], (path, size)


async def test_all_pages_are_quiet_fit_and_are_clean(browser: Browser, demo: Board) -> None:
    """In the longer of the two languages; other tests go through pages in English."""
    async with person(browser, demo.url, color_scheme="dark", locale="ru-RU", reduced_motion="reduce") as someone:
        await someone.page.goto(demo.url)
        await expect(someone.page.get_by_role("button", name="Войти", exact=True)).to_be_visible()
        axe = Axe()
        found = await axe.violations(someone.page, frame=True)
        for path in [*await everywhere(someone), *VIEWS, *NOWHERE]:
            await is_quiet(someone, path, "ru")
            if path not in NOWHERE[1:]:  # the others are like it
                await fits(someone, path, WIDE)
                found += await axe.violations(someone.page, frame=path == "/")
                await fits(someone, path, PHONE)
                await someone.page.set_viewport_size(WIDE)
        assert not found, "\n".join(found)


async def test_a_page_that_is_not_there_says_so(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url) as someone:
        await someone.signs_in("demo", "demo")
        for path in ("/nothing/here", "/vm/%00", "/vm/..%2f..%2fsettings"):
            await someone.goes(path)
            await expect(someone.page.locator(".x-empty-title")).to_be_visible()
        assert all("404" in text for text in someone.complaints), someone.complaints
        someone.complaints.clear()


async def test_a_phone_has_the_tree_the_map_and_the_verbs(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as someone:
        await someone.signs_in("demo", "demo")
        await someone.sees_pools(2)
        page = someone.page
        await expect(page.locator(".x-side")).to_be_hidden()
        await page.get_by_role("button", name="Infrastructure").tap()
        await page.fill(".x-tree-filter input", "git")
        await page.locator(".x-tree-row", has_text="git").last.tap()
        await page.wait_for_url("**/vm/**")
        await expect(page.get_by_role("heading", level=1)).to_have_text("git")
        await expect(page.locator(".x-side")).to_be_hidden()
        await expect(someone.verb("Shut down").or_(someone.verb("Start")).first).to_be_visible()
        await someone.fits()


async def test_theme_and_language_are_kept(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url, locale="ru", color_scheme="dark") as someone:
        page = someone.page
        await page.goto(demo.url)
        await expect(page.get_by_role("button", name="Войти")).to_be_visible()
        await someone.signs_in("demo", "demo")
        await expect(page.get_by_role("link", name="Карта")).to_be_visible()
        account = page.locator(".x-top-end .x-status").last
        await account.click()
        await page.locator(".x-choice").nth(1).click()  # light
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
        await page.get_by_role("menuitem", name="English").click()
        await expect(page.get_by_role("link", name="Map", exact=True)).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
        async with person(browser, demo.url, locale="ru", color_scheme="dark") as elsewhere:  # kept per user, not per browser
            await elsewhere.signs_in("demo", "demo")
            await expect(elsewhere.page.get_by_role("link", name="Map", exact=True)).to_be_visible()
            await expect(elsewhere.page.locator("html")).to_have_attribute("data-theme", "light")
        await account.click()
        await page.locator(".x-choice").first.click()
        await expect(page.locator("html")).not_to_have_attribute("data-theme", "light")
        await page.get_by_role("menuitem", name="Same as browser").click()
        await expect(page.get_by_role("link", name="Карта")).to_be_visible()
