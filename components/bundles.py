"""The modules of a package of ours as one file: a browser's first visit asks for one instead of sixty, one after the other.

A package is a folder of ES modules; `index.js` says what others may import of it. Elements write `import { Camera } from "xo-map"`,
and the modules name each other by file. Each stands in the bundle as it is in its file, in a function of its own, after those
that it imports; a heading names the file, so that what a browser says of a line can be found. Single files can still be imported,
as `xo-map/places.js`, by who wants little of a package: they are then other modules than those of the bundle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from nicegui import App, ui
from nicegui.dependencies import esm_modules, importmap_overrides, register_esm, register_importmap_override

from components.immutable import digest, serve

OURS: Final = "xo-"
"""What the names of our packages begin with."""
ENTRY: Final = "index.js"
IMPORT: Final = re.compile(r'^import (?:(?P<default>\w+)|\{ (?P<names>[^}]+) \}) from "\./(?P<file>[\w.]+)";$', re.M)
REEXPORT: Final = re.compile(r'^export \{ (?P<names>[^}]+) \} from "\./(?P<file>[\w.]+)";$', re.M)
DECLARED: Final = re.compile(r"^export (?P<what>(?:async )?(?:function\*?|class|const) (?P<name>\w+))", re.M)
NUMBERS: Final = re.compile(r"^const (?:\w+ = \d+(?:, |;))+(?: //.*)?$")
"""Several constants in one line."""
LEFT: Final = re.compile(r"^(?:import|export)\b.*$", re.M)
"""Of a form that none of the above is."""


def register(name: str, folder: Path) -> None:
    """Let browsers import the package `folder` as `name`, file by file as long as nothing serves its bundle."""
    register_esm(name, folder, max_time=max(path.stat().st_mtime for path in folder.iterdir()))


def install(app: App) -> None:
    """Serve the bundle of each package; called once, before the first page."""
    for module in esm_modules.values():
        if module.name.startswith(OURS):
            text = bundle(module.path)
            path = f"/modules/{module.name}.{digest(text)}.js"
            serve(app, path, text, "text/javascript; charset=utf-8")
            register_importmap_override(module.name, path)


def preload(*names: str) -> None:
    """Let the page being built fetch the bundles of these packages at once, and not only when the script that imports them has come."""
    for name in names:
        if path := importmap_overrides.get(name):
            ui.add_head_html(f'<link rel="modulepreload" href="{path}">')


@cache
def bundle(folder: Path) -> str:
    """One ES module that exports what `index.js` of `folder` does. Raises ValueError for what it cannot put together."""
    parts, told = [], dict[str, dict[str, str]]()
    for name, text in _in_order(folder, ENTRY, (), set()):
        for file, wanted in _imported(text):
            if wanted not in told[file]:
                raise ValueError(f"{folder}: {name} imports {wanted} of {file}, which exports {', '.join(told[file])}")
        told[name] = _exported(text)
        parts.append(_in_a_function(name, text, told[name]))
    return "\n".join([*parts, f"export const {{ {', '.join(told[ENTRY])} }} = {_variable(ENTRY)};", ""])


def _in_order(folder: Path, name: str, on_the_way: tuple[str, ...], done: set[str]) -> Iterator[tuple[str, str]]:
    """(file, its text) of `name` and all that it imports, each after what it imports."""
    if name in on_the_way:
        raise ValueError(f"{folder}: {' -> '.join((*on_the_way, name))} is a circle")
    if name in done:
        return
    text = (folder / name).read_text(encoding="utf-8")
    for file in dict.fromkeys(file for file, _wanted in _imported(text)):
        yield from _in_order(folder, file, (*on_the_way, name), done)
    done.add(name)
    yield name, text


def _in_a_function(name: str, text: str, exported: Mapping[str, str]) -> str:
    body = DECLARED.sub(r"\g<what>", IMPORT.sub(_taken, REEXPORT.sub("", text))).replace("\nexport default ", "\nconst defaultExport = ")
    if left := LEFT.search(body):
        raise ValueError(f"{name}: a bundle has no place for {left[0]!r}")
    told = ", ".join(f"{one}: {value}" for one, value in exported.items())
    return f"// ---- {name}\nconst {_variable(name)} = (() => {{\n{body.rstrip()}\nreturn {{ {told} }};\n}})();\n"


def _imported(text: str) -> Iterator[tuple[str, str]]:
    """(file, name there) of what a module imports or hands on."""
    for found in (*IMPORT.finditer(text), *REEXPORT.finditer(text)):
        for one in (found["names"] or "default").split(", "):
            yield found["file"], one.partition(" as ")[0]


def _taken(found: re.Match[str]) -> str:
    """What a module takes of another, as constants."""
    names = found["names"].replace(" as ", ": ") if found["names"] else f"default: {found['default']}"
    return f"const {{ {names} }} = {_variable(found['file'])};"


def _exported(text: str) -> dict[str, str]:
    """{name: what a module exports by it}."""
    told = {"default": "defaultExport"} if "\nexport default " in text else {}
    for found in REEXPORT.finditer(text):
        for one in found["names"].split(", "):
            there, _as, here = one.partition(" as ")
            told[here or there] = f"{_variable(found['file'])}.{there}"
    for found in DECLARED.finditer(text):
        line = text[found.start("what") : text.find("\n", found.start())]
        names = re.findall(r"(\w+) =", line) if NUMBERS.match(line) else [found["name"]]
        told.update((name, name) for name in names)
    return told


def _variable(file: str) -> str:
    return re.sub(r"\W", "_", file)
