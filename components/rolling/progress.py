"""A rolling run: the reason it waits and what one can do, its hosts on one time axis, its log, what is restored in any case."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from nicegui import ui

from components.actions import whoever
from components.live import follow_history, follow_source, fresh_slot
from components.rolling.words import PHASES, SHAPES, state_of, title_of
from components.ui import Button, ButtonKind, Card, Mark, Notice, PageHead, StateMark, Tone, notify
from data.history import History
from xo_dash.context import Context
from xo_dash.control.rolling.aside import names_of
from xo_dash.control.rolling.pauses import FIRST_DONE, answers_to, reason_of
from xo_dash.control.rolling.phases import REBOOT
from xo_dash.control.rolling.state import HostTurn, Phase, Rolling, TurnState
from xo_dash.control.rolling.state_words import TURNS
from xo_dash.i18n import _, duration, number
from xo_dash.i18n import time as clock

USUAL: Final = 900.0
"""Seconds that are shown at least, until it has ended."""
SHOWN: Final = 60
"""Lines of the log."""
TICKS: Final = 6


class RollingPage(ui.element):
    """Follows the run; between its changes the axis grows with each round of measurements."""

    def __init__(self, context: Context, rolling: Rolling) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context, self._rolling = context, rolling
        self._log_shown = -1
        with self:
            head = PageHead(title_of(rolling), icon="pool")
            with head.marks:
                self._state = StateMark("busy", "")
            with head.verbs:
                self._stop = Button(_("Stop before the next host"), lambda: self._answer("stop")).mark("stop-between")
            self._note = head.note
            self._paused = ui.element().classes("contents").mark("paused")
            with Card(_("Timeline")):
                self._axis = ui.element().classes("x-roll-axis").mark("timeline")
            with ui.element().classes("x-move"):
                with ui.element().classes("x-move-main"), Card(_("Log")):
                    self._log = ui.element().classes("x-stack").mark("log")
                with ui.element("aside").classes("x-move-aside"), Card(_("Restored in any case")):
                    self._aside = ui.element().classes("x-stack").mark("aside")
        self._asked: object = None
        self._draw()
        follow_source(context.rolling.observe, self._draw)
        home = context.mirror.pools.get(rolling.pool)
        if home is not None and not rolling.ended:
            follow_history(home.part(History), frozenset(), self._grow)

    def _draw(self) -> None:
        rolling = self._rolling
        self._state.show(*state_of(rolling))
        done = sum(turn.state is TurnState.DONE for turn in rolling.turns)
        self._note.text = _("{done} of {all} hosts done · started {time} by {user}").format(
            done=number(done), all=number(len(rolling.turns)), time=clock(rolling.began), user=rolling.user_name
        )
        self._stop.set_visibility(not rolling.ended and not rolling.paused and not rolling.stopping)
        self._draw_pause()
        self._draw_axis()
        self._draw_log()
        self._draw_aside()

    # ---- while it waits for a person

    def _draw_pause(self) -> None:
        rolling = self._rolling
        asked = (reason_of(rolling), rolling.paused_at)
        if asked == self._asked:
            return
        self._asked = asked
        with fresh_slot(self._paused):
            if rolling.paused:
                with ui.element().classes("x-roll-pause"):
                    Notice(_("Paused: {reason}").format(reason=reason_of(rolling)), Tone.WARNING)
                    ui.label(_("Choose how to continue.")).classes("x-dim")
                    with ui.element().classes("x-row x-wrap"):
                        for what, text, kind in self._choices():
                            Button(text, lambda what=what: self._answer(what), kind=kind).mark(f"answer-{what}")

    def _choices(self) -> Iterator[tuple[str, str, ButtonKind]]:
        """From harmless to final."""
        rolling = self._rolling
        texts = {
            "go_on": _("Continue") if rolling.paused != FIRST_DONE else _("Continue with the next host"),
            "look": _("Check again"), "again": _("Retry this host"), "skip": _("Skip this host and continue"), "stop": _("Stop here"),
        }  # fmt: skip
        kinds = {"go_on": ButtonKind.PRIMARY, "look": ButtonKind.PRIMARY, "stop": ButtonKind.DANGER}
        yield from ((what, texts[what], kinds.get(what, ButtonKind.PLAIN)) for what in answers_to(rolling))

    def _answer(self, what: str) -> None:
        reason = self._context.rolling.answer(whoever(), self._rolling, what)
        if reason is not None:
            notify(str(reason), Tone.WARNING)

    # ---- the hosts on one axis

    def _grow(self) -> None:
        if not self._rolling.ended:
            self._draw_axis()

    def _draw_axis(self) -> None:
        rolling = self._rolling
        now = rolling.ended or time.time()
        begin = rolling.began
        end = max(now, begin + 1.0) if rolling.ended else max(begin + USUAL, begin + (now - begin) * 1.1)

        def at(moment: float) -> float:
            return 100.0 * (min(max(moment, begin), end) - begin) / (end - begin)

        with fresh_slot(self._axis):
            with ui.element().classes("x-roll-row x-roll-ticks").props("aria-hidden=true"):
                ui.element()
                with ui.element().classes("x-roll-track"):
                    for n in range(TICKS + 1):
                        moment = begin + (end - begin) * n / TICKS
                        ui.label(clock(moment)).classes("x-small x-dim").style(f"left: {100 * n / TICKS:.1f}%")
            for turn in rolling.turns:
                with ui.element().classes("x-roll-row"):
                    with ui.element().classes("x-row"):
                        Mark(SHAPES[turn.state])
                        ui.label(turn.name).classes("x-strong x-cut").props("dir=auto")
                        ui.label(_(TURNS[turn.state])).classes("x-dim x-small")
                    with ui.element().classes("x-roll-track"):
                        for phase in turn.phases:
                            self._bar(phase, turn, at(phase.began), at(phase.ended or now))
                        for moment in rolling.restarts:
                            ui.element("i").classes("x-roll-restart").style(f"left: {at(moment):.2f}%").props["data-tip"] = _(
                                "xo-dash restarted, the run went on"
                            )
                        if not rolling.ended:
                            ui.element("i").classes("x-roll-now").style(f"left: {at(now):.2f}%")

    def _bar(self, phase: Phase, turn: HostTurn, left: float, right: float) -> None:
        text = _(PHASES[phase.kind])
        overdue = phase.kind == REBOOT and turn.state is TurnState.FAILED
        bar = ui.label(text).classes(f"x-roll-bar x-roll-{phase.kind}" + (" x-roll-overdue" if overdue else ""))
        bar.style(f"left: {left:.2f}%; width: {max(right - left, 0.6):.2f}%")
        bar.props["data-tip"] = f"{text}: {duration(phase.ended - phase.began)}" if phase.ended else text

    # ---- its log, and what is put aside

    def _draw_log(self) -> None:
        rolling = self._rolling
        if len(rolling.log) == self._log_shown:
            return
        self._log_shown = len(rolling.log)
        with fresh_slot(self._log):
            for note in reversed(rolling.log[-SHOWN:]):
                with ui.element().classes("x-roll-note"):
                    ui.label(clock(note.at)).classes("x-dim x-num")
                    ui.label(note.host).classes("x-strong x-cut").props("dir=auto")
                    ui.label(note.text)
            if not rolling.log:
                ui.label(_("Nothing yet.")).classes("x-dim")

    def _draw_aside(self) -> None:
        rolling = self._rolling
        with fresh_slot(self._aside):
            lines = names_of(rolling.aside)
            for name in lines:
                with ui.element().classes("x-row x-spread"):
                    ui.label(_(name))
                    if name not in rolling.left:
                        ui.label(_("restored") if rolling.restored else _("at the end")).classes("x-dim")
            for left in rolling.left:
                with ui.element().classes("x-row"):
                    Mark("critical")
                    ui.label(_("Not restored: {what}").format(what=_(left)))
            if not lines:
                ui.label(_("Nothing had to be turned off.")).classes("x-dim")
