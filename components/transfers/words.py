"""How far a transfer is, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

from xo_dash.control.requests.request import files_of
from xo_dash.control.run import Run, RunState, StepLog
from xo_dash.control.transfers.meter import ByteCounter
from xo_dash.i18n import _, duration, rate, size


class MovingBytes(Protocol):
    """How far something is, in bytes; a transfer, or a migration."""

    @property
    def moved(self) -> int: ...
    @property
    def total(self) -> int: ...  # 0 if nobody knows
    @property
    def speed(self) -> float: ...  # per second
    @property
    def left(self) -> float: ...  # seconds; NaN while nobody can tell


def moving(steps: Sequence[StepLog]) -> Iterator[StepLog]:
    """The transfers among these steps and in their branches."""
    for step in steps:
        if step.meter is not None:
            yield step
        yield from moving(step.inside)


def transfers(run: Run) -> list[ByteCounter]:
    """Those of a run that go on."""
    return [step.meter for item in run.items for step in moving(item.steps) if step.meter is not None and step.state is RunState.RUNNING]


def sends_a_file(run: Run) -> bool:
    """Whether a browser, or the command line, sends a file for it: that has to stay open."""
    return not run.ended and run.request is not None and any(not file.url for file in files_of(run.request))


def amount(meter: MovingBytes) -> str:
    """`1.2 GiB of 4 GiB`"""
    if meter.total:
        return _("{moved} of {total}").format(moved=size(meter.moved), total=size(meter.total))
    return size(meter.moved)


def going(run: Run, meter: MovingBytes) -> str:
    """How far and how fast; of one that somebody cancelled, that."""
    return f"{amount(meter)} · {_('Cancelling') if run.cancelled else pace(meter)}"


def pace(meter: MovingBytes) -> str:
    """`110 MiB/s, 20 s left`; of one that stands still, for how long."""
    if not meter.moved:
        return _("waiting")
    if meter.total and meter.moved >= meter.total:
        return _("finishing")
    if isinstance(meter, ByteCounter) and meter.is_stalled:
        return _("no data for {time}").format(time=duration(meter.idle))
    speed = rate(meter.speed)
    return speed if math.isnan(meter.left) else _("{speed}, {time} left").format(speed=speed, time=duration(meter.left))
