"""Above the map: what it shows and how, what is looked for, map or table."""

from __future__ import annotations

from nicegui.element import Element

from components.map.map import Map
from components.map.words import toolbar


class Toolbar(Element, component="toolbar.js"):
    """Speaks with `chart` in the browser alone."""

    def __init__(self, chart: Map) -> None:
        super().__init__()
        self._props["words"] = toolbar()
        self._props["chart"] = chart.id
