"""The map in a browser: how soon it is there, what it keeps, how soon it shows what happens, and that it rests."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from playwright.async_api import Page, async_playwright

from bench.figures import Figure, percentile
from bench.pages import CHROMIUM, FLAGS, Xapi
from bench.programs import Dashboard, SimulatedPools, dashboard, simulated
from bench.soak import heap_of

RUNS = 3
CHANGES = 40
QUIET = 15.0  # seconds
MAP = "document.querySelector('.xo-map').map"
DRAWN = "window.drawn > 0"
NOTE_SEEN = """const noteSeen = (what) => requestAnimationFrame(() => {
  window[what] = performance.now();
  console.debug("seen");
});"""
"""Milliseconds from the start of the page's loading to the end of the frame that has its picture. Waiting for the line on the console runs
no script of the driver's in the page."""
NOTE_DRAWN = (
    NOTE_SEEN
    + """window.drawn = 0;
const look = () => {
  const map = document.querySelector('.xo-map')?.map;
  if (map?.painter.painted.full && map.plan?.pools.some(({ hosts }) => hosts.length)) noteSeen("drawn");
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);"""
)
NOTE_LISTED = """window.listed = 0;
const find = () => {
  if (document.querySelectorAll('.x-vms-box [role=row] a').length > 5) noteSeen("listed");
  else requestAnimationFrame(find);
};
requestAnimationFrame(find);"""
WAIT_FOR = f"""([uuid, state]) => {{
  const map = {MAP}, vm = () => [...map.model.things.values()].find((thing) => thing.uuid === uuid), paint = map.paint;
  window.changed = 0;
  map.paint = function () {{ paint.call(map); if (vm()?.state === state) {{ window.changed = Date.now(); map.paint = paint; }} }};
}}"""
COUNT = f"""() => {{
  const map = {MAP}, patch = map.patch;
  window.told = 0;
  map.patch = function (message) {{
    if (["p", "h", "m", "s", "n", "x"].some((key) => message[key])) window.told++;
    return patch.call(map, message);
  }};
  window.before = {{ ...map.painter.painted }};
}}"""


@asynccontextmanager
async def opened(board: Dashboard) -> AsyncIterator[Page]:
    """The map in Chromium, signed in and painted."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await page.context.add_cookies([{"name": name, "value": value, "url": board.url} for name, value in board.cookies.items()])
        await page.add_init_script(NOTE_DRAWN)
        await page.goto(board.url)
        await page.wait_for_function(DRAWN, timeout=60_000)
        yield page
        await browser.close()


async def opening(hosts: int, vms: int, seconds: float, heap: float | None) -> list[Figure]:
    """Page to picture, the best of RUNS: other programs can only make one worse. The first fills the browser's cache."""
    times = []
    async with simulated(hosts, vms) as pool, dashboard(pool.url) as board:
        await board.live()
        async with opened(board) as page:
            for _run in range(RUNS):
                await page.goto(board.url)
                await page.wait_for_function(DRAWN, timeout=60_000)
                times.append(await page.evaluate("window.drawn") / 1000)
            await asyncio.sleep(12)  # two rounds of measurements
            used, _nodes = await heap_of(await page.context.new_cdp_session(page))
    beside = f"{RUNS} times, {min(times):.2f} to {max(times):.2f} s; 1920 x 1080"
    return [
        Figure(f"the map of {vms:,} VMs: page to picture", min(times), "s", seconds, beside),
        Figure(f"... the browser's heap ({vms:,} VMs)", used, "MB", heap),
    ]


async def first_visits() -> list[Figure]:
    """Map and list of 300 VMs with an empty cache, in turns; the best of each."""
    times: dict[str, list[float]] = {"drawn": [], "listed": []}
    files: dict[str, int] = {}
    async with simulated(12, 300) as pool, dashboard(pool.url) as board, async_playwright() as playwright:
        await board.live()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _run in range(RUNS + 1):  # the first one's answers are compressed for it
            for path, seen in (("", "drawn"), ("/vms", "listed")):
                page = await browser.new_page(viewport={"width": 1440, "height": 900})
                await page.context.add_cookies([{"name": name, "value": value, "url": board.url} for name, value in board.cookies.items()])
                await page.add_init_script(NOTE_DRAWN + NOTE_LISTED)
                async with page.expect_console_message(lambda line: line.text == "seen", timeout=60_000):
                    await page.goto(board.url + path, wait_until="commit")
                times[seen].append(await page.evaluate(f"window.{seen}") / 1000)
                files[seen] = await page.evaluate("performance.getEntriesByType('resource').length")
                await page.close()
        await browser.close()
    as_map, as_list = min(times["drawn"][1:]), min(times["listed"][1:])
    beside = f"the list's: {as_list:.2f} s; {files['drawn']} and {files['listed']} files"
    return [Figure("the map's first visit, its cache empty", as_map, "s", as_list, beside)]


async def event_to_pixel() -> list[Figure]:
    """A VM's power state changes at the pool; the map is painted with it. And what it costs to look at three hosts."""
    async with simulated(3, 50) as pool, dashboard(pool.url) as board:
        await board.live()
        async with opened(board) as page:
            times = await _changes(pool, page)
            await asyncio.sleep(6)
            await page.evaluate(COUNT)
            cpu = board.cpu()
            await asyncio.sleep(QUIET)
            load = (board.cpu() - cpu) / QUIET
            told: int = await page.evaluate("window.told")
            painted: int = await page.evaluate(
                f"(() => {{ const now = {MAP}.painter.painted; return now.full + now.hosts - before.full - before.hosts; }})()"
            )
    return [
        Figure(
            "an event at the pool to painted pixels, p50", statistics.median(times), "ms", None, f"{CHANGES} changes of a VM's power state"
        ),
        Figure("... p95", percentile(times, 0.95), "ms", 500),
        Figure(f"nothing happens for {QUIET:.0f} s: messages but measurements", told, "", 0),
        Figure("... hosts or more painted", painted, "", 0, "tiles whose load moved are another thing"),
        Figure("one browser on the map of 3 hosts and 50 VMs: processor", load * 100, "% of a core", 2),
    ]


async def _changes(pool: SimulatedPools, page: Page) -> list[float]:
    xapi, times = Xapi(pool), []
    async with httpx.AsyncClient() as client:
        for number in range(CHANGES):
            ref, uuid = xapi.vms[number // 2 % len(xapi.vms)]
            name, state = ("Paused", 2) if number % 2 == 0 else ("Running", 1)
            await page.evaluate(WAIT_FOR, [uuid, state])
            began = time.time()
            (await client.post(f"{pool.control}/change", json={"ref": ref, "fields": {"power_state": name}})).raise_for_status()
            await page.wait_for_function("window.changed > 0", timeout=10_000)
            times.append(await page.evaluate("window.changed") - began * 1000)
            await asyncio.sleep(0.3)
    return times
