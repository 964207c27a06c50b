"""A picture of the last ten minutes of one object: the browser draws it, and gets a line of numbers for each new sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from nicegui import ui

from components.browser import tell
from components.charts.units import Unit, number_words
from components.live import follow_history
from data.history import LENGTH, STEP, History, Series
from xo_dash.i18n import _

Sample = list[float | None]
"""[epoch seconds, a value for each curve, None where nothing was measured]"""


@dataclass(frozen=True, slots=True)
class Curve:
    """A series of the history, and what it is called where a chart has several."""

    series: str
    label: str = ""


class Chart(ui.element, component="chart.js"):
    """The curves of one object over one pair of axes, with the newest values above. Amounts are bytes, or bytes a second.

    `limit` is the upper edge of the axis; 0 is what was the most. `note` stands beside the figure;
    `idle` is said of an empty picture of what is off (see head.Now of the VMs).
    """

    def __init__(
        self, history: History, uuid: str, curves: Sequence[Curve], unit: Unit, *, limit: float = 0, note: str = "", idle: str = ""
    ) -> None:
        super().__init__()
        self._history, self._uuid, self._curves = history, uuid, tuple(curves)
        self._sent_until: float | None = None  # epoch seconds; None until the browser is ready
        self._props.update(
            curves=[{"label": curve.label} for curve in curves], unit=str(unit), limit=limit, note=note,
            span=LENGTH * STEP, step=STEP, numbers=number_words(), words={"nothing": _("Nothing was measured"), "idle": idle},
        )  # fmt: skip
        self.on("ready", self._ready, [])
        with self:
            follow_history(history, frozenset((uuid,)), self._measured)

    def _ready(self) -> None:
        self._send("fill", self._samples(-math.inf))

    def _measured(self) -> None:
        if self._sent_until is not None:
            self._send("add", self._samples(self._sent_until))

    def _send(self, method: str, samples: list[Sample]) -> None:
        self._sent_until = float(samples[-1][0] or 0) if samples else (self._sent_until or 0.0)
        if samples or method == "fill":
            tell(self, method, orjson.dumps([samples]).decode())

    def _samples(self, after: float) -> list[Sample]:
        return samples(self._history.series(self._uuid), [curve.series for curve in self._curves], after)


def samples(series: Mapping[str, Series], names: Sequence[str], after: float) -> list[Sample]:
    """The series side by side, from the moment `after` (epoch seconds) on, oldest first; four digits are enough for a picture.

    The sample of `after` itself comes again: the newest may have been seen before it was whole.
    """
    found: dict[float, Sample] = {}
    for place, name in enumerate(names, 1):
        for t, value in series[name].points() if name in series else ():
            if t >= after:
                found.setdefault(t, [round(t), *[None] * len(names)])[place] = _rounded(value)
    return [found[t] for t in sorted(found)]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else round(value)
