"""What a change costs on its way to browsers: time to the DOM, bytes on the socket, requests to the pool, a crowd."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import XenAPI
from playwright.async_api import Page, WebSocket, async_playwright

from bench.crowd import crowd
from bench.figures import Figure, percentile
from bench.programs import Dashboard, SimulatedPools, dashboard, simulated
from bench.wire import tapped

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
MEASURED = re.compile(rb"runMethod\(\d+,'(measured|add|loads)'")
"""What a round of measurements sends: it comes by the clock, whatever changes."""
NOTE = """text => { window.seen = 0;
  const look = () => { if (!window.seen && document.body.innerText.includes(text)) window.seen = Date.now(); };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true}); look(); }"""


class Xapi:
    """Changes the pool from outside, as another client would."""

    def __init__(self, pool: SimulatedPools) -> None:
        self._session = XenAPI.Session(pool.url)
        self._session.login_with_password(pool.user, pool.password, "2.21", "bench")
        self.vms: list[tuple[str, str]] = [
            (ref, record["uuid"])
            for ref, record in self._session.xenapi.VM.get_all_records().items()
            if record["power_state"] == "Running" and not record["is_control_domain"]
        ]

    async def call(self, method: str, *arguments: object) -> object:
        return await asyncio.to_thread(self._session.xenapi_request, method, arguments)


async def reply_to_dom(changes: int = 40) -> list[Figure]:
    """XAPI's answer passes the wire; how long until the words stand in Chromium's page?"""
    async with simulated(3, 100) as pool, tapped(pool.url) as (wire, url), dashboard(url) as board:
        await board.live()
        xapi = Xapi(pool)
        ref, uuid = xapi.vms[0]
        times = []

        async def measure(page: Page, _sizes: list[int]) -> None:
            for number in range(changes):
                name = f"measured-{number:03d}-x"
                wire.watch(name)
                await page.evaluate(NOTE, name)
                await xapi.call("VM.set_name_label", ref, name)
                await page.wait_for_function("window.seen > 0", timeout=5000)
                times.append(await page.evaluate("window.seen") - wire.passed(name) * 1000)
                await asyncio.sleep(0.15)

        await _in_chromium(board, f"/vm/{uuid}", measure)
    return [
        Figure("reply of XAPI to changed DOM, p50", statistics.median(times), "ms", 50, f"{changes} changes of a name on a VM's page"),
        Figure("... p95", percentile(times, 0.95), "ms", 150),
    ]


async def bytes_of_a_change() -> list[Figure]:
    """A VM's power state changes, by itself: what goes to a browser that shows it, and to one that shows another.

    By a command there would be a task as well, which every browser counts in its bar.
    """
    async with simulated(3, 100) as pool, dashboard(pool.url) as board:
        await board.live()
        xapi = Xapi(pool)
        (shown, uuid), (_other, other_uuid) = xapi.vms[0], xapi.vms[1]

        async def pause(_page: Page, sizes: list[int]) -> None:
            await asyncio.sleep(2)
            sizes.clear()
            await _by_itself(pool, shown, "Paused")
            await asyncio.sleep(2)

        looking = await _in_chromium(board, f"/vm/{uuid}", pause)
        await _by_itself(pool, shown, "Running")
        await asyncio.sleep(1)
        elsewhere = await _in_chromium(board, f"/vm/{other_uuid}", pause, narrow=True)
    return [
        Figure("a VM's power change, to a browser on its page", sum(looking), "B", 1000, f"{len(looking)} messages"),
        Figure("... to a browser that does not show it", sum(elsewhere), "B", 0, "a page of another VM, the tree folded away"),
    ]


async def _by_itself(pool: SimulatedPools, vm: str, power_state: str) -> None:
    async with httpx.AsyncClient() as client:
        change = {"ref": vm, "fields": {"power_state": power_state}}
        (await client.post(f"{pool.control}/change", json=change)).raise_for_status()


async def _in_chromium(
    board: Dashboard, path: str, act: Callable[[Page, list[int]], Awaitable[None]], *, narrow: bool = False
) -> list[int]:
    """Open `path` signed in, `act`; the sizes of the messages that change something (measurements of load left out)."""
    sizes: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: _count(frame, sizes))

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 500 if narrow else 1440, "height": 900})
        await page.context.add_cookies([{"name": name, "value": value, "url": board.url} for name, value in board.cookies.items()])
        page.on("websocket", listen)
        await page.goto(board.url + path)
        await page.wait_for_timeout(1500)
        await act(page, sizes)
        counted = list(sizes)
        await browser.close()
    return counted


def _count(frame: Any, sizes: list[int]) -> None:
    data = frame if isinstance(frame, bytes) else str(frame).encode()
    if data.startswith(b"42") and not MEASURED.search(data):
        sizes.append(len(data))


async def requests_of_a_crowd(seconds: float = 30.0) -> list[Figure]:
    """Requests to XAPI per minute with one browser on the map, and with fifty."""
    counts = []
    async with simulated(3, 100) as pool, tapped(pool.url) as (wire, url), dashboard(url) as board:
        await board.live()
        for browsers in (1, 50):
            async with crowd(board, ["/"] * browsers, lambda _index, _text, _moment: None):
                await asyncio.sleep(6)  # one round of measurements starts
                before = wire.requests
                await asyncio.sleep(seconds)
                counts.append((wire.requests - before) * 60 / seconds)
    return [
        Figure("XAPI requests per minute, 1 browser", counts[0], "/min"),
        Figure("XAPI requests per minute, 50 browsers", counts[1], "/min", counts[0] * 1.05 + 2, "no more than with one"),
    ]


async def a_crowd_under_change(browsers: int = 100, rate: float = 20.0, seconds: float = 20.0) -> list[Figure]:
    """Every browser shows the map; names of VMs change `rate` times a second."""
    delays: list[float] = []
    async with simulated(3, 100) as pool, tapped(pool.url) as (wire, url), dashboard(url) as board:
        await board.live()
        xapi = Xapi(pool)
        open_names: dict[str, set[int]] = {}

        def received(index: int, text: str, moment: float) -> None:
            for name, seen in open_names.items():
                if index not in seen and name in text:
                    seen.add(index)
                    delays.append((moment - wire.passed(name)) * 1000)

        async with crowd(board, ["/"] * browsers, received):
            await asyncio.sleep(3)
            cpu, started = board.cpu(), time.perf_counter()
            for number in range(int(rate * seconds)):
                name = f"crowd-{number:05d}-x"
                if number % 10 == 0:  # every tenth is followed to all browsers
                    wire.watch(name)
                    open_names[name] = set()
                await xapi.call("VM.set_name_label", xapi.vms[number % len(xapi.vms)][0], name)
                await asyncio.sleep(max(0.0, started + (number + 1) / rate - time.perf_counter()))
            spent = time.perf_counter() - started
            load = (board.cpu() - cpu) / spent
            await asyncio.sleep(1)
    arrived = sum(len(seen) for seen in open_names.values()) / (len(open_names) * browsers)
    return [
        Figure(f"{browsers} browsers on the map, {rate:.0f} changes/s: processor", load * 100, "% of a core", 100),
        Figure("... XAPI's reply to the browser's socket, p50", statistics.median(delays), "ms"),
        Figure("... p99", percentile(delays, 0.99), "ms", 500, f"{arrived:.0%} of them arrived alone, the rest in a newer one"),
    ]  # fmt: skip
