"""What axe-core says of a page: nothing that is serious or critical."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page

MODULE = importlib.util.find_spec("axe_playwright_python")
WORST = ("serious", "critical")
LOOKS = (
    ({"color_scheme": "light"}, "color-contrast"),
    ({"color_scheme": "dark", "contrast": "more"}, "color-contrast-enhanced"),
)
"""Colours alone differ between them: (what a person prefers, what is to be held then). What is left is in `tests/ui/test_contrast`."""
WHOLE, INSIDE = "document", "document.querySelector('main') ?? document"
"""The frame is the same around all pages: it is looked at once."""


def _script() -> str:
    assert MODULE is not None and MODULE.submodule_search_locations is not None
    return (Path(MODULE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: Page, *, frame: bool = False) -> list[str]:
    """Of a page in the dark: of all rules as it is, of contrasts in the light, and of 7:1 where more contrast is preferred.

    `frame`: also of what is around it.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_script())
    part = WHOLE if frame else INSIDE
    found = await _run(page, part, {})
    for preferred, rule in LOOKS:
        await page.emulate_media(**preferred)  # type: ignore[arg-type]
        found += await _run(page, part, {"runOnly": {"type": "rule", "values": [rule]}})
    await page.emulate_media(color_scheme="dark", contrast="null")
    return found


async def _run(page: Page, part: str, options: dict[str, Any]) -> list[str]:
    found: dict[str, Any] = await page.evaluate(f"axe.run({part}, {json.dumps({'resultTypes': ['violations'], **options})})")
    return [
        f"{page.url} {one['id']} ({one['impact']}): {node['target']} {node['failureSummary']} {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in WORST
        for node in one["nodes"][:4]
    ]
