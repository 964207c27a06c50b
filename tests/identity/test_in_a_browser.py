"""Two real pools, over the wire and in Chromium, whose objects have the same uuids: what one points at is what one gets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browsing import in_the_browser
from tests.identity.serve import ANOTHER
from tests.running import running

MAP = "document.querySelector('.xo-map').map"
THINGS = f"[...{MAP}.model.things.values()]"
READY = f"{MAP}?.plan?.pools.length === 2 && {THINGS}.filter(({{ kind }}) => kind === 'vm').length === 10"
HALTED = f"{THINGS}.find((thing) => thing.kind === 'vm' && thing.state === 0 && thing.name.endsWith('there'))"


@pytest.fixture(scope="module")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("tests.identity.serve", tmp_path_factory.mktemp("twins"), ready="/") as url:
        yield url


@in_the_browser
async def page(browser: Browser, address: str) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(address)
    await page.wait_for_function(READY)
    yield page
    assert not errors


async def test_a_start_on_the_map_starts_that_vm_only(page: Page, address: str) -> None:
    uuid, name, x, y = await page.evaluate(
        f"(() => {{ const vm = {HALTED}, pool = {MAP}.plan.pools.find(({{ id }}) => id === vm.pool);"
        " const box = pool.bench.tiles.find(({ id }) => id === vm.id);"
        f" const at = {MAP}.camera.project(box, 1), root = {MAP}.$refs.root.getBoundingClientRect();"
        " return [vm.uuid, vm.name, root.x + at.x + at.w / 2, root.y + at.y + at.h / 2]; })()"
    )
    assert await page.evaluate(f"{THINGS}.filter((thing) => thing.uuid === '{uuid}').length") == 2
    await page.mouse.click(x, y)
    await page.locator(".xo-selection-name", has_text=name).wait_for()
    assert unquote(await page.get_by_role("link", name="Open").first.get_attribute("href") or "") == f"/vm/{uuid}@{ANOTHER}"
    await page.locator(".xo-selection").get_by_role("button", name="Start").click()
    await page.wait_for_function(f"({THINGS}.find((thing) => thing.name === '{name}')).state === 1")
    states = await (await page.request.get(f"{address}/test/states/{uuid}")).json()
    assert states == ["Halted", "Running"]


async def test_what_is_selected_is_in_the_address_and_comes_back(page: Page) -> None:
    name, key = await page.evaluate(
        f"(() => {{ const vm = {THINGS}.findLast(({{ kind }}) => kind === 'vm'); return [vm.name, {MAP}.model.keyOf(vm)]; }})()"
    )
    await page.evaluate(f"{MAP}.select(['{key}'])")
    await page.wait_for_url(f"**/?sel={key}")
    await page.reload()
    await page.wait_for_function(READY)
    await expect(page.locator(".xo-selection-name")).to_have_text(name)
    bare = key.partition("@")[0]
    assert await page.evaluate(f"{MAP}.model.named('{bare}')") is None, "two have it"


async def test_what_if_is_drawn_where_the_host_is(page: Page) -> None:
    await page.evaluate(
        f"{MAP}.$emit('lose', [{MAP}.model.keyOf({THINGS}.find(({{ kind, name }}) => kind === 'host' && name.endsWith('there')))])"
    )
    await page.wait_for_function(f"{MAP}.outcome?.hosts.size === 1")
    lost = await page.evaluate(f"[...{MAP}.outcome.hosts].map((id) => {MAP}.model.things.get(id).name)")
    assert len(lost) == 1 and lost[0].endswith("there")


async def test_the_tree_and_the_list_of_vms_lead_to_each(page: Page, address: str) -> None:
    await page.goto(f"{address}/vms")
    rows = page.locator(".x-vms a[href*='/vm/']", has_text="there")
    await rows.first.wait_for()
    for links in (rows, page.locator(".x-tree a[href*='/vm/']", has_text="there")):
        found = [await link.get_attribute("href") or "" for link in await links.all()]
        assert found and all(href.endswith(f"@{ANOTHER}") for href in found)
    name = (await rows.first.inner_text()).strip()
    await rows.first.click()
    await expect(page.locator(".x-head-name", has_text=name)).to_be_visible()
    await expect(page.locator(".x-tree [aria-selected=true]")).to_have_count(1)


async def test_a_choice_is_given_where_the_link_does_not_say(page: Page, address: str) -> None:
    uuid = await page.evaluate(f"({HALTED} ?? {THINGS}.find(({{ kind }}) => kind === 'vm')).uuid")
    await page.goto(f"{address}/vm/{uuid}")
    await page.get_by_text("Which one do you mean?").wait_for()
    one = page.locator(".x-which-one", has_text="there")
    await one.click()
    await page.wait_for_url(f"**/vm/{uuid}@{ANOTHER}")
