"""The map's geometry in a browser page: what the server tells becomes a plan, by the same modules that draw it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from components.map.map_feed import MapFeed
from data.mirror import Mirror
from tests.map import fleets
from tests.modules import open_modules

MODULES = Path(__file__).parents[2] / "components" / "map" / "modules"
LOADER = """<script type=module>
import * as arranging from './arrange.js';
import { Camera } from './camera.js';
import * as filling from './fill.js';
import { Model } from './model.js';
import * as ordering from './reorder.js';
import * as places from './places.js';
window.map = { ...arranging, ...filling, ...places, ...ordering, Camera, Model };
</script>"""
SAY = "(text) => { window.model = new map.Model(); window.model.apply(JSON.parse(text)); }"
PLAN = """([how, w, h, without]) => {
  window.plan = map.arrange(window.model, {w, h}, how);
  return JSON.stringify(window.plan, (key, value) => without.includes(key) ? undefined : value);
}"""

TOOK = """([how, times]) => Math.min(...Array.from({length: 9}, () => {
  const began = performance.now();
  for (let i = 0; i < times; i++) map.arrange(window.model, {w: 1920, h: 1080}, how);
  return performance.now() - began;
}))"""
TEN_TIMES = 2
"""At most, for five times as many VMs laid out once beside a fifth ten times: 2.5 where it grows with their square, 1.4 as it is. Both take
about as long, so that beside other tests both are interrupted."""

Shape = tuple[tuple[int, int], ...]
Box = dict[str, Any]
Plan = dict[str, Any]
Message = dict[str, Any]
Rectangle = tuple[float, float, float, float]


async def open_plans(browser: Browser) -> Page:
    """A page that has the map's functions in `window.map`."""
    return await open_modules(browser, MODULES, LOADER, "window.map")


def told(mirror: Mirror) -> Message:
    """What a browser is told of everything."""
    message: Message = json.loads(_snapshot(mirror))
    return message


def message(shape: Shape, seed: int = 1) -> Message:
    """The same of a fleet; made once, since the large ones take a while."""
    found: Message = json.loads(_of_fleet(shape, seed))
    return found


@cache
def _of_fleet(shape: Shape, seed: int) -> str:
    return _snapshot(fleets.fleet(shape, seed, alive=False))


def _snapshot(mirror: Mirror) -> str:
    map_feed = MapFeed(mirror, hold=math.inf)
    close = map_feed.open(lambda _text: None)
    text = map_feed.snapshot()
    close()
    return text


async def say(page: Page, message: Message) -> None:
    """As text: Playwright takes a value apart into thousands."""
    await page.evaluate(SAY, json.dumps(message))


async def plan(
    page: Page, message: Message | None = None, view: tuple[int, int] = (1440, 900), *, tiles: bool = True, **how: object
) -> Plan:
    """The plan of what `message` says, or of what was said last; without its tiles it is small."""
    if message is not None:
        await say(page, message)
    found: Plan = json.loads(await page.evaluate(PLAN, [how, *view, ["networks", "byHost", *(() if tiles else ("tiles",))]]))
    return found


async def took(page: Page, times: int = 1, **how: object) -> float:
    """Milliseconds to lay out what was said last, so many times: the least of nine."""
    return float(await page.evaluate(TOOK, [how, times]))


def hosts(plan: Plan) -> Iterator[Box]:
    for pool in plan["pools"]:
        yield from pool["hosts"]


def holders(plan: Plan) -> Iterator[Box]:
    """All that have tiles."""
    yield from plan["groups"]
    for pool in plan["pools"]:
        yield from pool["hosts"]
        yield pool["bench"]


def rectangles(plan: Plan) -> dict[int, Rectangle]:
    """{id: (x, y, w, h)} of everything that can be chosen."""
    boxes = [tile for holder in holders(plan) for tile in holder["tiles"]]
    for pool in plan["pools"]:
        boxes += [pool, *pool["hosts"], *pool["tanks"]]
    return {box["id"]: rectangle(box) for box in boxes}


def rectangle(box: Box) -> Rectangle:
    return box["x"], box["y"], box["w"], box["h"]


def area(boxes: Sequence[Box]) -> float:
    return sum(box["w"] * box["h"] for box in boxes)


def overlapping(boxes: Sequence[Box]) -> list[tuple[Box, Box]]:
    """Pairs that share more than a line."""
    return [
        (a, b)
        for a, b in combinations(boxes, 2)
        if min(a["x"] + a["w"], b["x"] + b["w"]) - max(a["x"], b["x"]) > 0.01
        and min(a["y"] + a["h"], b["y"] + b["h"]) - max(a["y"], b["y"]) > 0.01
    ]


def outside(boxes: Sequence[Box], hull: Box) -> list[Box]:
    return [
        box
        for box in boxes
        if box["x"] < hull["x"] - 0.01
        or box["y"] < hull["y"] - 0.01
        or box["x"] + box["w"] > hull["x"] + hull["w"] + 0.01
        or box["y"] + box["h"] > hull["y"] + hull["h"] + 0.01
    ]


def side(box: Box) -> float:
    return float(min(box["w"], box["h"]))
