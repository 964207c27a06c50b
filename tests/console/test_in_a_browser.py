"""The story of a console: it outlives a reboot, and ends with the session. What is typed into one is in `e2e/test_a_vm_s_whole_life`."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from components.console import files
from tests.asking import until
from tests.e2e.conftest import demo  # noqa: F401  # the fixture
from tests.e2e.person import person
from tests.e2e.programs import Board

ROWS = """async (name) => {
  const { names, rows } = await (await fetch('/vms/rows')).json(), at = (field) => names.indexOf(field);
  const row = rows.find((row) => row[at('name')] === name);
  return row[at('uuid')];
}"""
SEEN = """() => {
  const body = document.body, seen = (window.seen = []), last = document.querySelector(".x-console-last");
  const look = () => {
    if (body.dataset.connected === seen.at(-1)?.[0]) return;
    seen.push([body.dataset.connected, !last.hidden, document.querySelector(".x-console-panel-title").textContent]);
  };
  new MutationObserver(look).observe(body, { attributes: true });
}"""
"""From now on, keep whether it is connected, whether the last picture is shown, and what is said."""


async def connected(page: Page) -> None:
    await expect(page.locator("body")).to_have_attribute("data-connected", "yes")


@pytest.mark.skipif(not files.is_here(), reason="needs noVNC, which the build could not fetch")
async def test_a_console_outlives_a_reboot_and_ends_with_its_session(browser: Browser, demo: Board) -> None:  # noqa: F811
    async with person(browser, demo.url) as one:
        await one.signs_in("demo", "demo")
        uuid = await one.page.evaluate(ROWS, "wiki")
        await one.goes(f"/vm/{uuid}/console")
        await expect(one.page.frame_locator(".x-console-tab").locator("body")).to_have_attribute("data-connected", "yes")

        page = await one.context.new_page()
        await page.goto(f"{demo.url}/console/{uuid}")
        await connected(page)
        await expect(page.locator(".x-console-screen canvas")).to_be_visible()
        await page.evaluate(SEEN)
        await one.verb("Reboot").click()
        await one.page.locator(".x-dialog").get_by_role("button", name="Reboot", exact=True).click()

        async def came_back() -> bool:
            return bool(await page.evaluate("seen.length > 1 && seen.at(-1)[0] === 'yes'"))

        await until(came_back, "the console of the VM that was rebooted")
        between = [seen for seen in await page.evaluate("seen") if seen[0] == "no"]
        assert all(has_last_picture and "wiki" in why for _no, has_last_picture, why in between)

        await page.get_by_role("button", name="View only").click()
        await expect(page.locator(".x-console-foot")).to_contain_text("View only")
        one.expects_trouble = True
        await page.request.post(f"{demo.url}/sign-out", headers={"origin": demo.url})
        await expect(page.locator(".x-console-panel-title")).to_have_text("You are signed out")
        await expect(page.locator(".x-console-last")).to_be_hidden()
