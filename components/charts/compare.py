"""Up to six objects on one time axis: a chart for each quantity, in it a strip for each object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from components.charts.history import words
from components.charts.panels import ChartPanel
from components.charts.pictures import KINDS
from components.charts.units import number_words
from data.identity import key_of
from data.types import XapiObject
from xo_dash.i18n import _

MOST = 6


@dataclass(frozen=True, slots=True)
class Compared:
    """One of them: `key` is `vm:uuid@pool` as addresses have it, `path` is its page."""

    key: str
    name: str
    path: str
    panels: Sequence[ChartPanel]


def compare_key(row: XapiObject) -> str:
    """`vm:uuid@pool`; "" for what has no charts."""
    name = next((name for name, kind in KINDS.items() if type(row) is kind), "")
    return f"{name}:{key_of(row)}" if name else ""


def compare_path(rows: Sequence[XapiObject]) -> str:
    """The page that compares them; "" if it has nothing to show of one of them."""
    keys = [compare_key(row) for row in rows]
    return f"/compare?o={','.join(keys)}" if all(keys) else ""


class Compare(ui.element, component="compare.js"):
    def __init__(self, objects: Sequence[Compared]) -> None:
        super().__init__()
        panels = {panel.name: panel for one in reversed(objects) for panel in reversed(one.panels)}  # the words of the first
        self._props.update(
            objects=[{"key": one.key, "name": one.name, "path": one.path, "past": "/past/" + one.key.replace(":", "/")} for one in objects],
            panels=[panel.wire() for panel in reversed(panels.values())], numbers=number_words(), first="day",
            words={**words(), "scale": _("Scale"), "same": _("Same scale"), "own": _("Individual scale"), "remove": _("Remove {name}")},
        )  # fmt: skip
