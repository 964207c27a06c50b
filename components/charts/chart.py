"""A picture of the last ten minutes of one object: the browser draws it, and gets a line of numbers for each new sample."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from nicegui import ui

from components.browser import tell
from components.charts.units import Unit, number_words
from components.first_picture import Outline
from components.live import follow_history
from data.history import LENGTH, STEP, History, Series
from xo_dash.i18n import _

Sample = list[float | None]
"""[epoch seconds, a value for each curve, None where nothing was measured]"""


Parts = Callable[[], Iterable[tuple[str, str]]]
"""The series that are added up, each (uuid, data source)."""
AT_ONCE = 20
"""Series that are added up before others have a turn."""


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
            span=LENGTH * STEP, step=STEP, numbers=number_words(), words={"nothing": _("No data"), "idle": idle, "large": _("Show large")},
        )  # fmt: skip
        self.on("ready", self._ready, [])
        with self:
            follow_history(history, self._watched(), self._measured)

    @property
    def outline(self) -> Outline:
        figures = '<span class="x-chart-figure"><span class="x-figure-value"></span></span>'
        plot = '<svg width="300" height="96"></svg>'  # as high as the browser's, see HEIGHT there
        parts = {"figures": figures, "plot": plot, "times": ""}
        return Outline("div", "x-chart", "".join(f'<div class="x-chart-{name}">{inner}</div>' for name, inner in parts.items()))

    def _watched(self) -> frozenset[str]:
        """Of whose measurements it is."""
        return frozenset((self._uuid,))

    def _ready(self) -> Awaitable[None] | None:
        self._send("fill", self._samples(0.0))
        return None

    def _measured(self) -> None:
        if self._sent_until is not None:
            self._send("add", self._samples(self._sent_until))

    def _send(self, method: str, samples: list[Sample]) -> None:
        self._sent_until = float(samples[-1][0] or 0) if samples else (self._sent_until or 0.0)
        if samples or method == "fill":
            tell(self, method, orjson.dumps([samples]).decode())

    def _samples(self, after: float) -> list[Sample]:
        return samples(self._history.series(self._uuid), [curve.series for curve in self._curves], after)


class SumChart(Chart):
    """The same of sums: each curve is what several series add up to."""

    def __init__(self, history: History, uuid: str, curves: Sequence[Curve], unit: Unit, *, parts: Mapping[str, Parts]) -> None:
        """`uuid` names what it is about; `parts`: of each curve's series, which they are at the moment."""
        self._parts = parts
        super().__init__(history, uuid, curves, unit)

    def _watched(self) -> frozenset[str]:
        return frozenset()  # any: which they are may change

    async def _ready(self) -> None:
        found: dict[float, list[float]] = {}
        count = len(self._curves)
        for place, curve in enumerate(self._curves):
            for at, part in enumerate(list(self._parts[curve.series]())):
                self._add(found, place, count, part, 0.0)
                if at % AT_ONCE == AT_ONCE - 1:
                    await asyncio.sleep(0)
        if not self.is_deleted:
            self._send("fill", _told(found))

    def _samples(self, after: float) -> list[Sample]:
        found: dict[float, list[float]] = {}
        for place, curve in enumerate(self._curves):
            for part in self._parts[curve.series]():
                self._add(found, place, len(self._curves), part, after)
        return _told(found)

    def _add(self, found: dict[float, list[float]], place: int, count: int, part: tuple[str, str], after: float) -> None:
        uuid, name = part
        series = self._history.series(uuid).get(name)
        for t, value in series.points(after) if series is not None else ():
            sums = found.setdefault(t, [math.nan] * count)
            sums[place] = value if math.isnan(sums[place]) else sums[place] + value


def _told(found: Mapping[float, Sequence[float]]) -> list[Sample]:
    return [[round(t), *(None if math.isnan(value) else _rounded(value) for value in found[t])] for t in sorted(found)]


def samples(series: Mapping[str, Series], names: Sequence[str], after: float) -> list[Sample]:
    """The series side by side, from the moment `after` (epoch seconds) on, oldest first; four digits are enough for a picture.

    The sample of `after` itself comes again: the newest may have been seen before it was whole.
    """
    found: dict[float, Sample] = {}
    for place, name in enumerate(names, 1):
        for t, value in series[name].points(after) if name in series else ():
            found.setdefault(t, [round(t), *[None] * len(names)])[place] = _rounded(value)
    return [found[t] for t in sorted(found)]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else round(value)
