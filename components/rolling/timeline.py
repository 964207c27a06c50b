"""The hosts of a rolling run on one time axis: what was done to each, what is being done, what is to come."""

from __future__ import annotations

import time
from collections.abc import Iterator

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
TICKS = 6
NARROW = 4.0
"""Per cent of the axis: a bar that is narrower has no room for its word."""


class Axis:
    """From its begin to the end that is expected, which moves with every delay."""

    def __init__(self, rolling: Rolling) -> None:
        self.now = rolling.ended or time.time()
        self.begin = rolling.began
        self.to_come = dict(_to_come(rolling, self.now))  # {uuid of a host: (begin, end) of what is not there yet}
        last = max((end for _begin, end in self.to_come.values()), default=self.now)
        self.end = max(last, self.begin + LEAST) if not rolling.ended else max(self.now, self.begin + 1.0)

    def at(self, moment: float) -> float:
        """Per cent."""
        return 100.0 * (min(max(moment, self.begin), self.end) - self.begin) / (self.end - self.begin)

    def place(self, begin: float, end: float) -> str:
        left, right = self.at(begin), self.at(end)
        return f"left: {left:.2f}%; width: {max(right - left, 0.4):.2f}%"


def _to_come(rolling: Rolling, now: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """One host after the other, as long as each was estimated."""
    if rolling.ended:
        return
    free = now
    for turn in rolling.turns:
        if turn.state is TurnState.RUNNING and turn.began:
            free = max(now, turn.began + turn.about)
            yield turn.host, (now, free)
        elif turn.state is TurnState.WAITING and not rolling.stopping:
            yield turn.host, (free, free + turn.about)
            free += turn.about


def draw_timeline(rolling: Rolling) -> None:
    axis = Axis(rolling)
    with ui.element().classes("x-roll-row x-roll-ticks").props("aria-hidden=true"):
        ui.element()
        with ui.element().classes("x-roll-track"):
            for n in range(TICKS + 1):
                moment = axis.begin + (axis.end - axis.begin) * n / TICKS
                ui.label(clock(moment)).classes("x-small x-dim").style(f"left: {100 * n / TICKS:.1f}%")
    for turn in rolling.turns:
        _row(rolling, turn, axis)
    if not rolling.ended or rolling.restarts:
        _foot(rolling, axis)


def _row(rolling: Rolling, turn: HostTurn, axis: Axis) -> None:
    with ui.element().classes("x-roll-row"):
        with ui.element().classes("x-roll-name"):
            Mark(SHAPES[turn.state])
            ui.label(turn.name).classes("x-strong x-cut").props("dir=auto")
            ui.label(stands(turn)).classes("x-dim x-small x-cut")
        with ui.element().classes("x-roll-track"):
            for n in range(TICKS + 1):
                ui.element("i").classes("x-roll-grid").style(f"left: {100 * n / TICKS:.1f}%")
            for phase in turn.phases:
                _bar(phase, turn, axis)
            if turn.host in axis.to_come:
                begin, end = axis.to_come[turn.host]
                bar = ui.label(_("then {time}").format(time=duration(turn.about)) if turn.state is TurnState.WAITING else "")
                bar.classes("x-roll-bar x-roll-coming").style(axis.place(begin, end))
            for moment in rolling.restarts:
                ui.element("i").classes("x-roll-restart").style(f"left: {axis.at(moment):.2f}%")
            if not rolling.ended:
                ui.element("i").classes("x-roll-now").style(f"left: {axis.at(axis.now):.2f}%")


def _bar(phase: Phase, turn: HostTurn, axis: Axis) -> None:
    end = phase.ended or axis.now
    text = _(PHASES[phase.kind])
    bar = ui.label(text if axis.at(end) - axis.at(phase.began) > NARROW else "").classes(f"x-roll-bar x-roll-{phase.kind}")
    bar.style(axis.place(phase.began, end)).props["data-tip"] = f"{text}: {duration(end - phase.began)}"
    if phase.kind == REBOOT and (turn.back or is_given_up(turn)):
        late = (turn.back or axis.now) - end
        text = _("{time} overdue").format(time=duration(late))
        over = ui.label(text if axis.at(end + late) - axis.at(end) > NARROW else "").classes("x-roll-bar x-roll-overdue")
        over.style(axis.place(end, end + late)).props["data-tip"] = text


def stands(turn: HostTurn) -> str:
    """`done · 19 min`, `rebooted 15:14, not back`"""
    if is_given_up(turn) and not turn.back:
        return _("rebooted {time}, not back").format(time=clock(turn.phases[-1].began))
    word = _(TURNS[turn.state])
    if turn.state is TurnState.RUNNING and turn.phases:
        word = _(PHASES[turn.phases[-1].kind])
    took = turn.ended - turn.began if turn.ended > turn.began > 0 else turn.about if turn.state is TurnState.WAITING else 0.0
    return f"{word} · {duration(took)}" if took else word


def _foot(rolling: Rolling, axis: Axis) -> None:
    """What the lines across all rows are."""
    with ui.element().classes("x-roll-row"):
        ui.element()
        with ui.element().classes("x-stack").style("gap: 0"):
            if not rolling.ended:
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
