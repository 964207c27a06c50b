"""The hosts of a rolling run on one time axis: what was done to each, what is being done, what is to come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from nicegui import ui

from components.rolling.words import PHASES, SHAPES
from components.ui import Mark
from xo_dash.control.rolling.phases import BACK, REBOOT, is_given_up
from xo_dash.control.rolling.state import HostTurn, Phase, Rolling, TurnState
from xo_dash.control.rolling.state_words import TURNS
from xo_dash.i18n import _, duration
from xo_dash.i18n import time as clock

LEAST = 120.0
"""Seconds that are shown at least."""
STEPS = 48
"""About how many times its end moves while a run takes twice as long as was thought."""
TICKS = 6
NARROW = 4.0
"""Per cent of the axis: a bar that is narrower has no room for its word."""


class Axis:
    """From its begin to the end that is expected, which moves with every delay, a step at a time: with it all that is drawn moves."""

    def __init__(self, rolling: Rolling, now: float) -> None:
        self.begin = rolling.due or rolling.began
        self.now = rolling.ended or max(now, self.begin)
        span = max(self.now - self.begin, sum(turn.about for turn in rolling.turns), LEAST)
        step = 2.0 ** math.floor(math.log2(span / STEPS))
        late = self.begin + step * math.ceil((self.now - self.begin) / step)
        self.to_come = dict(_to_come(rolling, self.now, late))  # {uuid of a host: (begin, end) of what is not there yet}
        last = max((end for _begin, end in self.to_come.values()), default=late)
        self.end = max(last, self.begin + LEAST) if not rolling.ended else max(self.now, self.begin + 1.0)

    def at(self, moment: float) -> float:
        """Per cent."""
        return 100.0 * (min(max(moment, self.begin), self.end) - self.begin) / (self.end - self.begin)

    def place(self, begin: float, end: float) -> str:
        left, right = self.at(begin), self.at(end)
        return f"left: {left:.2f}%; width: {max(right - left, 0.4):.2f}%"


def _to_come(rolling: Rolling, now: float, late: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """One host after the other, as long as each was estimated; none begins before `late`."""
    if rolling.ended:
        return
    free = late
    for turn in rolling.turns:
        if turn.state is TurnState.RUNNING and turn.began:
            free = max(late, turn.began + turn.about)
            yield turn.host, (now, free)
        elif turn.state is TurnState.WAITING and not rolling.stopping:
            yield turn.host, (free, free + turn.about)
            free += turn.about


class TimelineBar(NamedTuple):
    """A piece of a row; `place` is its style."""

    look: str
    place: str
    text: str = ""
    tip: str = ""


class Timeline(ui.element):
    """A row is drawn anew only where it is another: sixty hosts are a thousand elements, and a run tells of every VM that moves."""

    def __init__(self) -> None:
        super().__init__()
        self.classes("x-roll-axis").mark("timeline")
        self._rows: list[ui.element] = []
        self._drawn: list[object] = []

    def show(self, rolling: Rolling, now: float) -> None:
        axis = Axis(rolling, now)
        self.style(f"--now: {axis.at(axis.now):.2f}%")
        turns = [(turn.state, turn.name, stands(turn), list(_bars(rolling, turn, axis))) for turn in rolling.turns]
        rows: list[tuple[object, Callable[[], object]]] = [
            ((axis.begin, axis.end), partial(_ticks, axis)),
            *((one, partial(_row, *one)) for one in turns),
            ((axis.end, clock(axis.now), bool(rolling.ended), len(rolling.restarts)), partial(_foot, rolling, axis)),
        ]
        if len(rows) != len(self._rows):
            self.clear()
            with self:
                self._rows = [ui.element().classes("x-roll-row") for _row in rows]
            self._drawn = [None] * len(rows)
        for place, (what, draw) in enumerate(rows):
            if what != self._drawn[place]:
                self._drawn[place] = what
                self._rows[place].clear()
                with self._rows[place]:
                    draw()


def _ticks(axis: Axis) -> None:
    ui.element()
    with ui.element().classes("x-roll-ticks").props("aria-hidden=true"):
        for n in range(TICKS + 1):
            moment = axis.begin + (axis.end - axis.begin) * n / TICKS
            ui.label(clock(moment)).classes("x-small x-dim").style(f"left: {100 * n / TICKS:.1f}%")


def _row(state: TurnState, name: str, text: str, bars: Sequence[TimelineBar]) -> None:
    with ui.element().classes("x-roll-name"):
        Mark(SHAPES[state])
        ui.label(name).classes("x-strong x-cut").props("dir=auto")
        ui.label(text).classes("x-dim x-small x-cut")
    with ui.element().classes("x-roll-track"):
        for bar in bars:
            drawn = ui.label(bar.text).classes(bar.look).style(bar.place)
            if bar.tip:
                drawn.props["data-tip"] = bar.tip


def _bars(rolling: Rolling, turn: HostTurn, axis: Axis) -> Iterator[TimelineBar]:
    for phase in turn.phases:
        yield from _of_phase(phase, turn, axis)
    if turn.host in axis.to_come:
        text = _("then {time}").format(time=duration(turn.about)) if turn.state is TurnState.WAITING else ""
        yield TimelineBar("x-roll-bar x-roll-coming", axis.place(*axis.to_come[turn.host]), text)
    for moment in rolling.restarts:
        yield TimelineBar("x-roll-restart", f"left: {axis.at(moment):.2f}%")
    if not (rolling.ended or rolling.due):
        yield TimelineBar("x-roll-now", "")


def _of_phase(phase: Phase, turn: HostTurn, axis: Axis) -> Iterator[TimelineBar]:
    end = phase.ended or axis.now
    text = _(PHASES[phase.kind])
    shown = text if axis.at(end) - axis.at(phase.began) > NARROW else ""
    yield TimelineBar(f"x-roll-bar x-roll-{phase.kind}", axis.place(phase.began, end), shown, f"{text}: {duration(end - phase.began)}")
    if phase.kind == REBOOT and (turn.back or is_given_up(turn)):
        late = (turn.back or axis.now) - end
        text = _("{time} overdue").format(time=duration(late))
        shown = text if axis.at(end + late) - axis.at(end) > NARROW else ""
        yield TimelineBar("x-roll-bar x-roll-overdue", axis.place(end, end + late), shown, text)


def stands(turn: HostTurn) -> str:
    """`done · 19 min`, `rebooted 15:14, not back`"""
    if is_given_up(turn) and not turn.back:
        return _("rebooted {time}, not back").format(time=clock(turn.phases[-1].began))
    if turn.waits is not None:
        return turn.waiting
    word = _(TURNS[turn.state])
    if turn.state is TurnState.RUNNING and turn.phases:
        word = _(PHASES[turn.phases[-1].kind])
    took = turn.ended - turn.began if turn.ended > turn.began > 0 else turn.about if turn.state is TurnState.WAITING else 0.0
    return f"{word} · {duration(took)}" if took else word


def _foot(rolling: Rolling, axis: Axis) -> None:
    """What the lines across all rows are."""
    ui.element()
    with ui.element().classes("x-stack").style("gap: 0"):
        if not (rolling.ended or rolling.due):
            _beside(_("{time} now").format(time=clock(axis.now)), "x-roll-moment", axis.at(axis.now))
        if rolling.restarts:
            _beside(_("xo-dash restarted, the run went on"), "x-dim", axis.at(rolling.restarts[-1]))


def _beside(text: str, style: str, place: float) -> None:
    """Under a line at that per cent, without leaving the axis."""
    with ui.element().classes("x-roll-foot"):
        ui.label(text).classes(f"x-small {style}").style(f"left: {place:.2f}%" if place < 50 else f"right: {100 - place:.2f}%")


def legend() -> None:
    with ui.element().classes("x-row x-wrap x-roll-legend"):
        for kind, text in PHASES.items():
            if kind != BACK:
                with ui.element().classes("x-row"):
                    ui.element("i").classes(f"x-roll-swatch x-roll-{kind}")
                    ui.label(_(text)).classes("x-small x-dim")
