"""How much of something is used, and how it went."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from nicegui import ui

WIDTH, HEIGHT = 300, 72
"""The grid a sparkline is drawn on; it is stretched to where it stands."""


class Bar(ui.element):
    """A share of a whole, 0 to 1; coloured where it is too much. NaN and less show an empty one.

    `label` is what it measures; without one it is only drawn, and words beside it say the same.
    """

    def __init__(self, share: float = math.nan, label: str = "", *, warning: float = math.inf, critical: float = math.inf) -> None:
        super().__init__("span")
        self._limits = (warning, critical)
        self.classes("x-bar").props("role=meter aria-valuemin=0 aria-valuemax=100" if label else "aria-hidden=true")
        if label:
            self._props["aria-label"] = label
        with self:
            self._fill = ui.element("i")
        self.show(share)

    def show(self, share: float, tone: str | None = None) -> None:
        """Another share; `tone` as in Meter."""
        known = share if math.isfinite(share) and share > 0 else 0.0
        warning, critical = self._limits
        self._fill.style(f"width: {min(known, 1) * 100:.1f}%")
        if "role" in self._props:
            self._props["aria-valuenow"] = round(known * 100)
        if tone is None:
            tone = "critical" if known >= critical else "warning" if known >= warning else ""
        self.classes(tone and f"x-bar-{tone}", remove="x-bar-critical x-bar-warning")


class Meter(ui.element):
    """A bar and, beside it, the share in words."""

    def __init__(self, share: float = math.nan, text: str = "", *, warning: float = math.inf, critical: float = math.inf) -> None:
        super().__init__()
        self.classes("x-meter")
        with self:
            self.bar = Bar(share, warning=warning, critical=critical)
            self.text = ui.label(text).classes("x-num")

    def show(self, share: float, text: str, tone: str | None = None) -> None:
        """`tone`: critical, warning or ""; where it is not given, the limits say."""
        self.bar.show(share, tone)
        self.text.text = text


class Sparkline(ui.element):
    """The course of one quantity as a line over a filled area; a gap breaks the line."""

    def __init__(self, height: int = HEIGHT) -> None:
        super().__init__("svg")
        self.classes("x-spark").style(f"height: {height}px")
        self.props(f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio=none aria-hidden=true')
        with self:
            self._area = ui.element("path").classes("x-spark-area")
            self._line = ui.element("path").classes("x-spark-line")

    def show(self, points: Sequence[tuple[float, float]], *, top: float, start: float, end: float) -> None:
        """Draw (seconds, value) pairs between the moments `start` and `end`, `top` being the upper edge."""
        area, line = [], []
        for run in runs(points):
            at = [(_x(t, start, end), _y(value, top)) for t, value in run]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
            line.append(f"M{path}")
            area.append(f"M{at[0][0]:.1f} {HEIGHT}L{path}L{at[-1][0]:.1f} {HEIGHT}Z")
        self._line.props["d"] = "".join(line)
        self._area.props["d"] = "".join(area)


def runs(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap; a gap is more than two and a half times the usual step."""
    if len(points) < 2:
        return []
    step = min(after[0] - before[0] for before, after in pairwise(points))
    found = [[points[0]]]
    for before, point in pairwise(points):
        if point[0] - before[0] > 2.5 * step:
            found.append([])
        found[-1].append(point)
    return found


def _x(t: float, start: float, end: float) -> float:
    return (t - start) / max(end - start, 1e-9) * WIDTH


def _y(value: float, top: float) -> float:
    return HEIGHT - min(max(value / top if top > 0 else 0.0, 0.0), 1.0) * (HEIGHT - 1)
