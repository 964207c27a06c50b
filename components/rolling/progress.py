"""A rolling run: the reason it waits and what one can do, its hosts on one time axis, its log, what is restored in any case."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from nicegui import ui

from components.actions import whoever
from components.hosts.failover import PoolFailures
from components.live import follow_history, follow_source, fresh_slot
from components.rolling.pause import answer, host_of, known_of, pause_box
from components.rolling.timeline import Timeline, legend
from components.rolling.words import state_of, title_of
from components.ui import Button, Card, Mark, PageHead, StateMark
from data.history import History
from data.identity import key_of
from data.maintenance import away_from
from xo_dash.context import Context
from xo_dash.control.rolling.aside import names_of
from xo_dash.control.rolling.pauses import answers_to, reason_of
from xo_dash.control.rolling.state import Rolling, RollingState, TurnState
from xo_dash.i18n import _, ngettext, number
from xo_dash.i18n import time as clock

SHOWN: Final = 60
"""Lines of the log."""


class RollingPage(ui.element):
    """Follows the run; between its changes the axis grows with each round of measurements."""

    def __init__(self, context: Context, rolling: Rolling) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context, self._rolling = context, rolling
        self._log_shown = -1
        home = context.mirror.pools.get(rolling.pool)
        own = context.rolling.pool_of(rolling)
        pool = context.scope.pool(key_of(own)) if own is not None else None
        with self:
            head = PageHead(title_of(rolling), icon="pool")
            with head.marks:
                self._state = StateMark("busy", "")
            with head.verbs:
                self._stop = Button(_("Stop before the next host"), self._stop_between).mark("stop-between")
            self._note = head.note
            self._paused = ui.element().classes("contents").mark("paused")
            with Card(_("Timeline")):
                legend()
                self._axis = Timeline()
            with ui.element().classes("x-move"):
                with ui.element().classes("x-move-main"), Card(_("Log")):
                    self._log = ui.element().classes("x-stack").mark("log")
                with ui.element("aside").classes("x-move-aside"):
                    with Card(_("Restored in any case")):
                        self._aside = ui.element().classes("x-stack").mark("aside")
                    with ui.element().classes("contents") as self._meanwhile:
                        if pool is not None and not rolling.ended:
                            PoolFailures(pool, _("Meanwhile"))
        self._asked: object = None
        self._put_back: object = None
        self._draw()
        follow_source(context.rolling.observe, self._draw)
        if home is not None and not rolling.ended:
            follow_history(home.part(History), frozenset(), self._grow)

    def _stop_between(self) -> None:
        answer(self._context, self._rolling, "stop")

    def _draw(self) -> None:
        rolling = self._rolling
        self._state.show(*state_of(rolling))
        self._state.classes(**{"add" if rolling.state is RollingState.PAUSED else "remove": "x-warning"})
        done = sum(turn.state is TurnState.DONE for turn in rolling.turns)
        words = _("{done} of {all} hosts done · started {time} by {user}") if not rolling.due else _("{all} hosts · set {time} by {user}")
        self._note.text = words.format(done=number(done), all=number(len(rolling.turns)), time=clock(rolling.began), user=rolling.user_name)
        may_not = self._context.rolling.may_not(whoever(), rolling.request, self._context.rolling.pool_of(rolling))
        self._stop.set_visibility(not (rolling.ended or rolling.due) and not rolling.paused and not rolling.stopping and may_not is None)
        self._meanwhile.set_visibility(not rolling.ended)
        self._draw_pause()
        self._draw_axis()
        self._draw_log()
        self._draw_aside()

    def _draw_pause(self) -> None:
        """Anew only where something is different, or a button would go while it is pressed."""
        rolling = self._rolling
        known = list(known_of(self._context, rolling, rolling.current, host_of(self._context, rolling, rolling.current)))
        asked = (rolling.state, str(rolling.why), reason_of(rolling), rolling.paused_at, answers_to(rolling), known)
        if asked != self._asked:
            self._asked = asked
            with fresh_slot(self._paused):
                pause_box(self._context, rolling)

    def _grow(self) -> None:
        if not self._rolling.ended:
            self._draw_pause()
            self._draw_axis()
            self._draw_aside()

    def _draw_axis(self) -> None:
        self._axis.show(self._rolling, time.time())

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
        lines = list(self._restored())
        if (now := (lines, list(rolling.left), rolling.due)) == self._put_back:
            return
        self._put_back = now
        with fresh_slot(self._aside):
            for name, when in lines:
                with ui.element().classes("x-row x-spread"):
                    ui.label(name)
                    ui.label(when).classes("x-dim")
            for left in rolling.left:
                with ui.element().classes("x-row"):
                    Mark("critical")
                    ui.label(_("Not restored: {what}").format(what=_(left)))
            if not lines and not rolling.left:
                ui.label(_("Known when it begins.") if rolling.due else _("Nothing had to be turned off.")).classes("x-dim")

    def _restored(self) -> Iterator[tuple[str, str]]:
        """(what, when)"""
        rolling = self._rolling
        for name in names_of(rolling.aside):
            if name not in rolling.left:
                yield _(name), _("restored") if rolling.restored else _("at the end")
        turn = rolling.current
        host = host_of(self._context, rolling, turn)
        if turn is None or host is None or not rolling.request.bring_back:
            return
        away = away_from(host)
        if away.migrated:
            text = ngettext("{n} VM back to {host}", "{n} VMs back to {host}", len(away.migrated))
            yield text.format(n=number(len(away.migrated)), host=turn.name), _("when it is back")
        if off := len(away.halted) + len(away.suspended):
            yield ngettext("{n} stopped VM", "{n} stopped VMs", off).format(n=number(off)), _("when it is back")
