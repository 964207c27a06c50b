"""The API beside pages: a list of 1,000 VMs, and 200 that listen to changes."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from bench.crowd import crowd
from bench.figures import Figure
from bench.pages import Xapi
from bench.programs import Dashboard, dashboard, simulated
from bench.steady import SETTLE, SPAN, restless

VMS, LISTENERS, TIMES = 1000, 200, 20
LIST_AT_MOST = 0.05
"""Seconds."""


async def figures() -> list[Figure]:
    async with simulated(VMS // 40, VMS) as pool, dashboard(pool.url) as board:
        await board.live()
        await asyncio.sleep(2 * SETTLE)  # the first ten minutes of measurements, the first judgement of everything
        first, again = await _listed(board)
        xapi = Xapi(pool)
        async with restless(pool, xapi, changes=True):
            async with _listening(board):
                streams = await _spent(board)
            async with crowd(board, ["/vms"] * LISTENERS, lambda _index, _text, _moment: None):
                pages = await _spent(board)
        beside = f"{streams:.1f} and {pages:.1f} s of processor time in {SPAN:.0f} s, ten changes a second"
        return [
            Figure(f"API: a list of {VMS:,} VMs", again, "s", LIST_AT_MOST, f"median of {TIMES}; {first * 1000:.0f} ms the first time"),
            Figure(f"API: {LISTENERS} listen to events, times as much as {LISTENERS} lists of VMs", streams / pages, "x", 1.0, beside),
        ]


async def _listed(board: Dashboard) -> tuple[float, float]:
    """Seconds of the first time and the median of the others."""
    took: list[float] = []
    async with httpx.AsyncClient(base_url=board.url, cookies=board.cookies, timeout=30) as client:
        for _turn in range(TIMES + 1):
            began = time.perf_counter()
            answer = await client.get("/api/v1/vms", params={"limit": VMS})
            took.append(time.perf_counter() - began)
            if len(answer.json()["items"]) != VMS:
                raise RuntimeError(answer.text[:200])
    return took[0], statistics.median(took[1:])


@asynccontextmanager
async def _listening(board: Dashboard) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=None)
    async with AsyncExitStack() as streams:
        client = await streams.enter_async_context(httpx.AsyncClient(base_url=board.url, cookies=board.cookies, timeout=30, limits=limits))
        reading: list[asyncio.Task[None]] = []
        for _number in range(LISTENERS):
            answer = await streams.enter_async_context(client.stream("GET", "/api/v1/events"))
            answer.raise_for_status()
            reading.append(asyncio.create_task(_read(answer)))
        yield
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _read(answer: httpx.Response) -> None:
    async for _piece in answer.aiter_raw():
        pass


async def _spent(board: Dashboard) -> float:
    """Seconds of processor time in SPAN."""
    await asyncio.sleep(SETTLE)
    before = board.cpu()
    await asyncio.sleep(SPAN)
    return board.cpu() - before
