"""Curves of what was measured, drawn by the browser itself; those of longer ago by the library that NiceGUI brings."""

from components.charts import panels
from components.charts.chart import Chart, Curve, SumChart
from components.charts.history import HistoryCharts
from components.charts.units import Unit, number_words

__all__ = ["Chart", "Curve", "HistoryCharts", "SumChart", "Unit", "number_words", "panels"]
