"""What axe-core says of our pages, in both themes: nothing that is serious or critical."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.person import MAP, Person, person
from tests.e2e.programs import Board

MODULE = importlib.util.find_spec("axe_playwright_python")
WORST = ("serious", "critical")
PLACES = (
    "/",
    "/?view=table",
    "/?view=table&group=tag",
    "/vms",
    "/hosts",
    "/storage",
    "/snapshots",
    "/networks",
    "/tasks",
    "/attention",
    "/messages",
    "/settings",
    "/account",
)
WHERE = f"""() => Object.fromEntries([...{MAP}.model.things.values()]
  .filter((thing) => thing.uuid && !(thing.kind === "vm" && thing.host < 0)).map((thing) => [thing.kind, thing.uuid]))"""


def axe() -> str:
    assert MODULE is not None and MODULE.submodule_search_locations is not None
    return (Path(MODULE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: Page, rules: str = "{}") -> list[str]:
    """[rule, how bad, where]; `rules` are more than the usual ones."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe())
    found: dict[str, Any] = await page.evaluate(f"axe.run(document, {{ resultTypes: ['violations'], rules: {rules} }})")
    return [
        f"{page.url} {one['id']} ({one['impact']}): {node['target']} {node['failureSummary']} {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in WORST
        for node in one["nodes"][:4]
    ]


async def places(someone: Person) -> list[str]:
    await someone.sees_pools(2)
    things: Mapping[str, str] = await someone.page.evaluate(WHERE)
    return [*PLACES, *(f"/{kind}/{uuid}" for kind, uuid in things.items())]


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_every_page_is_clean(browser: Browser, demo: Board, scheme: str) -> None:
    async with person(browser, demo.url, color_scheme=scheme, reduced_motion="reduce") as someone:
        await someone.page.goto(demo.url)
        await expect(someone.page.get_by_role("button", name="Sign in")).to_be_visible()
        found = await violations(someone.page)
        await someone.signs_in("demo", "demo")
        for path in await places(someone):
            await someone.goes(path)
            await expect(someone.page.locator(".x-status[data-state=live]")).to_be_visible()
            found += await violations(someone.page)
        assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_with_more_contrast_all_words_have_seven_to_one(browser: Browser, demo: Board, scheme: str) -> None:
    async with person(browser, demo.url, color_scheme=scheme, contrast="more", reduced_motion="reduce") as someone:
        await someone.signs_in("demo", "demo")
        found: list[str] = []
        for path in ("/?view=table&group=tag", "/attention", "/vms", "/tasks", "/settings", *(await places(someone))[len(PLACES) :]):
            await someone.goes(path)
            await expect(someone.page.locator(".x-status[data-state=live]")).to_be_visible()
            found += await violations(someone.page, "{ 'color-contrast-enhanced': { enabled: true } }")
        assert not found, "\n".join(found)
