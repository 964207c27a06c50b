# ruff: noqa: E501  scripts
"""The theme's own colours are told apart by everybody: distances under full dichromacy, contrasts of what must be seen."""

import itertools
import math
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.map import fleets
from tests.map.canvas import open_canvas

TOKENS = Path(__file__).parents[2] / "components" / "theme" / "tokens.css"
SEEN_APART = ("load-0", "load-50", "load-100", "warning", "critical", "unknown")
MARKS = ("warning", "critical", "unknown")
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Source: Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB."""

Colour = tuple[float, float, float]


def themes() -> dict[str, dict[str, Colour]]:
    """{theme: {token: linear RGB}}: light and dark, each also as they are for those who want more contrast."""
    text = TOKENS.read_text(encoding="utf-8")
    plain, more = text.split("@media (prefers-contrast: more)")
    found: dict[str, dict[str, Colour]] = {}
    for side, name in enumerate(("light", "dark")):
        own = {m[1]: linear(m[2 + side]) for m in re.finditer(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", plain)}
        loud = {m[1]: linear(m[2 + side]) for m in re.finditer(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", more)}
        found[name], found[f"{name}, more contrast"] = own, own | loud
    return found


def linear(text: str) -> Colour:
    parts = [int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return r, g, b


def seen_by(sight: str, colour: Colour) -> Colour:
    r, g, b = (min(1.0, max(0.0, sum(k * part for k, part in zip(row, colour, strict=True)))) for row in SIGHTS[sight])
    return r, g, b


def luminance(colour: Colour) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def contrast(a: Colour, b: Colour) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def lab(colour: Colour) -> Colour:
    matrix = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    x, y, z = (sum(k * part for k, part in zip(row, colour, strict=True)) for row in matrix)
    f = [t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x / 0.95047, y, z / 1.08883)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def ciede2000(one: Colour, two: Colour) -> float:
    """The distance of two colours in Lab. Source: Sharma, Wu, Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 if a or b else 0.0 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    big_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn) / 2)
    h = h1 + h2 if not c1 * c2 else (h1 + turn / 2) % 360
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.20 * cos(4 * h - 63)
    sl, sc, sh = 1 + 0.015 * (lm - 50) ** 2 / math.sqrt(20 + (lm - 50) ** 2), 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -math.sin(math.radians(60 * math.exp(-(((h - 275) / 25) ** 2)))) * 2 * math.sqrt(cm**7 / (cm**7 + 25**7))
    return math.sqrt(((l2 - l1) / sl) ** 2 + ((c2 - c1) / sc) ** 2 + (big_h / sh) ** 2 + rt * ((c2 - c1) / sc) * (big_h / sh))


def cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def test_the_distance_is_the_published_one() -> None:
    """Pairs 1, 7, 16 and 25 of the paper's table."""
    pairs = (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    )
    for one, two, distance in pairs:
        assert ciede2000(one, two) == pytest.approx(distance, abs=2e-4)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", themes())
def test_loads_and_marks_are_told_apart(theme: str, sight: str) -> None:
    colours = themes()[theme]
    seen = {name: lab(seen_by(sight, colours[name])) for name in SEEN_APART}
    distances = {(a, b): ciede2000(seen[a], seen[b]) for a, b in itertools.combinations(SEEN_APART, 2)}
    nearest = min(distances, key=distances.__getitem__)
    assert distances[nearest] >= 15, f"{nearest}: {distances[nearest]:.1f}"


@pytest.mark.parametrize("theme", themes())
def test_marks_stand_out_from_what_they_are_on(theme: str) -> None:
    colours = themes()[theme]
    for ground in ("ground", "surface"):
        for mark in MARKS:
            assert contrast(colours[mark], colours[ground]) >= 3, f"{mark} on {ground}"
        assert contrast(colours["text"], colours[ground]) >= 7
        assert contrast(colours["dim"], colours[ground]) >= 4.5


MORE = [name for name in themes() if "more" in name]
GROUNDS = ("ground", "surface", "raised", "hover", "selected")


@pytest.mark.parametrize("theme", MORE)
def test_with_more_contrast_words_are_read_on_every_ground(theme: str) -> None:
    colours = themes()[theme]
    for ground, ink in itertools.product(GROUNDS, ("text", "dim", "faint", "accent", "warning-text", "critical-text")):
        assert contrast(colours[ink], colours[ground]) >= 7, f"{ink} on {ground}"
    assert contrast(colours["on-accent"], colours["accent"]) >= 7


@pytest.mark.parametrize("theme", MORE)
def test_with_more_contrast_every_border_and_every_mark_is_seen(theme: str) -> None:
    """A tile's border is `dim`, that of a host, a pool or a bar `line`."""
    colours = themes()[theme]
    for ground, ink in itertools.product(GROUNDS, ("line", "edge", "dim", *MARKS, "state")):
        assert contrast(colours[ink], colours[ground]) >= 3, f"{ink} on {ground}"
    assert contrast(colours["load-50"], colours["surface"]) >= 3  # what fills a bar


def test_more_contrast_is_the_same_by_choice_and_by_the_system() -> None:
    text = TOKENS.read_text(encoding="utf-8")
    wish, choice = (
        text.split(opening, 1)[1].split("}", 1)[0] for opening in ("(prefers-contrast: more) {\n  :root {", ':root[data-contrast="more"] {')
    )
    assert re.findall(r"--[^;]+;", wish) == re.findall(r"--[^;]+;", choice)
    assert "--contrast: more" in choice


async def test_with_more_contrast_tiles_have_borders_and_letters_that_are_read(browser: Browser) -> None:
    """On the canvas and, as text, in a drawing: the choice counts where the system has no wish."""
    page = await open_canvas(browser, fleets.fleet(fleets.LAB))
    for scheme, choice in itertools.product(("dark", "light"), ("more", "")):
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate("(choice) => { document.documentElement.dataset.contrast = choice; map.dress(); }", choice)
        drawn = await page.evaluate(DRAWN)
        assert (drawn["borders"] >= drawn["running"]) == (choice == "more"), (scheme, choice, drawn)
        if choice:
            for ink, fill in drawn["pairs"]:
                assert contrast(linear(ink), linear(fill)) >= 4.5, (scheme, ink, fill)
            read = sum(contrast(linear(ink), linear(fill)) >= 7 for ink, fill in drawn["pairs"])
            assert read >= 0.6 * len(drawn["pairs"])
            assert contrast(linear(drawn["outline"]), linear(drawn["surface"])) >= 7


DRAWN = """async () => {
  const { svg } = await import("/export.js"), { theme, words, format, width, height, faint } = map.art;
  const view = { theme, words, format, width, height, faint, model: map.model, plan: map.plan, camera: map.camera, look: map.look, above: { lines: [], ghosts: [], lost: [], stranded: [] } };
  const drawing = new DOMParser().parseFromString(svg(view, { title: "", facts: "", time: "", fill: "CPU", scale: ["0 %", "100 %"] }), "image/svg+xml");
  const hex = (text) => text.startsWith("#") ? text : "#" + text.match(/\\d+/g).map((part) => (+part).toString(16).padStart(2, "0")).join("");
  const strokes = [...drawing.querySelectorAll("[stroke]")].map((one) => one.getAttribute("stroke"));
  return {
    borders: strokes.filter((stroke) => hex(stroke) === hex(theme.outline)).length,
    running: [...map.model.things.values()].filter(({ kind, state }) => kind === "vm" && state === 1).length,
    pairs: theme.inks.map((ink, i) => [hex(ink), hex(theme.fills[i])]), outline: hex(theme.outline), surface: hex(theme.surface),
  };
}"""
