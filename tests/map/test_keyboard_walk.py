"""Everything can be reached without a pointer, is seen to be reached, and is large enough to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browsing import in_the_browser
from tests.map.test_table import MAP, READY
from tests.running import running

PATH = f"""(seen) => import("xo-map/places.js").then(({{first, neighbour}}) => {{
  const {{plan, look}} = {MAP}, known = new Set(seen);
  const keys = {{ ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }};
  if (look.focus < 0) return ["ArrowRight"];
  const came = new Map([[look.focus, []]]), next = [look.focus];
  while (next.length) {{
    const id = next.shift();
    if (!known.has(id)) return came.get(id);
    for (const [key, way] of Object.entries(keys)) {{
      const to = neighbour(plan, id, ...way);
      if (!came.has(to)) {{ came.set(to, [...came.get(id), key]); next.push(to); }}
    }}
  }}
  return null;
}})"""
"""Which keys lead to the nearest tile where nobody was yet; null if there is none."""
TILES = f"""{MAP}.plan.pools
  .flatMap((pool) => [...pool.hosts.flatMap((host) => host.tiles), ...pool.bench.tiles, ...pool.tanks]).map(({{ id }}) => id)"""
HERE = """() => {
  const box = document.activeElement, row = document.getElementById(box.getAttribute("aria-activedescendant"));
  const seen = row?.getBoundingClientRect(), room = box.getBoundingClientRect(), line = row && getComputedStyle(row);
  const isMarked = line?.outlineStyle === "solid" && parseFloat(line.outlineWidth) >= 2;
  return row && [row.dataset.key, seen.top >= room.top && seen.bottom <= room.bottom + 1, isMarked,
    row.getAttribute("aria-expanded"), +row.getAttribute("aria-rowindex")];
}"""
"""The active row: its key, whether it is within sight, whether it is marked, whether it is open, its place."""
SMALL = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((element) => parseFloat(getComputedStyle(element).fontSize) < 11).map((element) => element.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("tests.map.serve", tmp_path_factory.mktemp("walk"), ready="/") as url:
        yield url


@in_the_browser
async def page(browser: Browser) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield page


async def test_arrow_keys_reach_every_tile_and_each_is_read(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_function(READY)
    surface = page.locator(".xo-map-focus")
    await surface.focus()
    seen: list[int] = []
    while (keys := await page.evaluate(PATH, seen)) is not None:
        for key in keys or ["ArrowRight"]:
            await page.keyboard.press(key)
            seen.append(await page.evaluate(f"{MAP}.look.focus"))
    assert set(await page.evaluate(TILES)) <= set(seen)
    await expect(surface).to_have_attribute("aria-activedescendant", f"xo-row-{seen[-1]}")
    name = await page.evaluate(f"{MAP}.model.things.get({seen[-1]}).name")
    assert name in await page.locator(f"#xo-row-{seen[-1]}").inner_text()
    for spoken in await page.locator(".xo-map [aria-live]").all_inner_texts():
        assert not spoken.strip()  # a walk is read by its rows, the live region is for news


async def test_arrow_keys_reach_every_row_within_sight(page: Page, address: str) -> None:
    await page.goto(f"{address}/?view=table")
    await page.wait_for_function(READY)
    await page.locator("#xo-table").focus()
    await page.keyboard.press("Home")
    seen: list[str] = []
    while True:
        key, is_in_sight, is_marked, expanded, _index = await page.evaluate(HERE)
        assert is_in_sight and is_marked, key
        if expanded == "false":
            await page.keyboard.press("ArrowRight")
        if seen and key == seen[-1]:
            break
        seen.append(key)
        await page.keyboard.press("ArrowDown")
    assert len(set(seen)) == len(seen)
    assert {str(id_) for id_ in await page.evaluate(f"[...{MAP}.model.things.keys()]")} <= set(seen)
    assert len(seen) == int(await page.locator("#xo-table").get_attribute("aria-rowcount") or 0) - 1


@pytest.mark.parametrize("view", ["map", "table"])
async def test_at_twice_the_size_all_is_there(page: Page, address: str, view: str) -> None:
    await page.set_viewport_size({"width": 720, "height": 450})
    await page.goto(f"{address}/?view={view}")
    await page.wait_for_function(READY)
    widths = await page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    for name in ("Map", "Table"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport()
    await expect(page.locator(".xo-filter input")).to_be_in_viewport()
    shown = page.locator("#xo-table" if view == "table" else ".xo-map-focus")
    await expect(shown).to_be_in_viewport()
    box = await shown.evaluate("(box) => [box.scrollWidth <= box.clientWidth, box.clientHeight]")
    assert box[0] and box[1] >= 120
    assert await page.evaluate(SMALL) == []


async def test_forced_colours_keep_what_is_chosen_and_where_one_is(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 800}, forced_colors="active", reduced_motion="reduce")
    await page.goto(f"{address}/?view=table")
    await page.wait_for_function(READY)
    await page.locator("#xo-table").focus()
    for key in ("Home", "ArrowDown", "Space", "ArrowDown"):
        await page.keyboard.press(key)
    style = "(row) => [getComputedStyle(row).outlineStyle, getComputedStyle(row).outlineWidth]"
    assert await page.locator(".xo-row-chosen").evaluate(style) == ["solid", "1px"]
    assert await page.locator(".xo-row-active").evaluate(style) == ["solid", "2px"]
    assert await page.evaluate("document.getAnimations().length") == 0
