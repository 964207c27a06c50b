"""The map's page in Chromium, for tests: what is asked of it, and where things are on it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page

from tests.browsing import in_the_browser
from tests.running import running

MAP = "document.querySelector('.xo-map').map"
DRAWN = f"{MAP}?.plan?.pools.length"
ACTIVE = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
"""The row that a screen reader reads for the focus."""
SELECTED = f"[...{MAP}.look.selected].map((id) => {MAP}.model.things.get(id).name)"

WALK = f"""import("xo-map/places.js").then(({{first, neighbour}}) => {{
  const {{plan}} = {MAP}, seen = new Set(), next = [first(plan)];
  while (next.length) {{
    const id = next.pop();
    if (seen.has(id)) continue;
    seen.add(id);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) next.push(neighbour(plan, id, dx, dy));
  }}
  const stops = plan.pools.flatMap((pool) => [...pool.hosts.flatMap((host) => host.tiles), ...pool.bench.tiles, ...pool.tanks]);
  return stops.filter((box) => !seen.has(box.id)).length;
}})"""
"""How many tiles the arrow keys cannot reach."""
PLACE = f"""(name) => {{
  const {{things}} = {MAP}.model;
  const vm = [...things.values()].find((thing) => thing.name === name && thing.host >= 0);
  return [vm.uuid, things.get(vm.host).uuid];
}}"""
"""The uuids of a running VM and its host."""
TOLD = f"""() => {{
  const map = {MAP}, {{rows, at}} = map.table;
  const lines = [...document.querySelectorAll(".xo-row")].map((line) => [rows[at.get(line.dataset.key)], line]);
  const text = (line, column) => line.querySelector(`.xo-cell-${{column}}`).textContent;
  const running = lines.filter(([row]) => row?.thing?.kind === "vm" && row.thing.state === 1);
  return running.map(([row, line]) => [text(line, "cpu"), text(line, "network"), map.model.exact.get(row.id)]);
}}"""
"""Of running VMs in the table: what it says of their CPU and network, and what they are."""
CUT = """() => {
  const head = document.querySelector(".xo-home-head"), room = head.getBoundingClientRect();
  const boxes = (css) => [...head.querySelectorAll(css)].map((one) => one.getBoundingClientRect()).filter(({ width }) => width);
  const isOut = (box) => box.left < room.left - 1 || box.right > room.right + 1 || box.bottom > room.bottom + 1;
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const tools = boxes(".xo-tools > *");
  return [
    ...boxes(".xo-tools > *, .xo-views > *").filter(isOut).map(() => "outside"),
    ...tools.flatMap((a, i) => tools.slice(i + 1).filter((b) => meet(a, b)).map(() => "over one another")),
    ...(head.scrollWidth > head.clientWidth + 1 ? ["head"] : []),
  ];
}"""
"""What is wrong with the places of the tools above the map."""


@pytest.fixture(scope="module")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with two pools, four hosts and 46 VMs, served as long as this file's tests run."""
    with running("tests.map.serve", tmp_path_factory.mktemp("map"), ready="/") as url:
        yield url


@in_the_browser
async def page(browser: Browser, address: str) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(address)
    await page.wait_for_function(DRAWN)
    yield page
    assert not errors


async def centre(page: Page, name: str) -> tuple[float, float]:
    """Where a running VM is on the screen."""
    x, y = await page.evaluate(
        f"(name) => {{ const map = {MAP}; const box = map.$refs.root.getBoundingClientRect();"
        " for (const pool of map.plan.pools) for (const host of pool.hosts) for (const tile of host.tiles)"
        " if (map.model.things.get(tile.id).name === name) { const at = map.camera.project(tile, 1);"
        " return [box.x + at.x + at.w / 2, box.y + at.y + at.h / 2]; } }",
        name,
    )
    return x, y


async def names(page: Page) -> list[str]:
    """Running VMs, largest first."""
    found: list[str] = await page.evaluate(
        f"{MAP}.plan.pools.at(-1).hosts.flatMap((host) => host.tiles).sort((a, b) => b.w * b.h - a.w * a.h)"
        f".map((tile) => {MAP}.model.things.get(tile.id).name)"
    )
    return found
