"""The map as an element: hands the scene's messages to one browser, and what is chosen there to a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from nicegui import events
from nicegui.dependencies import register_esm
from nicegui.element import Element

from components.browser import tell
from components.map.scene import Scene
from components.map.words import words
from xo_dash.i18n import locale

MODULES = Path(__file__).parent / "modules"
MOST_TRAILS = 1000
register_esm("xo-map", MODULES, max_time=max(path.stat().st_mtime for path in MODULES.iterdir()))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One thing of the selection: `kind` is pool, host, vm, sr or network."""

    kind: str
    uuid: str


class Map(Element, component="map.js"):
    """The canvas; fills its place. Children are laid over it.

    `links` are paths by kind, with `{uuid}` in them, for a double click and Enter.
    """

    on_choose: Callable[[Sequence[Chosen]], None] | None = None
    """Gets the selection whenever it changes."""
    on_menu: Callable[[float, float], None] | None = None
    """Gets the place (x, y) where verbs for the selection are wanted: a right click, a long press, a dot."""

    def __init__(self, scene: Scene, *, links: Mapping[str, str]) -> None:
        super().__init__()
        self._scene = scene
        self._is_ready = False
        self._props["words"] = words()
        self._props["links"] = dict(links)
        self._props["language"] = locale()
        self._close = scene.open(self._patch)
        self.on("ready", self._ready)
        self.on("trails", self._trails)
        self.on("choose", self._choose)
        self.on("menu", self._menu)

    def _handle_delete(self) -> None:
        self._close()
        super()._handle_delete()

    # ---- to the browser

    def _ready(self) -> None:
        self._is_ready = False
        self._scene.show(self._show)

    def _show(self, message: str) -> None:
        self._is_ready = True
        tell(self, "patch", f"[{message}]")

    def _patch(self, message: str) -> None:
        if self._is_ready:
            tell(self, "patch", f"[{message}]")

    def deselect(self) -> None:
        """Nothing is selected any more."""
        tell(self, "choose", "[-1,false]")

    def reveal(self, uuid: str) -> None:
        """Show one thing, and what uses it."""
        tell(self, "reveal", orjson.dumps([uuid]).decode())

    # ---- from the browser; what it says is not trusted

    def _trails(self, event: events.GenericEventArguments) -> None:
        """For the first list of ids the CPU, for the second all."""
        wanted = [[id_ for id_ in _list(ids)[:MOST_TRAILS] if isinstance(id_, int)] for ids in _list(event.args)[:2]]
        tell(self, "trails", f"[{self._scene.trails(*wanted) if wanted else '[]'}]")

    def _choose(self, event: events.GenericEventArguments) -> None:
        chosen = [
            Chosen(*pair)
            for pair in _list(event.args)
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        ]
        if self.on_choose:
            self.on_choose(chosen)

    def _menu(self, event: events.GenericEventArguments) -> None:
        place = event.args if isinstance(event.args, dict) else {}
        x, y = place.get("x"), place.get("y")
        if self.on_menu and isinstance(x, int | float) and isinstance(y, int | float):
            self.on_menu(x, y)


def _list(args: Any) -> list[Any]:
    return args if isinstance(args, list) else []
