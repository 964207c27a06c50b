"""A package of browser modules as one file: nothing is another for it, and what it cannot hold is refused when the process starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.bundles import bundle
from tests.node import in_node

PACKAGE = {
    "index.js": """\
export { area, SIDES as sides } from "./shape.js";
export { default as Box } from "./box.js";
export { count } from "./numbers.js";
""",
    "shape.js": """\
import { ONE, TWO } from "./numbers.js";

export const SIDES = [ONE, TWO];
export function area(box, room = 1) {
  return box.w * room;
}
""",
    "box.js": """\
import { area as size } from "./shape.js";
const w = 3;

export default {
  w,
  size: () => size({ w }),
};
""",
    "numbers.js": """\
import { name } from "./names.js";
export { name } from "./names.js";
export const ONE = 1, TWO = 2; // bits
const w = 7;
export const count = (n = ONE, more = name.length) => n + more + w;
""",
    "names.js": """\
export const name = "names";
export async function later() {}
""",
    "alone.js": "throw new Error('nobody imports it');\n",
}
SAYS = "() => ({ names: Object.keys(it).sort(), area: it.area({ w: 2 }), sides: it.sides, box: it.Box.size(), count: it.count() })"


def package(folder: Path, **other: str) -> Path:
    for name, text in {**PACKAGE, **{f"{name}.js": text for name, text in other.items()}}.items():
        (folder / name).write_text(text)
    return folder


def test_the_bundle_is_the_package(tmp_path: Path) -> None:
    path = tmp_path / "bundle.mjs"
    path.write_text(bundle(package(tmp_path)))
    assert in_node(SAYS, {"it": str(path)}) == {
        "names": ["Box", "area", "count", "sides"], "area": 2, "sides": [1, 2], "box": 3, "count": 13,
    }  # fmt: skip


def test_each_module_is_there_once_after_what_it_imports(tmp_path: Path) -> None:
    lines = bundle(package(tmp_path)).splitlines()
    assert [line for line in lines if line.startswith("// ----")] == [
        f"// ---- {name}.js" for name in ("names", "numbers", "shape", "box", "index")
    ]


@pytest.mark.parametrize(
    "text",
    [
        'import * as all from "./box.js";',
        'import { h } from "vue";',
        "export let x = 1;",
        'export * from "./box.js";',
        'import "./box.js";',
    ],
)
def test_what_a_bundle_has_no_place_for_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"names\.js: a bundle has no place for"):
        bundle(package(tmp_path, names=f"{text}\n"))


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"numbers\.js imports name of names\.js, which exports other"):
        bundle(package(tmp_path, names="export const other = 1;\n"))


def test_a_circle_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"numbers\.js -> names\.js -> numbers\.js is a circle"):
        bundle(package(tmp_path, names='import { ONE } from "./numbers.js";\n'))


@pytest.mark.parametrize("folder", ["map", "charts", "lists", "vms"])
def test_our_packages_are_as_their_files_say(folder: str, tmp_path: Path) -> None:
    """In a bundle each has the names of its index, and none is undefined."""
    modules = Path("components", folder, "modules").resolve()
    path = tmp_path / "bundle.mjs"
    path.write_text(bundle(modules))
    listed = "(one) => Object.entries(one).map(([name, what]) => [name, typeof what]).sort()"
    whole = in_node(f"() => ({listed})(it)", {"it": str(path)})
    assert whole == in_node(f"() => ({listed})(it)", {"it": str(modules / "index.js")})
    assert whole and all(kind != "undefined" for _name, kind in whole)
