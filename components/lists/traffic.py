"""Throughput as a column: what several series add up to, now and over the last ten minutes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from components.lists.rows import Cell
from data.history import History
from data.types import XapiObject
from xo_dash.i18n import bits_rate, rate

Parts = Iterable[tuple[str, str]]
"""The series, each (uuid, data source)."""


def traffic_cell(row: XapiObject, parts: Parts, say: Callable[[float], str] = rate) -> Cell:
    """Bytes a second, as `say` has them; nothing where none was measured."""
    amount = row.home.part(History).sum_now(parts)
    return Cell("" if math.isnan(amount) else say(amount), key=amount)


def line_rate(bytes_per_second: float) -> str:
    """What is measured in bytes of a network, as networks are sold."""
    return bits_rate(8 * bytes_per_second)


def traffic_trace(row: XapiObject, parts: Parts) -> str:
    return row.home.part(History).trace_of_sum(row.uuid, parts)
