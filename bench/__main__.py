"""`python -m bench [--only WORD]`: run the measurements, print them, and write docs/performance.md when all ran."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    api,
    bystanders,
    consoles,
    drawing,
    evacuation,
    first_sync,
    fleet,
    judging,
    opening,
    pages,
    process,
    rights,
    simulator,
    soak,
    steady,
    transfers,
    vm_page,
)
from bench.figures import Figure

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"

SOAK = 3.0
"""Minutes, where `--minutes` does not ask for more."""

Measurements = dict[str, Callable[[], Awaitable[list[Figure]]]]
MEASUREMENTS: Measurements = {
    "start": process.start,
    "sync-1000": lambda: first_sync.figures(1000, 1.0, 50),
    "sync-5000": lambda: first_sync.figures(5000, 3.0, 150),
    "memory-50": lambda: process.memory(50, 150),
    "memory-5000": lambda: process.memory(5000, 250),
    "reply-to-dom": pages.reply_to_dom,
    "bytes": pages.bytes_of_a_change,
    "requests": pages.requests_of_a_crowd,
    "crowd": pages.a_crowd_under_change,
    "steady-1000": lambda: steady.figures(1000),
    "steady-5000": lambda: steady.figures(5000),
    "fleet": fleet.figures,
    "simulator": simulator.light,
    "painting": drawing.painting,
    "levels": drawing.levels,
    "history": drawing.history,
    "opening-300": lambda: opening.opening(12, 300, 0.7, None),
    "opening-10000": lambda: opening.opening(600, 10_000, 2.5, 60),
    "first-visits": opening.first_visits,
    "vm-page": vm_page.figures,
    "event-to-pixel": opening.event_to_pixel,
    "findings": judging.judging,
    "rights": rights.rights,
    "api": api.figures,
    "console": consoles.figures,
    "thumbnails": consoles.thumbnails,
    "bystanders": bystanders.bystanders,
    "transfers": transfers.figures,
    "evacuation": evacuation.figures,
    "targets": evacuation.targets_checked,
}


async def measure(only: str, minutes: float) -> list[Figure]:
    figures = []
    soaking: Measurements = {"soak": lambda: soak.figures(minutes), "visitors": lambda: soak.coming_and_going(minutes)}
    every = MEASUREMENTS | soaking
    for name, run in every.items():
        if only in name:
            print(f"-- {name}", flush=True)
            for figure in await run():
                print(figure.row, flush=True)
                figures.append(figure)
    return figures


def machine() -> str:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    cores = f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}"
    return f"{cores}, Python {platform.python_version()}, {platform.system()} {platform.release().split('-')[0]}"


def write(figures: list[Figure]) -> None:
    table = ["| what | measured | at most | kept | beside |", "|---|---|---|---|---|", *(figure.row for figure in figures)]
    head = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}; dashboard, simulated pool and browsers share it."
    text = PAGE.read_text()
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    PAGE.write_text("\n\n".join([before, head, "\n".join(table), after]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--only", default="", help="measurements whose name contains this; the page is then not written")
    parser.add_argument("--minutes", type=float, default=SOAK, help="how long to soak")
    wanted = parser.parse_args()
    figures = asyncio.run(measure(wanted.only, wanted.minutes))
    if not wanted.only:
        write(figures)
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
