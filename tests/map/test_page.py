"""The map as a person meets it: in Chromium, over the real page."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests import asking
from tests.map.on_a_page import ACTIVE, CUT, DRAWN, MAP, PLACE, SELECTED, TOLD, WALK, address, centre, names, page
from tests.map.serve import LANGUAGE_NEUTRAL

__all__ = ["address", "page"]


async def test_everything_is_on_it_and_the_head_says_how_much(page: Page) -> None:
    rectangles: dict[str, Any] = await page.evaluate(f"{MAP}.rectangles()")
    assert len(rectangles) == 2 + 4 + 46 + 3  # the local SRs are on their hosts' floors
    await expect(page.locator(".xo-summary")).to_contain_text("46 VMs")


async def test_something_is_painted(page: Page) -> None:
    await page.wait_for_function(
        f"(() => {{ const {{ctx, width, height}} = {MAP}; const all = ctx.getImageData(0, 0, width, height).data; const found = new Set();"
        " for (let i = 0; i < all.length; i += 404) found.add(all[i] << 16 | all[i + 1] << 8 | all[i + 2]); return found.size > 20; })()"
    )


async def test_a_click_selects_and_control_adds(page: Page) -> None:
    first, second = (await names(page))[:2]
    await page.mouse.click(*await centre(page, first))
    await page.locator(".xo-selection-name", has_text=first).wait_for()
    await page.keyboard.down("Control")
    await page.mouse.click(*await centre(page, second))
    await page.keyboard.up("Control")
    await page.get_by_text("2 VMs selected").wait_for()
    assert set(await page.evaluate(SELECTED)) == {first, second}
    await page.get_by_label("Clear selection").click()
    await page.locator(".xo-selection-name").wait_for(state="hidden")
    assert await page.evaluate(SELECTED) == []


async def test_a_right_click_offers_verbs_where_it_is(page: Page) -> None:
    name = (await names(page))[2]
    x, y = await centre(page, name)
    await page.mouse.click(x, y, button="right")
    menu = page.get_by_role("menu")
    await menu.wait_for()
    box = await menu.bounding_box()
    assert box is not None
    assert abs(box["x"] - x) < 40 and abs(box["y"] - y) < 40
    await expect(page.get_by_role("link", name="Open").first).to_have_attribute("href", re.compile("^/vm/"))


async def test_a_double_click_comes_nearer_and_a_second_opens(page: Page, address: str) -> None:
    name = (await names(page))[0]
    await page.mouse.dblclick(*await centre(page, name))
    await page.wait_for_function(f"!{MAP}.camera.flight && {MAP}.camera.zoom > 2")
    crumbs = page.locator(".xo-map-crumbs li")
    await expect(crumbs).to_have_count(4)
    await expect(crumbs.first).to_have_text("All")
    await expect(crumbs.last).to_have_text(name)
    await crumbs.first.click()
    await page.wait_for_function(f"!{MAP}.camera.flight && {MAP}.camera.zoom === 1")
    await page.mouse.dblclick(*await centre(page, name))
    await page.wait_for_function(f"!{MAP}.camera.flight && {MAP}.camera.zoom > 2")
    await page.mouse.dblclick(*await centre(page, name))
    await page.wait_for_url(f"{address}/vm/*")


async def test_the_tooltip_tells_names_as_text(page: Page, address: str) -> None:
    name = (await names(page))[-1]
    uuid = await page.evaluate(f"(name) => [...{MAP}.model.things.values()].findLast((thing) => thing.name === name).uuid", name)
    await page.request.post(f"{address}/test/rename/{uuid}")
    await page.wait_for_function(f"(name) => [...{MAP}.model.things.values()].some((thing) => thing.name === name)", arg=LANGUAGE_NEUTRAL)
    await page.mouse.move(*await centre(page, LANGUAGE_NEUTRAL))
    tip = page.locator(".xo-map-tip")
    await tip.wait_for(state="visible")
    await expect(tip).to_contain_text(LANGUAGE_NEUTRAL)


async def test_arrows_reach_every_tile(page: Page) -> None:
    """From each tile the four arrows lead somewhere; together they lead everywhere."""
    missed = await page.evaluate(WALK)
    assert missed == 0


async def test_the_keyboard_is_enough(page: Page, address: str) -> None:
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Space")
    (chosen,) = await page.evaluate(SELECTED)
    await page.wait_for_function(f"(name) => {ACTIVE}?.innerText.startsWith(name)", arg=chosen)
    await page.keyboard.press("Enter")  # comes nearer
    await page.wait_for_function(f"!{MAP}.camera.flight && {MAP}.camera.zoom > 1")
    await page.keyboard.press("Backspace")  # out again, to what it is in
    await page.wait_for_function(f"(name) => !{MAP}.camera.flight && {MAP}.crumbs.every((crumb) => crumb.name !== name)", arg=chosen)
    await page.keyboard.press("Enter")
    await page.wait_for_function(f"(name) => !{MAP}.camera.flight && {MAP}.crumbs.at(-1)?.name === name", arg=chosen)
    await page.keyboard.press("Enter")  # it fills the screen: its page
    await page.wait_for_url(f"{address}/*/*")


async def test_what_is_shown_is_in_the_address_and_a_link_shows_the_same(page: Page, address: str) -> None:
    await page.get_by_label("Fill").select_option("memory")
    await page.get_by_role("textbox", name="Filter").last.fill("k8s -is:halted")
    await page.wait_for_function("location.search.includes('q=')")
    found = await page.evaluate(f"{MAP}.found.size")
    assert 0 < found < 46
    await page.keyboard.press("Enter")  # flies to the first of them
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("Control+a")
    await page.get_by_text(f"{found} VMs selected").wait_for()
    await page.wait_for_function("location.search.includes('sel=')")
    assert page.context.browser is not None
    other = await page.context.browser.new_page(viewport={"width": 1440, "height": 900})
    await other.goto(page.url)
    await other.get_by_text(f"{found} VMs selected").wait_for()
    assert await other.evaluate(f"[{MAP}.state.fill, {MAP}.state.filter, {MAP}.found.size]") == ["memory", "k8s -is:halted", found]
    assert await other.get_by_label("Fill").input_value() == "memory"
    await page.locator(".xo-map-focus").press("Escape")
    await page.get_by_label("Clear filter").click()
    await page.wait_for_function(f"{MAP}.look.dim === null")


async def test_what_if_a_host_is_lost(page: Page) -> None:
    host = await page.evaluate(f"{MAP}.model.things.get({MAP}.plan.pools.at(-1).hosts[0].id).name")
    box = await page.evaluate(
        f"(() => {{ const map = {MAP}, at = map.$refs.root.getBoundingClientRect();"
        " const host = map.camera.project(map.plan.pools.at(-1).hosts[0], 1);"
        " return [at.x + host.x + 30, at.y + host.y + 6]; })()"
    )
    await page.mouse.move(*box)
    await page.wait_for_function(f"{MAP}.look.hover >= 0")
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("x")
    panel = page.get_by_role("complementary", name="Simulate failure")
    await panel.get_by_text(f"If {host} fails").wait_for()
    await page.wait_for_function(f"{MAP}.outcome.moves.size > 0 && !{MAP}.overlay.canvas.hidden")
    await page.wait_for_function("location.search.includes('lose=')")
    await page.evaluate("history.replaceState(history.state, '', location.search + '&moves=x&goal=cpu')")
    await page.keyboard.press("Escape")
    await panel.wait_for(state="hidden")
    assert await page.evaluate(f"{MAP}.outcome") is None
    await page.wait_for_function("!/moves|goal/.test(location.search)")


async def test_problems_are_gone_through_in_their_order_and_said(page: Page) -> None:
    titles = page.locator(".xo-finding-title")
    await titles.nth(1).wait_for(state="attached")  # the list is there
    lines = await titles.all_inner_texts()
    await page.locator(".xo-map-focus").focus()
    for key, title in (("n", lines[0]), ("n", lines[1]), ("Shift+N", lines[0])):
        await page.keyboard.press(key)
        await page.wait_for_function(f"(title) => {MAP}.$refs.live.textContent.includes(title)", arg=title)


async def test_a_problem_with_anything_is_shown_where_the_map_has_it(page: Page, address: str) -> None:
    """Every thing of every kind: a step to it stays here, and rings the place where it is drawn."""
    missing = await page.evaluate(
        f"""() => ["pool", "host", "vm", "sr", "network"].flatMap((kind) => {{
          const map = {MAP}, things = [...map.model.things.values()].filter((thing) => thing.kind === kind);
          return things.length ? things.filter((thing) => {{
            map.overlay.pulses = null;
            map.reveal(map.model.keyOf(thing), "said");
            return !map.overlay.pulses || map.look.focus !== thing.id || map.$refs.live.textContent !== "said";
          }}).map(({{ name }}) => name) : [`no ${{kind}} there`];
        }})"""
    )
    assert missing == []
    assert page.url.startswith(f"{address}/?") or page.url == f"{address}/"


async def test_keys_are_listed_and_pages_are_two_keys_away(page: Page, address: str) -> None:
    await page.keyboard.press("?")  # nothing has the focus yet
    await page.get_by_role("dialog", name="Keyboard").get_by_text("On the map").wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog", name="Keyboard").wait_for(state="hidden")  # it gives the focus back when it has gone
    await page.keyboard.press("Control+f")
    await page.keyboard.type("web")
    await page.wait_for_function(f"{MAP}.found?.size > 0")
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("g")
    await page.keyboard.press("v")
    await page.wait_for_url(f"{address}/vms")


async def test_only_the_search_has_a_key_as_its_hint(page: Page) -> None:
    assert await page.locator("kbd:visible", has_text="/").count() == 1
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.closest('.x-finder') !== null")


async def test_the_legend_explains_what_is_shown_and_is_remembered(page: Page) -> None:
    button = page.get_by_role("button", name="Legend", exact=True)
    await expect(button).to_have_attribute("aria-pressed", "false")
    await button.click()
    legend = page.locator(".xo-map-legend")
    await expect(legend.get_by_text("pool master")).to_be_visible()
    assert await legend.locator("canvas").count() == await legend.locator("dd").count() - 1  # but for the scale
    blank = await legend.locator("canvas").evaluate_all(
        "(all) => all.filter((one) => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.every((value) => !value)).length"
    )
    assert blank == 0
    await expect(legend.get_by_text("also in other groups")).to_have_count(0)
    await page.locator(".xo-pick select").nth(1).select_option("tag")
    await expect(legend.get_by_text("also in other groups")).to_be_visible()
    await page.reload()
    await expect(legend).to_be_visible()
    await page.get_by_role("button", name="Close legend").click()
    await expect(legend).to_be_hidden()


async def test_the_tip_goes_when_a_menu_opens_and_stays_away(page: Page) -> None:
    x, y = await centre(page, (await names(page))[0])
    await page.mouse.move(x, y)
    await expect(page.locator(".xo-map-tip")).to_be_visible()
    await page.mouse.click(x, y, button="right")
    await page.locator(".q-menu").wait_for()
    await expect(page.locator(".xo-map-tip")).to_be_hidden()
    await page.mouse.move(x - 30, y - 20)
    await page.mouse.move(x - 35, y - 25)
    await page.evaluate("new Promise((done) => setTimeout(done, 200))")  # longer than it takes to come
    await expect(page.locator(".xo-map-tip")).to_be_hidden()


async def test_figures_are_those_that_were_measured(page: Page) -> None:
    """The levels behind colours are steps of 1.6 points: the table and the tip tell the figure itself."""
    await page.get_by_role("button", name="Table").click()
    await page.wait_for_function(f"{MAP}.model.exact.size > 5")
    said = await page.evaluate(TOLD)
    known = [(cpu, network, exact) for cpu, network, exact in said if exact]
    assert known
    for cpu, network, exact in known:
        assert "≈" not in cpu + network
        assert cpu == f"{round(exact['cpu'] * 100)}%"
        assert network.endswith("bit/s")


ONE_LINE = """() => {
  const line = document.querySelector(".xo-summary").getBoundingClientRect();
  return [document.activeElement.getBoundingClientRect().top - line.top, line.height];
}"""


@pytest.mark.parametrize("locale", ["en", "ru"])
async def test_no_tool_is_cut(browser: Browser, address: str, locale: str) -> None:
    page = await browser.new_page(viewport={"width": 3840, "height": 800}, locale=locale)
    await page.goto(address)
    await page.wait_for_function(DRAWN)
    cut = {}
    for width in (3840, 1920, 1440, 1280, 1024, 720, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        cut[width] = await page.evaluate(CUT)
        if width == 1280:  # a figure that there is no room for is scrolled into the one line when the keyboard comes to it
            await page.locator(".xo-figure").last.evaluate("(figure) => figure.focus({ focusVisible: true })")
            assert await page.evaluate(ONE_LINE) == [0, 24]
            await page.evaluate("document.activeElement.blur()")
            assert await page.evaluate("document.querySelector('.xo-summary').scrollTop") == 0
    assert not any(cut.values()), cut


@pytest.mark.parametrize(("width", "height"), [(390, 844), (720, 450)])
async def test_on_a_small_screen_attention_is_one_line_until_it_is_unfolded(
    browser: Browser, address: str, width: int, height: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": height})
    await page.goto(address)
    await page.wait_for_function(DRAWN)
    bar = page.locator(".xo-attention")
    folded = await bar.bounding_box()
    assert folded and folded["height"] <= 60
    await page.get_by_role("button", name="Show all").click()
    await expect(bar.locator(".xo-finding").first).to_be_visible()
    await expect(page.get_by_role("button", name="Show all")).to_have_attribute("aria-expanded", "true")


async def test_tab_goes_from_host_to_host_and_out_at_the_end(page: Page) -> None:
    await page.locator(".xo-map-focus").focus()
    seen = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        if not await page.evaluate("document.activeElement.classList.contains('xo-map-focus')"):
            break
        seen.append(await page.evaluate(f"{MAP}.look.focus"))
    containers = "[...pool.hosts.map((host) => host.tiles), pool.bench.tiles, pool.tanks].filter((boxes) => boxes.length).length"
    holders = await page.evaluate(f"{MAP}.plan.pools.reduce((sum, pool) => sum + {containers}, 0)")
    assert len(seen) == len(set(seen)) == holders


async def test_zooming_keeps_what_is_under_the_pointer(page: Page) -> None:
    name = (await names(page))[0]
    x, y = await centre(page, name)
    await page.mouse.move(x, y)
    await page.mouse.wheel(0, -400)
    await page.wait_for_function(f"{MAP}.camera.zoom > 1.5")
    again = await centre(page, name)
    assert abs(again[0] - x) < 2 and abs(again[1] - y) < 2
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("0")
    await page.wait_for_function(f"{MAP}.camera.zoom === 1")


async def test_a_stop_is_seen_and_moves_one_host(page: Page, address: str) -> None:
    name = (await names(page))[1]
    uuid, host = await page.evaluate(PLACE, name)
    before: dict[str, list[float]] = await page.evaluate(f"{MAP}.rectangles()")
    pools = f"[...{MAP}.model.things.values()]"
    others: list[str] = await page.evaluate(
        f"(uuid) => {{ const all = {pools}, host = all.find((thing) => thing.uuid === uuid);"
        " return all.filter((thing) => thing.kind === 'vm' && thing.host !== host.id && thing.host >= 0).map((thing) => thing.uuid); }",
        host,
    )
    await page.request.post(f"{address}/test/halt/{uuid}")
    await page.wait_for_function(f"(uuid) => {pools}.find((thing) => thing.uuid === uuid).state === 0", arg=uuid)
    after: dict[str, list[float]] = await page.evaluate(f"{MAP}.rectangles()")
    assert after[uuid] != before[uuid]
    assert {other: after[other] for other in others} == {other: before[other] for other in others}


async def test_nothing_is_drawn_while_nothing_changes(page: Page, address: str) -> None:
    await page.mouse.move(5, 5)
    await page.evaluate(
        f"(() => {{ const map = {MAP}; window.paints = 0; const paint = map.paint; map.paint = () => {{ window.paints++; paint(); }}; }})()"
    )

    async def is_quiet() -> bool:
        await page.evaluate("window.paints = 0")
        await page.wait_for_timeout(500)
        return bool(await page.evaluate("window.paints") == 0)

    await asking.until(is_quiet, "an end of what was asked for as the page opened")
    await page.request.post(f"{address}/test/measure")
    await page.wait_for_function("window.paints > 0")


async def test_a_pool_that_is_gone_keeps_its_picture_and_says_how_old_it_is(page: Page, address: str) -> None:
    await page.request.post(f"{address}/test/gone")
    await page.locator(".xo-attention li", has_text="lab-pool is not responding").wait_for()
    await page.wait_for_function(f"[...{MAP}.model.things.values()].some((thing) => thing.kind === 'pool' && thing.standing === 2)")
    assert len(await page.evaluate(f"{MAP}.rectangles()")) == 2 + 4 + 46 + 3


async def test_a_host_that_is_dragged_by_its_name_stays_where_it_was_put(page: Page) -> None:
    """For everybody, until somebody wants the usual order again."""
    heads = (
        f"(() => {{ const map = {MAP}, root = map.$refs.root.getBoundingClientRect(); return map.plan.pools.at(-1).hosts.map((host) =>"
        " [map.model.things.get(host.id).name, root.x + host.x + 20, root.y + host.y + 10, root.x + host.x + host.w - 6]); })()"
    )
    order = f"{heads}.map(([name]) => name).join()"
    (first, x, y, _right), _middle, (last, _x, _y, right) = await page.evaluate(heads)
    before = await page.evaluate(order)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(right, y + 60, steps=4)
    assert await page.locator(".xo-map-drop").is_visible()
    await page.mouse.up()
    await page.wait_for_function(f"{order}.endsWith('{first}')")
    await page.reload()
    await page.wait_for_function(DRAWN)
    assert (await page.evaluate(order)).endswith(f"{last},{first}")
    await page.get_by_label("Reset order").click()
    await page.wait_for_function(f"{order} === '{before}'")
