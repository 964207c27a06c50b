"""The map's picture: what painting costs in a browser without a graphics card, what a round of measurements weighs, what history keeps."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import tracemalloc
import zlib
from array import array
from collections.abc import Sequence

from playwright.async_api import Browser, async_playwright

from bench.figures import Figure
from components.map.map_feed import MapFeed
from data.coalesce import INTERVAL
from data.history import LENGTH, History, Load
from data.mirror import Mirror
from tests.map import fleets
from tests.map.canvas import open_canvas

CHROMIUM = "/usr/bin/chromium"
SIZE = (1680, 860)
FLEETS: Sequence[tuple[int, Sequence[tuple[int, int]], float]] = (
    (300, fleets.RACK, 1000 / 60),
    (2500, ((10, 417),) * 6, 1000 / 60),
    (10_000, ((30, 500),) * 20, 1000 / 30),
)
"""(VMs, shape, milliseconds of a full paint at most)"""

TIMES = """() => {
  const vms = [...map.model.things.values()].filter((thing) => thing.kind === 'vm' && thing.state === 1);
  const round = () => { map.painter.measuredAt = -2000; map.model.revision++; };
  const whole = map.time(() => { map.painter.view = null; map.paint(); }, 25);
  const change = (from) => { for (let k = from; k < vms.length; k += 10) vms[k].cpu = (vms[k].cpu + 17) % 64; };
  const tenth = map.time((i) => { round(); change(i % 10); map.paint(); }, 25);
  const none = map.time(() => { round(); map.paint(); }, 25);
  map.painter.cost = 50;
  const slide = map.time(() => { map.camera.zoomAt(500, 400, 1.02); map.paint(); }, 25);
  return [whole, tenth, none, slide];
}"""


async def painting() -> list[Figure]:
    """Milliseconds until the pixels are there, by the browser's own clock."""
    figures = []
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for vms, shape, most in FLEETS:
            page = await open_canvas(browser, fleets.fleet(shape), size=SIZE)
            whole, tenth, none, slide = await page.evaluate(TIMES)
            await page.close()
            figures += [
                Figure(f"map of {vms:,} VMs: full paint, flushed", whole, "ms", most, "software raster, 1680 x 860"),
                Figure("... when a tenth of the tiles look different", tenth, "ms", 3),
                Figure("... when a round of measurements shows nothing new", none, "ms", 3),
                Figure("... a step of zooming, as a bitmap", slide, "ms", 1000 / 30),
            ]
        await browser.close()
    return figures


async def levels() -> list[Figure]:
    """Bytes of a round of measurements as the socket compresses it, when every value moves a little."""
    figures = []
    for vms, shape, most in ((300, fleets.RACK, 1024), (10_000, ((30, 500),) * 20, 18 * 1024)):
        texts = await rounds(fleets.fleet(shape), 6)
        sizes = deflated(texts)
        figures.append(
            Figure(f"a round of measurements of {vms:,} VMs", statistics.mean(sizes[2:]), "B", most, f"{len(texts[-1]):,} before deflate")
        )
    return figures


async def rounds(mirror: Mirror, count: int) -> list[str]:
    """What browsers are told of `count` rounds: most VMs idle, some busy, all of it moving a little."""
    map_feed = MapFeed(mirror, hold=1e9)
    told: list[str] = []
    close = map_feed.open(told.append)
    map_feed.snapshot()
    chance = random.Random(3)
    for _ in range(count):
        for pool in mirror:
            for load in pool.history.loads.values():
                _drift(load, chance)
            pool.history.publish(frozenset(pool.history.loads))
        await asyncio.sleep(2 * INTERVAL)
    close()
    return told


def _drift(load: Load, chance: random.Random) -> None:
    load.cpu = min(1.0, max(0.0, load.cpu * chance.uniform(0.85, 1.15)))
    load.guest_memory = min(1.0, load.guest_memory * chance.uniform(0.995, 1.005))
    for name, spread in (("disk_read", 0.5), ("net_rx", 0.4), ("disk_latency", 0.2)):
        setattr(load, name, getattr(load, name) * chance.uniform(1 - spread, 1 + spread))


def deflated(texts: Sequence[str]) -> list[int]:
    """As permessage-deflate does it: one stream, flushed after each message."""
    stream = zlib.compressobj(wbits=-12)
    return [len(stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)) for text in texts]


async def history(vms: int = 10_000, series: int = 6) -> list[Figure]:
    """Memory of ten minutes of everything."""
    gc.collect()
    tracemalloc.start()
    kept = History()
    for number in range(vms):
        columns = {name: array("f", [0.5]) * LENGTH for name in FIELDS[:series]}
        kept.extend(f"{number:032x}", columns, 1000)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return [Figure(f"history of {vms:,} VMs, ten minutes of {series} series", taken / 1e6, "MB", 100)]


FIELDS = tuple(Load.__dataclass_fields__)
