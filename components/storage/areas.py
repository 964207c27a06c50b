"""Where the space of an SR goes, as areas: the browser draws them from one message, and asks for what is inside of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson
from nicegui import events, ui

import components.map  # its modules have the layout  # noqa: F401
from components.browser import tell
from components.charts import number_words
from components.live import follow_facts
from components.storage.area_tiles import REST, AreaTile, part_key, tiles_of_part, tiles_of_rest, tiles_of_sr
from components.storage.words import USES, part_name
from components.ui import Card
from components.urls import path_of
from data.contents import Part
from data.views.sr import SRView
from xo_dash.i18n import _


class AreaPicture(ui.element, component="areas.js"):
    """Tiles as given, largest first; `on_open` gets the key of one that was clicked, "" for the way back."""

    def __init__(self, label: str, on_open: Callable[[str], None]) -> None:
        super().__init__()
        self.on_open = on_open  # let go of at the end, see components.release
        self.shown: tuple[Sequence[AreaTile], str, str] = ((), "", "")
        self._props.update(
            label=label,
            numbers=number_words(),
            words={"back": _("Whole SR"), "unscaled": _("not to scale"), "uses": {use: _(text) for use, text in USES.items()}},
        )
        self.on("ready", self._tell, [])
        self.on("open", self._open)

    def show(self, tiles: Sequence[AreaTile], name: str = "", path: str = "") -> None:
        """`name`, which leads to `path`: whose parts these are, where they are not all."""
        if self.shown != (tiles, name, path):
            self.shown = tiles, name, path
            self._tell()

    def _tell(self) -> None:
        tiles, name, path = self.shown
        tell(self, "show", orjson.dumps([[tile.wire() for tile in tiles], name, path]).decode())

    def _open(self, event: events.GenericEventArguments) -> None:
        if isinstance(event.args, str):
            self.on_open(event.args)


class Areas(Card):
    """Of one SR. A click on a part selects it, which opens what it has; one on a disk draws its chain."""

    def __init__(self, sr: SRView, select: Callable[[str], None], draw_chain: Callable[[str], None]) -> None:
        """`select` gets the key of a part, "" for none, `draw_chain` the uuid of a disk."""
        super().__init__(_("By size"), _("area is space used; click a part to open it"), wide=True)
        self._sr = sr
        self._parts: Sequence[Part] = ()
        self._opened = ""
        self.on_select, self.on_chain = select, draw_chain  # let go of at the end, see components.release
        with self:
            self._picture = AreaPicture(_("Space used, by size"), self._open).mark("areas")
            follow_facts(sr, ("room",), self._draw)

    def show(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._draw()

    def open(self, key: str) -> None:
        """Show what that part is made of; "": all of them."""
        self._opened = key
        self._draw()

    def _open(self, key: str) -> None:
        if key in ("", REST):
            self.on_select("")
            self.open(key)
        elif any(part_key(part) == key for part in self._parts):
            self.on_select(key)
        else:  # a disk of what is open
            self.on_chain(key)

    def _draw(self) -> None:
        part = next((part for part in self._parts if part_key(part) == self._opened), None)
        if part is not None:
            alone = part.machines[0] if len(part.machines) == 1 else None
            self._picture.show(tiles_of_part(part), part_name(part), path_of(alone) if alone is not None else "")
        elif self._opened == REST and (tiles := tiles_of_rest(self._parts)):
            self._picture.show(tiles, _("Smaller parts"))
        else:
            self._opened = ""
            tiles = tiles_of_sr(self._parts, self._sr.room)
            self.set_visibility(any(part.used > 0 for part in self._parts))  # all free is what the bar above says
            self._picture.show(tiles)
