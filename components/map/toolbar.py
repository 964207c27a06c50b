"""Above the map: what it shows and how, what is looked for, map or table."""

from __future__ import annotations

from nicegui.element import Element

from components.map.fills import fills, scales
from components.map.map import Map
from xo_dash.i18n import _, pgettext


class Toolbar(Element, component="toolbar.js"):
    """Speaks with `chart` in the browser alone."""

    def __init__(self, chart: Map) -> None:
        super().__init__()
        self._props["words"] = _words()
        self._props["chart"] = chart.id


def _words() -> dict[str, object]:
    sizes = [
        ("auto", pgettext("size", "auto")),
        ("ram", _("RAM")),
        ("equal", pgettext("size", "equal")),
        ("vcpu", _("vCPUs")),
        ("disk", _("Disk")),
    ]
    groups = [
        ("placement", pgettext("group", "host")),
        ("tag", pgettext("group", "tag")),
        ("os", pgettext("group", "system")),
        ("network", pgettext("group", "network")),
        ("sr", pgettext("group", "SR")),
        ("folder", pgettext("group", "folder")),
    ]
    return {
        "tools": _("Map options"),
        "view": _("View"),
        "views": [("map", _("Map")), ("table", _("Table"))],
        "scales": scales(),
        "scale": _("From {low} to {high}"),
        "menus": [("fill", _("Fill"), fills()), ("group", _("Group"), groups), ("size", _("Size"), sizes)],
        "filter": _("Filter"),
        "grammar": _("Name, address or UUID; tag: os: state: host: pool: sr: net: is:alarm; a minus before a word excludes it"),
        "legend": _("Legend"),
        "only": _("Show only results"),
        "chooseAll": _("Select all results"),
        "clear": _("Clear filter"),
    }
