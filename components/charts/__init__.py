"""Curves of what was measured, drawn by the browser itself."""

from components.charts.chart import Chart, Curve
from components.charts.units import Unit, number_words

__all__ = ["Chart", "Curve", "Unit", "number_words"]
