"""Windows of time, samples in them and sparklines, computed by the browser's own modules."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

import components.charts
from data.archives import STRETCHES
from data.sparklines import POINTS, text
from tests.browsing import in_the_browser
from tests.modules import open_modules

CHARTS = Path(components.charts.__file__).parent
LOADER = """<script type="importmap">{"imports": {"xo-charts/": "./modules/", "xo-charts": "./modules/format.js"}}</script>
<script type="module">
import chart from "./chart.js";
import * as samples from "xo-charts/samples.js";
import * as spark from "xo-charts/spark.js";
import * as windows from "xo-charts/window.js";
window.charts = { ...samples, ...spark, ...windows, chart };
</script>"""
NOW = 1_800_000_000
DAY = 86400


@in_the_browser
async def page(browser: Browser) -> AsyncIterator[Page]:
    page = await open_modules(browser, CHARTS, LOADER, "window.charts")
    yield page
    await page.close()


async def run(page: Page, code: str) -> Any:
    return await page.evaluate(f"() => {{ const c = window.charts, now = {NOW}; return {code}; }}")


async def test_windows_stay_within_what_hosts_keep(page: Page) -> None:
    assert await run(page, "c.STRETCHES") == [list(stretch) for stretch in STRETCHES]
    back = {600: [5, 120], 7200: [60, 120], DAY: [3600, 26], 7 * DAY: [3600, 168], 365 * DAY: [86400, 366]}
    for seconds, stretch in back.items():
        assert await run(page, f"c.stretchFor({{ from: now - {seconds} }}, now)") == stretch
    ends = await run(page, "c.bounded({ from: now - 100, to: now + 5000 }, now)")
    assert ends["to"] == NOW
    oldest = await run(page, "c.bounded({ from: 0, to: now }, now)")
    assert NOW - oldest["from"] <= 366 * DAY
    # a minute of three days ago has no sample: it is widened until it has some
    narrow = await run(page, f"c.bounded({{ from: now - {3 * DAY}, to: now - {3 * DAY} + 60 }}, now)")
    assert narrow["to"] - narrow["from"] == 6 * 3600


async def test_a_zoom_keeps_the_moment_under_the_pointer(page: Page) -> None:
    window = f"{{ from: now - {DAY}, to: now - {DAY // 2} }}"
    at = NOW - DAY * 5 // 8  # three quarters to the right
    zoomed = await run(page, f"c.zoomed({window}, {at}, 0.6, now)")
    share = (at - zoomed["from"]) / (zoomed["to"] - zoomed["from"])
    assert share == pytest.approx(0.75) and zoomed["to"] - zoomed["from"] == pytest.approx(0.6 * DAY / 2)
    assert (await run(page, f"c.moved({window}, 5, now)"))["to"] == NOW  # not into the future
    assert await run(page, "c.between(now, now - 7200, now)") == {"from": NOW - 7200, "to": NOW}


async def test_the_address_says_which_time_it_is(page: Page) -> None:
    for search in ("?range=week", f"?from={NOW - 7200}&to={NOW - 3600}", "?tab=x"):
        asked = await run(page, f"c.writeAddress(c.readAddress('{search}', now), '{search}')")
        assert asked == search
    assert await run(page, "c.readAddress('?range=toString', now)") is None
    assert await run(page, "c.readAddress('?from=9&to=5', now)") is None


async def test_what_is_said_of_a_window_leaves_gaps_out(page: Page) -> None:
    archive = f"{{ step: 60, first: {NOW - 240} }}"
    line = "{ values: [9, 1, null, 3, null], high: [9, 2, null, 8, null] }"
    said = await run(page, f"c.summary({archive}, {line}, {{ from: now - 180, to: now }})")
    assert said == {"least": 1, "mean": 2, "most": 8, "newest": 3}
    assert (await run(page, f"c.summary({archive}, {{ values: [null] }}, {{ from: 0, to: now }})"))["mean"] is None
    assert await run(page, f"c.valueAt({archive}, [1, 2], now - 170)") == 2
    assert await run(page, f"c.valueAt({archive}, [1, null], now - 180)") is None
    assert (await run(page, "c.evened([[0, 1], [130, 2], [180, 3]], 60)"))["values"] == [1, None, 2, 3]


async def test_a_trace_becomes_a_line_with_gaps(page: Page) -> None:
    points = [0.0, 1.0, float("nan"), 0.5] + [float("nan")] * (POINTS - 4)
    path = await run(page, f"c.sparkPath('{text(points, 1.0)}', 78, 20)")
    assert path == "M0.0 19.0L2.0 1.0M6.0 9.8h1"
    assert await run(page, "c.sparkPath('', 78, 20)") == ""


async def test_who_points_at_a_moment_in_one_chart_points_at_it_in_all(page: Page) -> None:
    shown = """(() => {
        const made = [1, 2].map((value) => ({
            ...c.chart.methods, points: [[[now - 300, value], [now, value]]], start: now - 600, span: 600, width: 600, step: 5, high: 2,
            curves: [{}], format: { write: String }, exact: { format: String }, $emit() {}, later() {}, $refs: { plot: document.body },
        }));
        for (const one of made) c.chart.mounted.call(one);
        const left = document.body.getBoundingClientRect().left;
        made[0].point({ clientX: left + 301 });
        const pointed = made.map((one) => [one.pointed.x, one.pointed.text.split("  ")[1]]);
        made[1].leave();
        for (const one of made) c.chart.beforeUnmount.call(one);
        return [pointed, made.map((one) => one.pointed)];
    })()"""
    assert await run(page, shown) == [[[300, "1"], [300, "2"]], [None, None]]
