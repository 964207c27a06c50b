"""Golden pictures of six fleets: the map's mean colours in blocks of ten pixels, so that another machine's fonts make no difference.

`python -m tests.map.pictures` paints them anew into `golden/`, where they are small enough to look at in a review.
"""

from __future__ import annotations

import asyncio
import math
import random
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from data.history import LENGTH, STEP
from data.mirror import Mirror
from data.objects import VM, PowerState
from data.server import ServerState
from tests import fakes
from tests.map import fleets
from tests.map.canvas import open_canvas

FOLDER = Path(__file__).parent / "golden"
SIZE, BLOCK = (1440, 760), 10
THEMES = ("dark", "light")


def busy_lab() -> Mirror:
    """What a tile can tell besides its load: tasks, protection, a VM on its way, one that is critical."""
    mirror = fleets.fleet(fleets.LAB)
    running = [vm for vm in mirror.every(VM) if vm.power_state is PowerState.RUNNING and not vm.is_control_domain]
    chance = random.Random(5)
    for vm in running[::4]:
        fakes.change(mirror, vm, ha_restart_priority="restart")
    for vm in chance.sample(running, 3):
        task = fakes.task(mirror, mirror.pools[vm.home.id], "Async.VM.snapshot", 0.4)
        fakes.change(mirror, vm, current_operations={task.ref: "snapshot"})
    return mirror


def lone() -> Mirror:
    """One host with the last ten minutes of everything: tiles become cards."""
    mirror = fleets.fleet(fleets.LONE)
    chance, first = random.Random(7), round(time.time() / STEP) - LENGTH
    for pool in mirror:
        for uuid, load in pool.history.loads.items():
            for name, level in (("guest_memory", load.guest_memory), ("disk_read", load.disk_read), ("net_rx", load.net_rx)):
                for step in range(LENGTH):
                    part = 1 + 0.4 * math.sin(step / 9 + level) + chance.uniform(-0.2, 0.2)
                    pool.history.put(uuid, name, (first + step) * STEP, level * (1 if name == "guest_memory" else part))
    return mirror


def gone() -> Mirror:
    mirror = fleets.fleet(fleets.LAB)
    mirror.set_server(next(iter(mirror)).server, state=ServerState.UNREACHABLE, last_event_at=time.time() - 190)
    return mirror


FLEETS: Mapping[str, Callable[[], Mirror]] = {
    "lone": lone,
    "lab": busy_lab,
    "rack": lambda: fleets.fleet(fleets.RACK),
    "hall": lambda: fleets.fleet(fleets.HALL),
    "fleet": lambda: fleets.fleet(((30, 500),) * 20),
    "gone": gone,
}

Blocks = list[tuple[int, int, int]]


async def paint(browser: Browser, name: str, folder: Path | None = None) -> dict[str, Blocks]:
    """{theme: blocks} of one fleet; whole pictures into `folder`, to be looked at."""
    page = await open_canvas(browser, FLEETS[name](), size=SIZE)
    found = {}
    for theme in THEMES:
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        flat = await page.evaluate("(side) => { map.dress(); map.paint(); return map.blocks(side); }", BLOCK)
        found[theme] = list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
        if folder:
            await page.screenshot(path=folder / f"{name}-{theme}.png")
    await page.close()
    return found


def save(path: Path, blocks: Blocks, across: int = SIZE[0] // BLOCK) -> None:
    """A PNG of a pixel for each block."""
    rows = b"".join(b"\0" + b"".join(bytes(block) for block in blocks[at : at + across]) for at in range(0, len(blocks), across))
    head = struct.pack(">IIBBBBB", across, len(blocks) // across, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    parts = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def load(path: Path) -> Blocks:
    """What `save` wrote."""
    data = path.read_bytes()
    across = struct.unpack(">I", data[16:20])[0]
    at = data.index(b"IDAT")
    rows = zlib.decompress(data[at + 4 : at + 4 + struct.unpack(">I", data[at - 4 : at])[0]])
    return list(_pixels(rows, across))


def _pixels(rows: bytes, across: int) -> Iterator[tuple[int, int, int]]:
    step = 1 + 3 * across
    for row in range(0, len(rows), step):
        for at in range(row + 1, row + step, 3):
            yield rows[at], rows[at + 1], rows[at + 2]


def distance(one: Blocks, other: Blocks) -> tuple[float, float]:
    """(mean difference of a channel, part of the blocks that differ by more than a little)"""
    if len(one) != len(other):
        return 255.0, 1.0
    worst = [max(abs(a - b) for a, b in zip(p, q, strict=True)) for p, q in zip(one, other, strict=True)]
    return sum(worst) / len(worst), sum(value > 24 for value in worst) / len(worst)


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name in FLEETS:
            for theme, blocks in (await paint(browser, name, Path(tempfile.gettempdir()))).items():
                save(FOLDER / f"{name}-{theme}.png", blocks)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
