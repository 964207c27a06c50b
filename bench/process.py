"""What the process itself costs: its start, its memory."""

from __future__ import annotations

import asyncio
import statistics

from bench.figures import Figure
from bench.programs import dashboard, simulated


async def start() -> list[Figure]:
    """From the start of the process to its first page, median of five."""
    times = []
    for _run in range(5):
        async with dashboard() as board:
            times.append(board.first_page_after)
    beside = f"five starts, {min(times):.2f} to {max(times):.2f} s"
    return [Figure("start of the process to its first page", statistics.median(times), "s", 1.5, beside)]


async def memory(vms: int, limit: float) -> list[Figure]:
    """Resident memory, live for some seconds."""
    async with simulated(max(2, vms // 40), vms) as pool, dashboard(pool.url) as board:
        empty = board.resident()
        await board.live()
        await asyncio.sleep(8)
        return [Figure(f"resident memory with {vms:,} VMs", board.resident() / 1e6, "MB", limit, f"{empty / 1e6:.0f} MB at its first page")]
