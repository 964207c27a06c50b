"""The page of a VM in a browser: from the click to its painted picture, in a pool of a thousand."""

from __future__ import annotations

from playwright.async_api import async_playwright

from bench.figures import Figure
from bench.pages import CHROMIUM, FLAGS, Xapi
from bench.programs import dashboard, simulated

HOSTS, VMS, RUNS = 20, 1000, 7
SECONDS = 0.3
NOTE_PAINTED = """window.painted = window.usable = 0;
const has = (part) => ['.x-head-name', '.x-tabs'].every((one) => part?.querySelector(one)) && part.querySelectorAll('.x-card').length > 5;
const note = (name) => setTimeout(() => { window[name] ||= performance.now(); });  // once this frame is painted
const look = () => {
  if (has(document)) note('painted');
  if (has(document.querySelector('#app'))) note('usable');
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
"""Milliseconds from the start of the page's loading to the end of the frame that has its head, its tabs and its cards; and to that in
which they can be clicked."""
ANSWERED = "performance.getEntriesByType('navigation')[0].responseEnd"


async def figures() -> list[Figure]:
    """The best of RUNS: other programs can only make one worse. The first fills the browser's cache."""
    painted: list[float] = []
    usable: list[float] = []
    answered: list[float] = []
    async with simulated(HOSTS, VMS) as pool, dashboard(pool.url) as board, async_playwright() as playwright:
        await board.live()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.context.add_cookies([{"name": name, "value": value, "url": board.url} for name, value in board.cookies.items()])
        await page.add_init_script(NOTE_PAINTED)
        for _ref, uuid in Xapi(pool).vms[: RUNS + 1]:
            await page.goto(f"{board.url}/vm/{uuid}")
            await page.wait_for_function("window.usable > 0", timeout=30_000)
            painted.append(await page.evaluate("window.painted") / 1000)
            usable.append(await page.evaluate("window.usable") / 1000)
            answered.append(await page.evaluate(ANSWERED) / 1000)
        await browser.close()
    beside = f"{RUNS} VMs, {min(painted[1:]):.2f} to {max(painted[1:]):.2f} s; the server answers in {min(answered[1:]):.2f} s at best"
    return [
        Figure(f"a VM's page among {VMS:,} VMs: page to picture", min(painted[1:]), "s", SECONDS, beside),
        Figure("... until its elements can be clicked", min(usable[1:]), "s"),
    ]
