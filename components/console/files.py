"""The scripts of the console's page: ours, and noVNC as the build put it here. Their address names what they are, so browsers keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "modules"
NOVNC: Final = HERE / "novnc"
"""Not in git; see packaging/novnc.py. Missing where nobody could fetch it."""
ROUTE: Final = "/console-files/{version}/{name:path}"


def is_here() -> bool:
    """Whether there are graphical consoles at all."""
    return (NOVNC / "core" / "rfb.js").is_file()


@cache
def names() -> dict[str, Path]:
    """{name in the address: file}"""
    found = {path.name: path for path in MODULES.glob("*.js")}
    for part in ("core", "vendor"):
        found |= {f"novnc/{path.relative_to(NOVNC).as_posix()}": path for path in (NOVNC / part).rglob("*.js")}
    return found


@cache
def version() -> str:
    """Another one whenever any of the files is another one."""
    whole = hashlib.sha256()
    for name, path in sorted(names().items()):
        whole.update(name.encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def path_of(name: str) -> str:
    """Where a browser gets the file `name`."""
    return f"/console-files/{version()}/{name}"


def preloaded() -> list[str]:
    """All of them: rfb.js asks for each of its own, and no module shall wait for the one that asks for it."""
    return [path_of(name) for name in sorted(names())]
