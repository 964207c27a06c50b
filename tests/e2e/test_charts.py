"""The past of a VM and of a pool, and several VMs beside each other, as a person looks at them."""

import re
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.e2e.person import person
from tests.e2e.programs import Board

ROWS = "fetch('/vms/rows').then((answer) => answer.json())"


async def running(page: Page) -> dict[str, str]:
    """{name: uuid}"""
    whole: dict[str, Any] = await page.evaluate(ROWS)
    rows = [dict(zip(whole["names"], row, strict=True)) for row in whole["rows"]]
    return {row["name"]: row["uuid"] for row in rows if row["state"] == "running"}


async def test_a_day_of_a_vm_is_looked_at_closer_and_compared(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url) as someone:
        await someone.signs_in("demo", "demo")
        page = someone.page
        vms = await running(page)
        await someone.goes(f"/vm/{vms['web-1']}")
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        await expect(page.get_by_role("button", name="10 min")).to_have_attribute("aria-pressed", "true")
        assert await page.locator(".x-plot").count() == 0

        await page.get_by_role("button", name="Day").click()
        first = page.locator(".x-plot-area").first
        await expect(first).to_have_attribute("aria-label", re.compile(r"CPU: average \d+.?%, minimum .* now"))
        await expect(first.locator("canvas")).to_be_visible()
        assert page.url.endswith("?range=day")
        assert any("?step=3600&rows=26" in url for url in loaded) and any("/index-" in url for url in loaded)  # the library, only now
        await expect(page.locator(".x-past-cards .x-card")).to_have_count(6)

        await page.get_by_label("Device, CPU").select_option("cpu1")
        box = await first.bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 40)  # into the last two hours
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"], box["y"] + 40, steps=4)
        await page.mouse.up()
        await expect(page.locator(".x-past-step")).to_have_text("1-minute values")
        assert re.search(r"\?from=\d+&to=\d+$", page.url)

        await first.focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator(".x-plot-cross").first).to_be_visible()
        await page.keyboard.press("Backspace")
        await expect(page.locator(".x-past-step")).to_have_text("hourly values")

        await page.get_by_role("button", name="Memory: Show large").click()
        large = page.get_by_role("dialog", name="Memory")
        await expect(large.locator(".x-plot-area")).to_be_focused()
        await page.keyboard.press("ArrowLeft")
        await expect(large.locator(".x-plot-cross")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(large.locator(".x-plot-cross")).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(large).to_be_hidden()
        await expect(page.get_by_role("button", name="Memory: Show large")).to_be_focused()
        await page.get_by_role("button", name="10 min").click()
        await page.locator(".x-past-live .x-chart-plot").nth(2).click()
        await expect(page.get_by_role("dialog", name="Disk throughput").locator("canvas")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="10 min")).to_have_attribute("aria-pressed", "true")

        names = ("web-1", "db-01", "db-02")
        await someone.goes(f"/compare?o={','.join('vm:' + vms[name] for name in names)},vm:nobody&range=2h")
        strips = page.locator(".x-past-cards .x-card").first.locator(".x-strip")
        await expect(strips).to_have_count(3)
        await page.get_by_role("button", name="Remove db-02").click()
        await expect(strips).to_have_count(2)
        await page.get_by_role("button", name="Individual scale").click()
        assert "scale=own" in page.url and vms["db-02"] not in page.url
        await someone.fits()


async def test_lists_have_sparklines_of_what_is_in_sight(browser: Browser, demo: Board) -> None:
    async with person(browser, demo.url) as someone:
        await someone.signs_in("demo", "demo")
        for path in ("/vms", "/hosts", "/storage"):
            await someone.goes(path)
            await someone.page.wait_for_selector(".x-trace path[d^=M]", state="attached")
