"""Charts of any time that hosts remember: the browser fetches what it shows, and draws it with the library NiceGUI brings."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from nicegui import ui
from nicegui.elements.echart import EChart

from components.charts.panels import ChartPanel
from components.charts.units import number_words
from components.first_picture import Outline
from xo_dash.i18n import N_, _

LIBRARY = EChart
"""Importing it is what puts the library on the map of modules; it is loaded with the first chart that is drawn."""
KINDS = ("vm", "host", "sr", "pool")
_RANGES = ("live", "2h", "day", "week", "year")
ABSENT = {
    "pool": N_("{name} is not connected: its history is not available."),
    "host": N_("{name} is not responding: its measurements are not available."),
    "nothing": N_("No data for this period."),
}


class HistoryCharts(ui.element, component="history.js"):
    """The bar of ranges, and the charts of the one that is chosen; what is put in stands there for the last ten minutes."""

    def __init__(self, kind: str, key: str, panels: Sequence[ChartPanel], *, first: str = "live", alone: bool = False) -> None:
        """`first`: the range at first, "live" for what is put in; `alone`: not a part of another grid."""
        super().__init__()
        self._props.update(
            path=f"/past/{kind}/{quote(key, safe='@')}", shown=f"{kind}:{key}",
            panels=[panel.wire() for panel in panels], numbers=number_words(),
            words=words(), first=first,
        )  # fmt: skip
        self.classes("x-past-alone" if alone else "")

    @property
    def outline(self) -> Outline:
        said, first = self._props["words"], self._props["first"]
        buttons = "".join(
            f'<button aria-pressed="{str(name == first).lower()}">{escape(said["ranges"][name])}</button>' for name in _RANGES
        )
        ranges = f'<div class="x-past-ranges">{buttons}</div><span class="x-grow"></span><a class="x-link">{escape(said["compare"])}</a>'
        live = "" if first == "live" else ' style="display: none"'
        return Outline("div", "x-past", f'<div class="x-past-bar">{ranges}</div><div class="x-past-live"{live}>', "</div>")


def words() -> dict[str, object]:
    """What the browser says around charts."""
    return {
        "range": _("Time range"),
        "ranges": {"live": _("10 min"), "10m": _("10 min"), "2h": _("2 h"), "day": _("Day"), "week": _("Week"), "year": _("Year")},
        "steps": {
            "5": _("5-second values"),
            "60": _("1-minute values"),
            "3600": _("hourly values"),
            "86400": _("daily values"),
        },
        "large": _("Show large"),
        "close": _("Close"),
        "back": _("Zoom out"),
        "backTip": _("Zoom out"),
        "compare": _("Compare"),
        "compareTip": _("Compare with other VMs and hosts on one time axis"),
        "average": _("average"),
        "most": _("peak {n}"),
        "says": _("{title}: average {mean}, minimum {least}, maximum {most}, now {now}"),
        "band": _("from least to most busy"),
        "spread": _("from least to most"),
        "device": _("Device"),
        "away": _("Without {names}: not responding."),
        "failed": _("xo-dash is not responding. Retrying in a moment."),
        "why": {why: _(text) for why, text in ABSENT.items()},
        "hint": _("Drag to zoom in, or use the wheel over the time axis."),
    }
