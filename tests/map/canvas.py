"""The map's canvas in a browser page of its own, fed with the scene's messages: for golden pictures, drawing tests and the bench."""

from __future__ import annotations

import json
import math
from pathlib import Path

from playwright.async_api import Browser, Page, Route

from components.map.map_feed import MapFeed
from components.map.words import words
from data.mirror import Mirror

HERE = Path(__file__).parent
COMPONENTS = HERE.parents[1] / "components"
ORIGIN = "http://canvas.test/"


async def open_canvas(browser: Browser, mirror: Mirror, *, size: tuple[int, int] = (1440, 760), theme: str = "dark") -> Page:
    """A page with the whole of `mirror` in `window.map`, painted once; `theme` is dark, light, or contrast (dark with more of it)."""
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme="light" if theme == "light" else "dark")
    if theme == "contrast":
        await page.emulate_media(contrast="more")
    await page.route(f"{ORIGIN}**", _serve)
    await page.goto(ORIGIN)
    await page.wait_for_function("window.ready")
    await page.evaluate("([words, w, h]) => window.open_(words, w, h)", [words(), *size])
    map_feed = MapFeed(mirror, hold=math.inf)
    close = map_feed.open(lambda _message: None)
    await page.evaluate("(text) => map.patch(JSON.parse(text))", map_feed.snapshot())
    wanted = await page.evaluate("map.wants()")
    await page.evaluate("(rows) => { map.model.trails(rows, 0); map.paint(); }", json.loads(map_feed.trails(*wanted)))
    close()
    return page


async def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(ORIGIN)
    if not name:
        await route.fulfill(content_type="text/html", body=(HERE / "canvas.html").read_text(encoding="utf-8"))
    elif name == "tokens.css":
        await route.fulfill(content_type="text/css", body=(COMPONENTS / "theme" / name).read_text(encoding="utf-8"))
    elif (path := COMPONENTS / "map" / "modules" / name).is_file():
        await route.fulfill(content_type="text/javascript", body=path.read_text(encoding="utf-8"))
    else:
        await route.fulfill(status=404)
