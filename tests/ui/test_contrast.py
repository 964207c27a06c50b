"""What one must read can be read: the tokens' contrasts, in both palettes."""

from __future__ import annotations

import re

import pytest

from components.theme.icons import NAMES, drawing
from components.theme.theme import HERE, style_sheet
from components.ui.marks import SHAPES, drawings

TOKENS = (HERE / "tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TOKEN_FAMILIES = (
    "--load",
    "--size",
    "--radius",
    "--row",
    "--text",
    "--dim",
    "--faint",
    "--line",
    "--warning",
    "--critical",
    "--accent",
    "--ground",
)
USUAL = TOKENS.split("@media (prefers-contrast: more)")[0]
PALETTES = [{name: pair[which] for name, *pair in PAIR.findall(text)} for text in (USUAL, TOKENS) for which in (0, 1)]
NAMES_OF_PALETTES = ["light", "dark", "light, more contrast", "dark, more contrast"]


def luminance(colour: str) -> float:
    """Of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", PALETTES, ids=NAMES_OF_PALETTES)
@pytest.mark.parametrize("ink", ["text", "dim", "accent", "warning-text", "critical-text"])
@pytest.mark.parametrize("ground", ["ground", "surface", "raised", "hover", "selected"])
def test_words_can_be_read(palette: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(palette[ink], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", PALETTES[2:], ids=NAMES_OF_PALETTES[2:])
@pytest.mark.parametrize("ink", ["text", "dim", "accent", "warning-text", "critical-text"])
def test_words_have_seven_to_one_where_more_contrast_is_wanted(palette: dict[str, str], ink: str) -> None:
    for ground in ("ground", "surface", "raised", "hover", "selected"):
        assert contrast(palette[ink], palette[ground]) >= 7, ground


@pytest.mark.parametrize("palette", PALETTES, ids=NAMES_OF_PALETTES)
def test_marks_can_be_seen(palette: dict[str, str]) -> None:
    for ink in ("state", "warning", "critical", "accent", "unknown"):
        assert contrast(palette[ink], palette["surface"]) >= 3.0, ink
    assert contrast(palette["on-accent"], palette["accent"]) >= 4.5


def test_words_are_faint_only_where_nothing_can_be_done_with_them() -> None:
    used = re.compile(r"([^{};]+)\{[^{}]*(?<![\w-])color: var\(--faint\)")
    sheets = [
        path.read_text(encoding="utf-8") for folder in ("components", "pages") for path in sorted((HERE.parents[1] / folder).rglob("*.css"))
    ]
    rules = [selector.strip() for text in sheets for selector in used.findall(text)]
    assert rules
    assert [rule for rule in rules if not re.search(r"disabled|-faint\b", rule)] == []


def test_every_colour_is_registered_with_its_light_value() -> None:
    """A canvas reads them resolved only then."""
    registered = dict(re.findall(r"@property --([\w-]+) \{[^}]*initial-value: (#[0-9a-f]+)", TOKENS))
    light = dict(re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]+),", USUAL))
    assert registered == light


def test_rules_use_tokens_that_exist_and_no_colours_of_their_own() -> None:
    known = set(re.findall(r"(--[\w-]+):", style_sheet()))
    for path in sorted(HERE.parent.rglob("*.css")):
        rules = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        used = set(re.findall(r"var\((--[\w-]+)\)", rules))
        used -= {name for name in used if not name.startswith(TOKEN_FAMILIES)}  # a component may hand values to its own rules
        assert used <= known, f"{path.name}: {sorted(used - known)}"
        if path.name != "tokens.css":
            assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules), f"{path.name} has a colour of its own"


def test_nothing_is_fetched_from_elsewhere() -> None:
    drawn_here = re.compile(r"url\('data:image/svg\+xml,[^']*'\)")  # the name of SVG's namespace is fetched by nobody
    assert not re.findall(r"url\(|@import|https?://", drawn_here.sub("", style_sheet()))


def test_drawings_are_markup_without_script() -> None:
    for svg in [*(drawing(name) for name in NAMES), *(drawings()[shape] for shape in SHAPES)]:
        assert svg.startswith("<svg ")
        assert not re.search(r"<script|on\w+=|href", svg)
