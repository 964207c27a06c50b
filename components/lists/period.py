"""Choosing which time a list is about: last night, the last week, from one moment to another. It is part of the address."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nicegui.element import Element

from xo_dash.i18n import _


class Period(NamedTuple):
    """Seconds since 1970."""

    begin: float = -math.inf
    end: float = math.inf

    def has(self, begin: float, end: float) -> bool:
        """Whether something that went on from `begin` to `end` falls into it."""
        return begin <= self.end and end >= self.begin


class PeriodField(Element, component="period.js"):
    """Inside a Listing with a column for it, or with `on_change`; what a night is says the browser's clock."""

    def __init__(self, on_change: Callable[[Period], None] | None = None) -> None:
        super().__init__()
        self._props["options"] = [
            ["", _("Any time")], ["hour", _("Last hour")], ["night", _("Last night")], ["day", _("Last 24 hours")],
            ["week", _("Last 7 days")], ["between", _("From – to")],
        ]  # fmt: skip
        self._props["words"] = {"title": _("Time"), "from": _("From"), "to": _("Until"), "hours": _("From 20:00 to 8:00")}
        if on_change is not None:
            changed = on_change
            self.on("period", lambda event: changed(read_period(event.args)))


def read_period(told: object) -> Period:
    """What a browser sends may be anything."""
    match told:
        case [begin, end]:
            return Period(_moment(begin, -math.inf), _moment(end, math.inf))
    return Period()


def _moment(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else otherwise
