"""What stands against a rolling run, without a turn for others."""

from __future__ import annotations

from collections.abc import Sequence

from data.objects import Pool
from data.turns import finished
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.rolling.check import Check, Obstacle
from xo_dash.control.rolling.checks import assessing
from xo_dash.control.rolling.request import RollHosts


def checks(request: RollHosts, pool: Pool, told: Sequence[Obstacle] = ()) -> list[Check]:
    return finished(assessing(request, pool, told)).checks


def refused(request: RollHosts, pool: Pool, told: Sequence[Obstacle] = ()) -> LazyText | None:
    return finished(assessing(request, pool, told)).refused
