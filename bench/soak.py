"""The map left open while a pool is never still, and browsers that come and go: what browser and server keep, minute by minute."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import httpx
from playwright.async_api import CDPSession, async_playwright

from bench.crowd import crowd
from bench.figures import Figure
from bench.pages import CHROMIUM, FLAGS, Xapi
from bench.programs import SimulatedPools, dashboard, simulated

HOSTS, VMS = 3, 100
RATE = 10.0  # changes a second
WARM = 1 / 3
"""The part of the time that does not count: caches fill, and ten minutes of history do."""
VISITED = ("/", "/vms", "/hosts", "/storage", "/attention", "/settings")
TOGETHER = 4
DRAWN = "document.querySelector('.xo-map')?.map?.plan?.pools.length"


async def figures(minutes: float) -> list[Figure]:
    """Megabytes a minute by which heap and resident memory grow, by the line through all samples after the warming."""
    heap: list[tuple[float, float]] = []
    resident: list[tuple[float, float]] = []
    async with simulated(HOSTS, VMS) as pool, dashboard(pool.url) as board, async_playwright() as playwright:
        await board.live()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.context.add_cookies([{"name": name, "value": value, "url": board.url} for name, value in board.cookies.items()])
        await page.goto(board.url)
        await page.wait_for_function(DRAWN)
        devtools = await page.context.new_cdp_session(page)
        restless = asyncio.create_task(_change(pool))
        every, began = min(60.0, minutes * 60 / 6), time.monotonic()
        try:
            for number in itertools.count(1):
                await asyncio.sleep(max(0.0, began + number * every - time.monotonic()))
                at = (time.monotonic() - began) / 60
                used, nodes = await heap_of(devtools)
                heap.append((at, used))
                resident.append((at, board.resident() / 1e6))
                print(f"{at:5.1f} min: heap {used:.2f} MB, {nodes:,} nodes, server {resident[-1][1]:.1f} MB", file=sys.stderr, flush=True)
                if at >= minutes or restless.done():
                    break
        finally:
            restless.cancel()
        if restless.done():
            restless.result()  # it ends by itself only if it failed
        await browser.close()
    beside = f"{RATE:.0f} changes a second for {minutes:g} minutes, {VMS} VMs; at its end {{:.1f}} MB"
    return [
        Figure("a browser on the map, its heap after collection: growth", slope(heap), "MB/min", 0.1, beside.format(heap[-1][1])),
        Figure("... the server's resident memory: growth", slope(resident), "MB/min", 0.2, beside.format(resident[-1][1])),
    ]


async def coming_and_going(minutes: float) -> list[Figure]:
    """Megabytes a minute by which resident memory grows while browsers open pages and leave them, as people do all day."""
    resident: list[tuple[float, float]] = []
    opened = 0
    async with simulated(HOSTS, VMS) as pool, dashboard(pool.url) as board:
        await board.live()
        every, began = min(60.0, minutes * 60 / 12), time.monotonic()
        async with crowd(board, ["/"], _unheard):  # one stays, so that it is never idle
            for path in itertools.cycle(VISITED):
                async with crowd(board, [path] * TOGETHER, _unheard):
                    await asyncio.sleep(1)
                opened += TOGETHER
                at = time.monotonic() - began
                if at >= (len(resident) + 1) * every:
                    resident.append((at / 60, board.resident() / 1e6))
                    print(f"{at / 60:5.1f} min: {opened} pages were open, server {resident[-1][1]:.1f} MB", file=sys.stderr, flush=True)
                if at >= minutes * 60:
                    break
    beside = f"{opened} pages in {minutes:g} minutes, {TOGETHER} at a time; at its end {resident[-1][1]:.1f} MB"
    return [Figure("browsers that come and go, the server's resident memory: growth", slope(resident), "MB/min", 0.5, beside)]


def _unheard(_index: int, _text: str, _moment: float) -> None:
    """What a browser is sent, and nobody looks at."""


async def heap_of(devtools: CDPSession) -> tuple[float, int]:
    """(megabytes that scripts keep, with what their arrays keep outside of the heap; nodes of the document), after a collection."""
    for _ in range(3):  # what is weak, or has a finalizer, goes with the second
        await devtools.send("HeapProfiler.collectGarbage")
        await asyncio.sleep(0.2)
    usage: dict[str, Any] = await devtools.send("Runtime.getHeapUsage")
    counters: dict[str, Any] = await devtools.send("Memory.getDOMCounters")
    return (usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6, counters["nodes"]


async def _change(pool: SimulatedPools) -> None:
    """Names, tags, and once a second a VM that really stops or starts, with its task."""
    xapi = Xapi(pool)
    running = deque(ref for ref, _uuid in xapi.vms)
    halted: deque[str] = deque()
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=30) as client:
        for number in itertools.count():
            running.rotate(1)
            kind = number % 10
            if kind == 0 and len(halted) < 5:
                halted.append(running.pop())
                await xapi.call("VM.hard_shutdown", halted[-1])
            elif kind == 0:
                running.append(halted.popleft())
                await xapi.call("VM.start", running[-1], False, True)
            else:
                named = {"name_label": f"restless-{number % 150:03d}"} if kind % 2 else {"tags": [f"tag {number % 7}"]}
                await client.post(f"{pool.control}/change", json={"ref": running[0], "fields": named})
            await asyncio.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Units a minute; never less than nothing."""
    kept = [sample for sample in samples if sample[0] >= samples[-1][0] * WARM]
    if len(kept) < 2:
        return 0.0
    line = statistics.linear_regression([at for at, _ in kept], [value for _, value in kept])
    return max(0.0, line.slope)
