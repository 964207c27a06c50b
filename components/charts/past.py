"""Charts of any time that hosts remember: the browser fetches what it shows, and draws it with the library NiceGUI brings."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from nicegui import ui
from nicegui.elements.echart import EChart

from components.charts.panels import Panel
from components.charts.units import number_words
from xo_dash.i18n import N_, _

LIBRARY = EChart
"""Importing it is what puts the library on the map of modules; it is loaded with the first chart that is drawn."""
KINDS = ("vm", "host", "sr", "pool")
ABSENT = {
    "pool": N_("{name} is not connected: its past cannot be asked for."),
    "host": N_("{name} does not answer: it keeps what was measured."),
    "nothing": N_("Nothing was measured in this time."),
}


class Past(ui.element, component="past.js"):
    """The bar of ranges, and the charts of the one that is chosen; what is put in stands there for the last ten minutes."""

    def __init__(self, kind: str, key: str, panels: Sequence[Panel], *, first: str = "live", alone: bool = False) -> None:
        """`first`: the range at first, "live" for what is put in; `alone`: not a part of another grid."""
        super().__init__()
        self._props.update(
            path=f"/past/{kind}/{quote(key, safe='@')}", shown=f"{kind}:{key}",
            panels=[panel.wire() for panel in panels], numbers=number_words(),
            words=words(), first=first,
        )  # fmt: skip
        self.classes("x-past-alone" if alone else "")


def words() -> dict[str, object]:
    """What the browser says around charts."""
    return {
        "range": _("How far back"),
        "ranges": {"live": _("10 min"), "10m": _("10 min"), "2h": _("2 h"), "day": _("Day"), "week": _("Week"), "year": _("Year")},
        "steps": {
            "5": _("a value every 5 seconds"),
            "60": _("a value a minute"),
            "3600": _("a value an hour"),
            "86400": _("a value a day"),
        },
        "back": _("Zoom out"),
        "backTip": _("A longer time around it"),
        "compare": _("Compare"),
        "compareTip": _("Beside other VMs and hosts, on one time axis"),
        "average": _("average"),
        "most": _("at most {n}"),
        "says": _("{title}: average {mean}, least {least}, most {most}, now {now}"),
        "band": _("from the idlest to the busiest"),
        "spread": _("from the least to the most"),
        "device": _("Which one"),
        "away": _("Without {names}: no answer from there."),
        "failed": _("xo-dash did not answer. It is asked again in a moment."),
        "why": {why: _(text) for why, text in ABSENT.items()},
        "hint": _("Drag to look closer. On the time axis the wheel does it too."),
    }
