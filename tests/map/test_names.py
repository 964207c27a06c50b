"""Where names stand on tiles, hosts and SRs: shortened only where there is no room, and never over something else."""

from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.map.pure import call, modules

WRITE = """(name, box, screen) => {
  const pen = document.createElement("canvas").getContext("2d"), ctx = new recorder.Recorder(pen);
  const theme = new Proxy({ fills: [], inks: [], steps: 64, rails: [] }, { get: (all, key) => all[key] ?? "#808080" });
  const levels = { cpu: 64, memory: 64, disk: 64, network: 64 };
  const vm = { id: 1, pool: 0, name, state: 1, ...levels, mark: 0, task: -1, agent: 1, flags: 0, snapshots: 0, address: "" };
  const art = { ctx, theme, text: new text.Text("sans-serif"), patterns: {}, ratio: 1, width: screen[0], height: screen[1] };
  draw.begin(art, { pools: new Map(), things: new Map() });
  tile.drawTile(art, vm, box, { hover: -1, focus: -1, selected: new Set(), fill: "none", dim: null });
  tile.finish(art);
  return ctx.marks.filter((mark) => mark.startsWith("<text")).map((mark) => [mark.match(/>(.*)</)[1], mark.includes("rotate(-90)")]);
}"""
"""What is written on a VM's tile: [[words, whether they go up], ...]."""

TANK = """(h, head, w = 60) => {
  const pen = document.createElement("canvas").getContext("2d"), ctx = new recorder.Recorder(pen);
  const theme = new Proxy({}, { get: () => "#808080" });
  const art = { ctx, theme, text: new text.Text("sans-serif"), patterns: {}, ratio: 1, width: 400, height: 800, alpha: 1,
    format: { percent: (part) => `${part * 100}%`, memory: (mib) => `${mib} MiB` } };
  const sr = { id: 1, name: "nfs", size: 100, used: 50, snapshots: 0, promised: 0, unplugged: [], mark: 0 };
  storage.drawTank(art, sr, { x: 0, y: 0, w, h }, head, { hover: -1, focus: -1, selected: new Set(), dim: null }, false);
  return ctx.marks.filter((mark) => mark.startsWith("<text")).map((mark) => Number(mark.match(/ y="([^"]*)"/)[1]));
}"""
"""The baselines of what is written on an SR's tank."""

MODULES = ("draw", "recorder", "storage", "text", "tile")


@pytest.mark.parametrize(
    ("name", "box", "written"),
    [
        ("print", {"x": 0, "y": 0, "w": 16, "h": 60}, [["print", True]]),
        ("app-0231", {"x": 0, "y": 0, "w": 34, "h": 29}, [["app-", False], ["0231", False]]),
        ("prometheus-0042", {"x": 0, "y": 0, "w": 50, "h": 16}, [["…0042", False]]),
        ("git", {"x": 0, "y": 0, "w": 60, "h": 60}, [["git", False]]),
        ("git", {"x": 0, "y": 0, "w": 10, "h": 60}, []),
    ],
)
async def test_a_name_is_there_wherever_there_is_room(browser: Browser, name: str, box: dict[str, int], written: list[Any]) -> None:
    async with modules(browser, *MODULES) as page:
        assert await call(page, f"({WRITE})", name, box, [400, 400]) == written


async def test_a_tile_at_the_edge_writes_nothing_over_its_neighbour(browser: Browser) -> None:
    async with modules(browser, *MODULES) as page:
        assert await call(page, f"({WRITE})", "git", {"x": 0, "y": 393, "w": 60, "h": 60}, [400, 400]) == []


@pytest.mark.parametrize("head", [0, 42])
async def test_the_words_of_an_sr_stay_apart(browser: Browser, head: int) -> None:
    async with modules(browser, *MODULES) as page:
        for high in range(18, 120):
            lines = sorted(await call(page, f"({TANK})", high, head))
            assert all(below - above >= 11 for above, below in pairwise(lines)), (high, lines)


@pytest.mark.parametrize(("w", "h"), [(48, 18), (20, 60)])
async def test_a_small_sr_has_its_name(browser: Browser, w: int, h: int) -> None:
    async with modules(browser, *MODULES) as page:
        assert len(await call(page, f"({TANK})", h, 0, w)) == 1
