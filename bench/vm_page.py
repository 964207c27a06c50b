"""The page of a VM in a browser: from the click to its painted picture, in a pool of a thousand."""

from __future__ import annotations

from playwright.async_api import async_playwright

from bench.figures import Figure
from bench.pages import CHROMIUM, FLAGS, Xapi
from bench.programs import dashboard, simulated

HOSTS, VMS, RUNS = 20, 1000, 7
SECONDS = 0.3
NOTE_PAINTED = """window.painted = 0;
const look = () => {
  const there = ['.x-head-name', '.x-tabs'].every((one) => document.querySelector(one)) && document.querySelectorAll('.x-card').length > 5;
  if (there) requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
"""Milliseconds from the start of the page's loading to the end of the frame that has its head, its tabs and its cards."""
ANSWERED = "performance.getEntriesByType('navigation')[0].responseEnd"


async def figures() -> list[Figure]:
    """The best of RUNS: other programs can only make one worse. The first fills the browser's cache."""
    painted: list[float] = []
    answered: list[float] = []
    async with simulated(HOSTS, VMS) as pool, dashboard(pool.url) as board, async_playwright() as playwright:
        await board.live()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.context.add_cookies([{"name": name, "value": value, "url": board.url} for name, value in board.cookies.items()])
        await page.add_init_script(NOTE_PAINTED)
        for _ref, uuid in Xapi(pool).vms[: RUNS + 1]:
            await page.goto(f"{board.url}/vm/{uuid}")
            await page.wait_for_function("window.painted > 0", timeout=30_000)
            painted.append(await page.evaluate("window.painted") / 1000)
            answered.append(await page.evaluate(ANSWERED) / 1000)
        await browser.close()
    beside = f"{RUNS} VMs, {min(painted[1:]):.2f} to {max(painted[1:]):.2f} s; the server answers in {min(answered[1:]):.2f} s at best"
    return [Figure(f"a VM's page among {VMS:,} VMs: page to picture", min(painted[1:]), "s", SECONDS, beside)]
