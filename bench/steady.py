"""What the dashboard costs all day: processor time of its process, with nobody and with five pages open, quiet and under change."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from bench.crowd import crowd
from bench.figures import Figure
from bench.pages import Xapi
from bench.programs import Dashboard, SimulatedPools, dashboard, simulated

SPAN = 20.0
"""Seconds that each row is told for."""
MINUTE = 60.0
"""Seconds that each is measured for: hosts are asked once a minute where nobody looks, and what is told is looked at again then."""
SETTLE = 5.0
"""Seconds after pages were opened."""
WARM = 40.0
"""Seconds after which the first ten minutes of all hosts are there and everything was judged."""
_NUMBERS = itertools.count()
"""Each name is another one."""
RATE = 10.0
"""Changes a second."""
OPEN = 5
"""Pages."""
LEAST = 1e-4
"""Seconds, below which a yardstick measures nothing."""

LIMITS = {"idle": None, "lists": 0.19, "changes": 0.23, "changes, lists": 0.51, "changes, pages": 0.59}
"""Seconds of processor time that Xen Orchestra's server takes for the same, with 1,000 VMs on a loaded machine."""


async def figures(vms: int) -> list[Figure]:
    async with simulated(max(2, vms // 40), vms) as pool, dashboard(pool.url) as board:
        await board.live()
        await asyncio.sleep(WARM)
        xapi = Xapi(pool)
        pages = [f"/vm/{uuid}" for _ref, uuid in xapi.vms[:OPEN]]
        lists = ["/vms"] * OPEN
        return [
            await _row(board, pool, xapi, f"{vms:,} VMs, {SPAN:.0f} s, nothing happens, nobody looks: processor", LIMITS["idle"]),
            await _row(board, pool, xapi, f"... {OPEN} lists open", LIMITS["lists"], lists),
            await _row(board, pool, xapi, f"... {RATE:.0f} changes a second, nobody looks", LIMITS["changes"], changes=True),
            await _row(
                board, pool, xapi, f"... {RATE:.0f} changes a second, {OPEN} lists open", LIMITS["changes, lists"], lists, changes=True
            ),
            await _row(
                board, pool, xapi, f"... {RATE:.0f} changes a second, {OPEN} pages of VMs", LIMITS["changes, pages"], pages, changes=True
            ),
        ]


async def _row(
    board: Dashboard, pool: SimulatedPools, xapi: Xapi, what: str, limit: float | None, paths: Sequence[str] = (), *, changes: bool = False
) -> Figure:
    async with crowd(board, paths, lambda _index, _text, _moment: None), restless(pool, xapi, changes) as yardstick:
        await asyncio.sleep(SETTLE)
        before, plain = board.cpu(), yardstick.spent
        await asyncio.sleep(MINUTE)
        spent, plain = ((now - then) * SPAN / MINUTE for now, then in ((board.cpu(), before), (yardstick.spent, plain)))
    beside = f"{spent / plain:.0f} × decoding the same events with json ({plain * 1000:.1f} ms)" if plain > LEAST else ""
    return Figure(what, spent, "s", limit, beside)


class _Yardstick(threading.Thread):
    """Reads the same events as the dashboard does; `spent` is the processor time of decoding them alone."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._over = False
        self.spent = 0.0  # seconds

    def run(self) -> None:
        session = self._call("session.login_with_password", "root", "secret", "2.21", "bench")["result"]
        token = self._call("event.from", session, ["vm"], "", 0.0)["result"]["token"]
        while not self._over:
            began = self.spent
            token = self._call("event.from", session, ["*"], token, 1.0)["result"]["token"]
            assert self.spent > began
        self._call("session.logout", session)

    def end(self) -> None:
        self._over = True

    def _call(self, method: str, *params: object) -> dict[str, dict[str, str]]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(f"{self._url}/jsonrpc", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        began = time.thread_time()
        found: dict[str, dict[str, str]] = json.loads(text)
        self.spent += time.thread_time() - began
        return found


@asynccontextmanager
async def restless(pool: SimulatedPools, xapi: Xapi, changes: bool) -> AsyncIterator[_Yardstick]:
    """RATE names a second are others, one VM after the other, where `changes`."""
    yardstick = _Yardstick(pool.url)
    if not changes:
        yield yardstick
        return
    yardstick.start()
    restless = asyncio.create_task(_rename(pool, xapi))
    try:
        yield yardstick
    finally:
        restless.cancel()
        yardstick.end()
        await asyncio.to_thread(yardstick.join)


async def _rename(pool: SimulatedPools, xapi: Xapi) -> None:
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=30) as client:
        for turn in itertools.count():
            number = next(_NUMBERS)
            ref = xapi.vms[number % len(xapi.vms)][0]
            await client.post(f"{pool.control}/change", json={"ref": ref, "fields": {"name_label": f"restless-{number:05d}"}})
            await asyncio.sleep(max(0.0, began + (turn + 1) / RATE - time.monotonic()))
