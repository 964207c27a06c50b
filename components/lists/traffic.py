"""Throughput as a column: what several series add up to, now and over the last ten minutes."""

from __future__ import annotations

import math
from collections.abc import Iterable

from components.lists.rows import Cell
from data.types import XapiObject
from xo_dash.i18n import rate

Parts = Iterable[tuple[str, str]]
"""The series, each (uuid, data source)."""


def traffic_cell(row: XapiObject, parts: Parts) -> Cell:
    """Bytes a second; nothing where none was measured."""
    amount = row.home.history.sum_now(parts)
    return Cell("" if math.isnan(amount) else rate(amount), key=amount)


def traffic_trace(row: XapiObject, parts: Parts) -> str:
    return row.home.history.trace_of_sum(row.uuid, parts)
