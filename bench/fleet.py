"""Ten pools at once: what they cost while nothing is changed, with nobody and with five maps open, and the memory they take."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.crowd import crowd
from bench.figures import Figure
from bench.programs import Dashboard, dashboard, simulated

POOLS, HOSTS, VMS = 10, 20, 1000
"""Hosts and VMs of each."""
SETTLE, COME = 90.0, 10.0
"""Seconds until the first ten minutes of all hosts are in, and all is judged; and until those who come have all there is."""
SPAN = 60.0
"""Seconds that each figure takes: while nobody looks, hosts are asked once in that time, many of them together."""
OPEN = 5


async def figures() -> list[Figure]:
    async with simulated(HOSTS, VMS, POOLS) as pools, dashboard(*pools.urls) as board:
        await board.live()
        await asyncio.sleep(SETTLE)
        size = f"{POOLS} pools, {POOLS * HOSTS} hosts, {POOLS * VMS:,} VMs"
        idle, _memory = await _spent(board)
        maps, memory = await _spent(board, ["/"] * OPEN)
        return [
            Figure("a fleet, nothing happens, nobody looks: processor", idle * 100, "% of a core", 5, size),
            Figure(f"... {OPEN} maps open", maps * 100, "% of a core", 12, "with measurements"),
            Figure(f"... {OPEN} maps open: resident memory", memory, "MB", 350),
        ]


async def _spent(board: Dashboard, paths: Sequence[str] = ()) -> tuple[float, float]:
    """(share of a core, megabytes at the end)"""
    async with crowd(board, paths, lambda _index, _text, _moment: None):
        await asyncio.sleep(COME)
        before = board.cpu()
        await asyncio.sleep(SPAN)
        return (board.cpu() - before) / SPAN, board.resident() / 1e6
