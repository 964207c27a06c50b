"""The map as a table: what its rows are, and what a person does with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browsing import in_the_browser
from tests.map.pure import call, modules
from tests.running import running

MAP = "document.querySelector('.xo-map').map"
READY = f"{MAP}?.plan?.pools.length && document.querySelector('.xo-row')"
SELECTED = f"[...{MAP}.look.selected].map((id) => {MAP}.model.things.get(id).name)"
SCENE: dict[str, Any] = {
    "v": 0, "r": 1,
    "p": [[1, "p", "lab", 0, 0, "XCP-ng 8.3", 0, "live", 0, 0]],
    "h": [[2, "h2", 1, "host-10", 7, 65536, 1024, 4096, 8, 0], [3, "h3", 1, "host-9", 6, 65536, 1024, 4096, 8, 0]],
    "m": [[10 + i, f"v{i}", 1, 3 if i % 2 else 2, f"vm-{i}", 1, 1024 * (i % 3 + 1), 2, "", -1, -1, 0, [], [], 2 * (i == 4), 0, 0, -1, -1, 0]
          for i in range(12)] + [[30, "v30", 1, -1, "old", 0, 1024, 2, "", -1, -1, 0, [], [], 0, 0, 0, -1, -1, 0]],
    "s": [[40, "s", 1, -1, "nfs", "nfs", 1000, 900, 0, 0, [], 3]],
}  # fmt: skip
OUTLINE = """(message, how) => {
  const known = new model.Model();
  known.apply(message);
  const usual = { sort: { column: "name", down: false }, only: false, shown: -1 };
  const sets = { opened: new Map(how.opened ?? []), found: how.found ? new Set(how.found) : null };
  return outline.outline(known, { ...usual, ...how, ...sets })
    .map(({ thing, group, level, pos, size, open }) => [thing?.name ?? group, level, pos, size, open]);
}"""


@pytest.fixture(scope="module")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("tests.map.serve", tmp_path_factory.mktemp("table"), ready="/") as url:
        yield url


@in_the_browser
async def page(browser: Browser, address: str) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{address}/?view=table")
    await page.wait_for_function(READY)
    await page.locator("#xo-table").focus()
    yield page
    assert not errors


async def test_rows_are_what_is_known_in_the_order_asked_for(browser: Browser) -> None:
    async with modules(browser, "model", "outline") as page:

        async def rows(**how: Any) -> list[list[Any]]:
            found: list[list[Any]] = await call(page, f"({OUTLINE})", SCENE, how)
            return found

        plain = await rows()
        assert [row[0] for row in plain[:4]] == ["lab", "host-9", "vm-1", "vm-3"]  # 9 before 10
        assert [row[0] for row in plain if row[1] == 2] == ["host-9", "host-10", "halted", "srs"]
        assert plain[2] == ["vm-1", 3, 1, 6, None]
        assert sum(row[0].startswith("vm-") for row in plain) == 12
        by_memory = await rows(sort={"column": "memory", "down": True})
        assert [row[0] for row in by_memory[2:8]] == ["vm-5", "vm-11", "vm-1", "vm-7", "vm-3", "vm-9"]
        by_mark = await rows(sort={"column": "mark", "down": True})
        host = [row[0] for row in by_mark].index("host-10")
        assert by_mark[host + 1][0] == "vm-4"
        only = await rows(only=True, found=[14])
        assert [row[0] for row in only] == ["lab", "host-10", "vm-4"]
        closed = await rows(opened=[["3", False]])
        assert closed[1] == ["host-9", 2, 1, 4, False] and closed[2][0] == "host-10"
        assert [row[0] for row in await rows(opened=[["1", False]], shown=14)][:3] == ["lab", "host-9", "vm-1"]  # what is shown is there


async def test_by_group_the_tree_has_the_groups_of_the_map(browser: Browser) -> None:
    async with modules(browser, "model", "outline") as page:
        sets = [
            {"key": "tag:web", "kind": "", "name": "web", "tiles": [{"id": 14}, {"id": 13}, {"id": 99}]},
            {"key": "tag/none", "kind": "none", "name": "", "tiles": [{"id": 30}]},
        ]

        async def rows(**how: Any) -> list[list[Any]]:
            found: list[list[Any]] = await call(page, f"({OUTLINE})", SCENE, {"sets": sets, **how})
            return found

        assert await rows() == [
            ["set", 1, 1, 3, True], ["vm-3", 2, 1, 2, None], ["vm-4", 2, 2, 2, None],
            ["set", 1, 2, 3, True], ["old", 2, 1, 1, None],
            ["lab", 1, 3, 3, True], ["srs", 2, 1, 1, True], ["nfs", 3, 1, 1, None],
        ]  # fmt: skip
        assert [row[0] for row in await rows(sort={"column": "mark", "down": True})][:5] == ["set", "vm-4", "vm-3", "set", "old"]
        assert [row[0] for row in await rows(found=[14], only=True)] == ["set", "vm-4"]
        assert [row[0] for row in await rows(opened=[["tag:web", False]])][:2] == ["set", "set"]


async def test_a_network_says_what_its_rail_shows(browser: Browser) -> None:
    busy = """(busy) => {
      const row = { thing: { kind: "network", name: "lan", beads: [], busy } }, words = { busy: ["under 5%", "over 5%"] };
      return cells.cells(row, null, words, {}).map(({ text }) => text);
    }"""
    async with modules(browser, "cells") as page:
        assert [await call(page, f"({busy})", step) for step in (0, 1)] == [
            ["lan", "", "", "", "", "", "", ""],
            ["lan", "", "", "", "", "over 5%", "", ""],
        ]


def scene_of(vms: int) -> str:
    """As text: Playwright takes a value apart into thousands."""
    rows = [[100 + i, f"m{i}", 1, 2 + i % 2, f"app-{i}", 1, 1024, 2, "", -1, -1, 0, [], [], 0, 0, 0, -1, -1, 0] for i in range(vms)]
    return json.dumps({**SCENE, "m": rows})


PATCH = f"(text) => {MAP}.patch(JSON.parse(text))"
AGAIN = f"""Math.min(...Array.from({{length: 9}}, () => {{
  const from = performance.now();
  {MAP}.table.again();
  return performance.now() - from;
}}))"""
"""Milliseconds that the rows of the table take to make."""


async def test_ten_thousand_vms_are_a_few_elements(page: Page) -> None:
    await page.evaluate(PATCH, scene_of(10_000))
    table = page.locator("#xo-table")
    await expect(table).to_have_attribute("aria-rowcount", "5")  # the head, the pool, its hosts and its SRs, all closed
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    await expect(table).to_have_attribute("aria-rowcount", "5005")
    assert await page.locator(".xo-row").count() < 60
    await page.keyboard.press("End")
    await expect(page.locator(".xo-row-active .xo-cell-name a")).to_have_text("Storage")
    await page.get_by_label("Group").select_option("tag")
    await expect(table).to_have_attribute("aria-rowcount", "4")  # the head, those without a tag, the pool and its SRs, all closed
    await table.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowRight")
    await expect(table).to_have_attribute("aria-rowcount", "10004")
    assert await page.locator(".xo-row").count() < 60
    of_many = await page.evaluate(AGAIN)
    await page.evaluate(PATCH, scene_of(1000))
    await expect(table).to_have_attribute("aria-rowcount", "1004")
    assert of_many < 40 * await page.evaluate(AGAIN), "ten times as many take ten times as long, and a hundred times by their square"


async def test_groups_are_rows_of_the_tree_and_can_be_put_elsewhere(page: Page) -> None:
    await page.get_by_label("Group").select_option("tag")
    tree, groups = (
        page.locator("#xo-table"),
        f"{MAP}.plan.groups.map(({{name, kind, tiles}}) => [kind ? 'No group' : name, tiles.length])",
    )
    shown = page.locator(".xo-row-set[aria-level='1'] .xo-cell-name")
    (first, count), (second, _many), *_others = before = await page.evaluate(groups)
    await expect(shown.first).to_have_text(f"{first}{count}")
    row = tree.get_by_role("row", name=first, expanded=True).first
    assert [await row.get_attribute(name) for name in ("aria-posinset", "aria-setsize")] == ["1", str(len(before) + 2)]
    assert not await row.get_attribute("aria-selected")
    await tree.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press(">")
    await expect(shown.first).to_contain_text(second)
    await expect(page.locator(".xo-row-active a")).to_have_text(first)
    active = await tree.get_attribute("aria-activedescendant")
    assert await page.evaluate("(id) => document.getElementById(id).matches('.xo-row-active')", active)
    assert [name for name, _n in await page.evaluate(groups)][:2] == [second, first]  # the map has the same
    assert (await page.evaluate(f"{MAP}.plan.groups.map(({{name}}) => name)"))[-1] == ""
    await page.evaluate(f"{MAP}.unorder()")
    await expect(shown.first).to_contain_text(first)
    await page.get_by_label("Group").select_option("placement")
    await expect(shown).to_have_count(0)


async def test_it_is_a_treegrid(page: Page) -> None:
    tree = page.get_by_role("treegrid")
    await expect(tree).to_have_attribute("aria-multiselectable", "true")
    pool = tree.get_by_role("row", name="lab-pool", expanded=True)
    assert await pool.get_attribute("aria-level") == "1"
    host = tree.get_by_role("row", name="xcp-lab-1", expanded=True).first
    assert [await host.get_attribute(name) for name in ("aria-level", "aria-posinset", "aria-setsize")] == ["2", "1", "6"]
    await expect(tree.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    assert await tree.get_by_role("columnheader").count() == 8
    await expect(tree.get_by_role("rowheader").first).to_have_text("home6")


async def test_keys_do_what_a_treegrid_s_do(page: Page, address: str) -> None:
    active = page.locator(".xo-row-active .xo-cell-name a")
    tree = page.locator("#xo-table")
    await page.keyboard.press("Home")
    await expect(active).to_have_text("home")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".xo-row-active")).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await expect(active).to_have_text("attic")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    await expect(active).to_have_text("attic")  # the parent
    for _ in range(2):
        await page.keyboard.press("ArrowRight")
    assert str(await tree.get_attribute("aria-activedescendant")).endswith("-1")
    await expect(page.locator(".xo-row .xo-cell-active")).to_have_text("master")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("columnheader", name="CPU")).to_have_attribute("aria-sort", "descending")
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.type("vau")
    await expect(active).to_have_text("vault")
    await page.keyboard.press(".")
    await page.get_by_role("menu").wait_for()
    assert await page.evaluate(SELECTED) == ["vault"]
    await page.keyboard.press("Escape")
    await page.get_by_role("menu").wait_for(state="hidden")  # it gives the focus back when it has gone
    await tree.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{address}/vm/*")


async def test_the_selection_and_the_filter_are_those_of_the_map(page: Page) -> None:
    await page.keyboard.type("git")
    await page.keyboard.press("Space")
    await page.locator(".xo-selection-name", has_text="git").wait_for()
    await page.keyboard.press("Shift+ArrowDown")
    await page.get_by_text("2 VMs selected").wait_for()
    await page.get_by_role("button", name="Map", exact=True).click()
    await expect(page.locator(".xo-map-focus")).to_be_visible()
    assert len(await page.evaluate(SELECTED)) == 2
    await page.evaluate(f"{MAP}.choose([...{MAP}.model.things.values()].find(({{name}}) => name === 'minio').id, false)")
    await page.get_by_role("button", name="Table", exact=True).click()
    await expect(page.locator(".xo-row-chosen .xo-cell-name a")).to_have_text(["minio"])
    await page.locator(".xo-filter input").fill("k8s")
    await expect(page.locator(".xo-row:not(.xo-row-dim, .xo-row-group) a", has_text="k8s").first).to_be_visible()
    await expect(page.locator(".xo-row-dim").first).to_be_visible()
    await page.evaluate(f"{MAP}.set({{ only: true }})")
    await expect(page.locator(".xo-row a", has_text="minio")).to_have_count(0)
    await page.locator(".xo-filter input").fill("no such thing")
    await expect(page.get_by_text("Nothing found.").last).to_be_visible()


async def test_a_click_selects_and_what_changes_is_seen(page: Page, address: str) -> None:
    row = page.locator(".xo-row", has=page.get_by_text("forge", exact=True))
    await row.locator(".xo-cell-state").click()
    await expect(row).to_have_attribute("aria-selected", "true")
    await expect(row).to_contain_text("Running")
    uuid = await page.evaluate(f"[...{MAP}.model.things.values()].find(({{name}}) => name === 'forge').uuid")
    await page.request.post(f"{address}/test/halt/{uuid}")
    await page.keyboard.press("Escape")
    await expect(page.locator(".xo-row-active")).to_contain_text("Halted")  # it is with the halted ones now, and still the active row
    assert await page.evaluate(SELECTED) == []


async def test_it_fits_a_phone(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await page.goto(f"{address}/?view=table")
    await page.wait_for_function(READY)
    box = await page.locator("#xo-table").evaluate("(box) => [box.scrollWidth, box.clientWidth]")
    assert box[0] <= box[1]
    await page.get_by_label("Sort by").select_option("memory")
    assert await page.evaluate(f"{MAP}.table.sort") == {"column": "memory", "down": True}
