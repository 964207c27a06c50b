# ruff: noqa: E501  scripts
"""The view as a file: a PNG and an SVG that show the same, whatever is on the map is called."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests import fakes
from tests.map import fleets
from tests.map.canvas import open_canvas
from tests.map.on_a_page import DRAWN, MAP, address

__all__ = ["address"]

EVIL = "\"><script>alert(1)</script><!--]]>&amp;'\x01\ud7ff  \uffff"
TOLD = {"title": EVIL, "facts": "hosts: 4", "time": "21 November 2026", "fill": "CPU", "scale": ["0 %", "100 %"]}

DRAW = """async (told) => {
  const { png, svg } = await import("/export.js"), { theme, words, format, width, height, faint } = map.art;
  const above = { lines: [], ghosts: [], lost: [], stranded: [] };
  const view = { theme, words, format, width, height, faint, model: map.model, plan: map.plan, camera: map.camera, look: map.look, above };
  window.picture = await png(view, told);
  window.drawing = svg(view, told);
}"""
SEEN = """async (side) => {
  const look = async (file) => {
    const image = new Image(), link = URL.createObjectURL(file);
    image.src = link;
    await image.decode();
    const sheet = new OffscreenCanvas(map.art.width, Math.round(image.naturalHeight * map.art.width / image.naturalWidth)), ctx = sheet.getContext("2d");
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(image, 0, 0, sheet.width, sheet.height);
    const { data, width, height } = ctx.getImageData(0, 0, sheet.width, sheet.height), blocks = [];
    for (let top = 0; top + side <= height; top += side) for (let left = 0; left + side <= width; left += side) {
      const sum = [0, 0, 0];
      for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) for (let c = 0; c < 3; c++) sum[c] += data[4 * (y * width + x) + c];
      blocks.push(sum.map((one) => one / side / side));
    }
    return { size: [image.naturalWidth, image.naturalHeight], blocks };
  };
  const one = await look(window.picture), other = await look(new Blob([window.drawing], { type: "image/svg+xml" }));
  const far = one.blocks.map((block, i) => Math.max(...block.map((value, c) => Math.abs(value - other.blocks[i][c]))));
  const colours = new Set(one.blocks.map((block) => block.map((value) => Math.round(value / 4)).join())).size;
  return { sizes: [one.size, other.size], count: [one.blocks.length, other.blocks.length], mean: far.reduce((a, b) => a + b, 0) / far.length,
           part: far.filter((one) => one > 24).length / far.length, colours, ground: one.blocks[0] };
}"""
"""How far blocks of so many pixels of both files are from each other, in levels of 255: their mean, and the part that is another colour."""
READ = """() => {
  const { documentElement: root } = new DOMParser().parseFromString(window.drawing, "image/svg+xml");
  const texts = [...root.querySelectorAll("text")].map((one) => one.textContent), names = new Set([...root.querySelectorAll("*")].map((one) => one.localName));
  return { tag: root.localName, names: [...names].sort(), texts, title: root.querySelector("title")?.textContent, used: root.querySelectorAll("[fill^='url(']").length };
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_both_files_show_the_same(browser: Browser, theme: str) -> None:
    page = await open_canvas(browser, fleets.fleet(fleets.LAB), theme=theme)
    await page.evaluate("map.look.dim = new Set([...map.model.things.keys()].filter((id) => id % 2)); map.camera.zoomAt(500, 300, 1.6)")
    await page.evaluate(DRAW, TOLD)
    seen = await page.evaluate(SEEN, 12)
    (wide, high), drawn = seen["sizes"]
    assert [wide, high] == [2 * side for side in drawn] and wide == 2 * 1440
    assert seen["mean"] < 3 and seen["part"] < 0.02, seen
    assert seen["colours"] > 40
    assert sum(seen["ground"]) < 120 if theme == "dark" else sum(seen["ground"]) > 700


async def test_names_are_text_whatever_they_are(browser: Browser) -> None:
    mirror = fleets.fleet(fleets.LONE)
    pool = next(iter(mirror))
    fakes.change(mirror, next(iter(pool.all(fleets.Host).values())), name_label=EVIL)
    page = await open_canvas(browser, mirror)
    await page.evaluate(DRAW, TOLD)
    read = await page.evaluate(READ)
    assert read["tag"] == "svg" and read["used"] > 1
    assert read["names"] == ["defs", "path", "pattern", "rect", "svg", "text", "title"]
    shown = EVIL.replace("\x01", "\ufffd").replace("\uffff", "\ufffd")
    assert read["title"] == f"{shown}, {TOLD['time']}"
    assert read["texts"].count(shown) == 2  # the title, and the host


async def test_outlines_are_those_of_a_canvas(browser: Browser) -> None:
    """Each shape of the painters, by a canvas and as an SVG."""
    page = await open_canvas(browser, fleets.fleet(fleets.LONE))
    differing = await page.evaluate("""async () => {
      const { Recorder } = await import("/recorder.js"), side = 120;
      const shapes = {
        circle: (c) => c.arc(60, 60, 40, 0, 7), half: (c) => c.arc(60, 60, 40, Math.PI / 2, -Math.PI / 2),
        wedge: (c) => { c.moveTo(60, 60); c.arc(60, 60, 40, 1, 5.5); c.closePath(); }, back: (c) => c.arc(60, 60, 40, 0, 1, true),
        bend: (c) => { c.moveTo(20, 20); c.arcTo(90, 20, 90, 90, 30); c.lineTo(90, 100); }, left: (c) => { c.moveTo(20, 100); c.arcTo(90, 100, 90, 20, 30); c.lineTo(90, 10); },
        quadratic: (c) => { c.moveTo(10, 100); c.quadraticCurveTo(60, 0, 110, 100); }, round: (c) => c.roundRect(20, 30, 80, 50, 12),
        bottom: (c) => c.roundRect(20, 30, 80, 50, [0, 0, 20, 20]), bare: (c) => c.roundRect(20, 30, 80, 50, 0), two: (c) => { c.rect(10, 10, 30, 30); c.rect(60, 60, 40, 20); },
      };
      const differing = [];
      for (const [name, shape] of Object.entries(shapes)) {
        const pixels = (draw) => { const ctx = new OffscreenCanvas(side, side).getContext("2d"); draw(ctx); return ctx.getImageData(0, 0, side, side).data; };
        const paint = (ctx) => { ctx.fillStyle = "#00f"; ctx.strokeStyle = "#f00"; ctx.lineWidth = 3; ctx.globalAlpha = 0.8; ctx.beginPath(); shape(ctx); ctx.fill(); ctx.stroke(); };
        const recorder = new Recorder(null), image = new Image();
        paint(recorder);
        image.src = URL.createObjectURL(new Blob([recorder.text(side, side, "sans-serif", name)], { type: "image/svg+xml" }));
        await image.decode();
        const one = pixels(paint), other = pixels((ctx) => ctx.drawImage(image, 0, 0));
        const far = one.filter((value, i) => Math.abs(value - other[i]) > 60).length;
        if (far > 150 || !one.some((value) => value)) differing.push([name, far]);
      }
      return differing;
    }""")
    assert differing == []


async def test_a_person_saves_what_is_seen(browser: Browser, address: str) -> None:
    page: Page = await browser.new_page(viewport={"width": 1440, "height": 900})
    await page.goto(address + "/?q=web&group=tag")
    await page.wait_for_function(f"{DRAWN} === 0 && {MAP}.plan.groups.length")
    await page.locator(".xo-map-focus").focus()
    await page.keyboard.press("e")
    async with page.expect_download() as saving:
        await page.keyboard.press("Enter")
    png = await saving.value
    assert png.suggested_filename.startswith("Map-of-all-pools-20") and png.suggested_filename.endswith(".png")
    assert (await png.path()).read_bytes()[:4] == b"\x89PNG"
    assert await page.evaluate("document.activeElement.className") == "xo-map-focus"
    await page.locator(".xo-map").hover()
    await page.get_by_role("button", name="Save as picture").click()
    await expect(page.get_by_role("menuitem")).to_have_text(["Picture (PNG)", "Drawing (SVG)"])
    await page.keyboard.press("ArrowDown")
    async with page.expect_download() as saving:
        await page.keyboard.press("Enter")
    text = (await (await saving.value).path()).read_text("utf-8")
    assert re.search("hosts: 4, VMs: 46 · [^<]+ · by tag · filter: web<", text), re.findall("<text[^>]*>([^<]*)", text)[:4]
    await page.get_by_role("button", name="Save as picture").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_be_hidden()
