"""What single keys of the map ask for, and which two belong together."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.map.pure import modules

PRESS = """(keysAt) => {
  const surface = document.createElement("div"), asked = [];
  let now = 0;
  performance.now = () => now;
  const goTo = (key) => { const known = "vhsnp".includes(key); if (known) asked.push(["go", key]); return known; };
  keys.keys({ $refs: { focus: surface }, $emit: (name, by) => asked.push([name, by]), goTo, verb: (id) => asked.push(["verb", id]) });
  for (const [key, at] of keysAt) {
    now = at;
    surface.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  }
  return asked;
}"""
"""Presses keys, each at a time in milliseconds since the page began, and says what the map was asked for."""


@pytest.mark.parametrize(
    ("pressed", "asked"),
    [
        ([("n", 5)], [["step", 1]]),  # a page's first moments are not those after a g
        ([("s", 5)], [["verb", "vm.snapshot"]]),
        ([("g", 5), ("n", 400)], [["go", "n"]]),
        ([("g", 5), ("n", 400), ("n", 500)], [["go", "n"], ["step", 1]]),
        ([("g", 5), ("n", 1300)], [["step", 1]]),  # too late
        ([("g", 5), ("z", 100), ("n", 200)], [["step", 1]]),  # the very next key
        ([("g", 5), ("Shift", 100), ("N", 110)], [["step", -1]]),
        ([("g", 5), ("Shift", 100), ("n", 110)], [["go", "n"]]),  # pressing a modifier is not a key yet
    ],
)
async def test_only_the_key_after_g_leaves_the_map(browser: Browser, pressed: list[tuple[str, int]], asked: list[Any]) -> None:
    async with modules(browser, "keys") as page:
        assert await page.evaluate(PRESS, pressed) == asked
