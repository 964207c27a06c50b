"""What axe-core says of a page: nothing that is serious or critical."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page

MODULE = importlib.util.find_spec("axe_playwright_python")
WORST = ("serious", "critical")
DARK: dict[str, Any] = {"color_scheme": "dark", "contrast": "null"}
LOOKS: tuple[tuple[dict[str, Any], str], ...] = (
    (DARK, "color-contrast"),
    ({"color_scheme": "light", "contrast": "null"}, "color-contrast"),
    ({"color_scheme": "dark", "contrast": "more"}, "color-contrast-enhanced"),
)
"""(What a person prefers, what is to be held then.) What is left is in `tests/ui/test_contrast`."""
ALL = {"rules": {rule: {"enabled": False} for rule in ("color-contrast", "color-contrast-enhanced")}}
HIDE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":is(.x-vms-row, .x-list-row, .x-tree-row, .xo-row):nth-child(n + 9) { visibility: hidden !important }");
  document.adoptedStyleSheets.push(sheet);
}"""
"""Rows below others of their list are made as those are."""
FRESH = """(seen) => {
  const known = new Set(seen), keys = [];
  globalThis.fresh = [];
  const ground = (element) => {
    for (let opacity = 1; element; element = element.parentElement) {
      const { backgroundColor: colour, backgroundImage: image, opacity: own } = getComputedStyle(element);
      opacity *= own;
      if (image !== "none" || !/, 0\\)$|^transparent$/.test(colour)) return `${colour} ${image} ${opacity}`;
    }
    return "";
  };
  for (const element of document.body.querySelectorAll("*")) {
    const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!(says || element.placeholder) || !element.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const key = [color, fontSize, fontWeight, ground(element)].join(" ");
    if (!known.has(key)) { known.add(key); keys.push(key); globalThis.fresh.push(element); }
  }
  return keys;
}"""
"""Contrast is of a colour, a size and what is behind: an element where these are as in one that was looked at needs no second look."""

STILL_THERE = "(globalThis.fresh = globalThis.fresh.filter((element) => element.isConnected)).length > 0"


def _script() -> str:
    assert MODULE is not None and MODULE.submodule_search_locations is not None
    return (Path(MODULE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


class Axe:
    """Looks at one page after the other; begins and ends in the dark."""

    def __init__(self) -> None:
        self._seen: list[set[str]] = [set() for _look in LOOKS]

    async def violations(self, page: Page, *, frame: bool = False) -> list[str]:
        """By all rules, of what is inside the frame unless `frame`; by those of contrast, of what looks like nothing before it."""
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(_script())
        await page.evaluate(HIDE)
        found = await _run(page, "document" if frame else "document.querySelector('main') ?? document", ALL)
        for (preferred, rule), seen in zip(LOOKS, self._seen, strict=True):
            await page.emulate_media(**preferred)
            fresh = await page.evaluate(FRESH, list(seen))
            if fresh and await page.evaluate(STILL_THERE):
                found += await _run(page, "{ include: globalThis.fresh }", {"runOnly": {"type": "rule", "values": [rule]}})
                seen.update(fresh)
        await page.emulate_media(**DARK)
        await page.evaluate("document.adoptedStyleSheets.pop()")
        return found


async def _run(page: Page, part: str, options: dict[str, Any]) -> list[str]:
    told = {"resultTypes": ["violations"], "preload": False, **options}  # style sheets are for rules that we do not ask for
    found: dict[str, Any] = await page.evaluate(f"axe.run({part}, {json.dumps(told)})")
    return [
        f"{page.url} {one['id']} ({one['impact']}): {node['target']} {node['failureSummary']} {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in WORST
        for node in one["nodes"][:4]
    ]
