"""The hosts of a rolling run before it starts: in which order, what each lacks and needs, how long that takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from nicegui import ui

from components.live import fresh_slot
from components.ui import Button, ButtonKind, Card, Column, data_table
from data.facts.pool import is_master
from data.names import name_of
from data.objects import Host, Pool
from data.pool_updates import uploaded_for
from xo_dash.context import Context
from xo_dash.control.host.departures import SUSPEND
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.rolling.checks import Assessment
from xo_dash.control.rolling.estimate import ASSUMED, TurnTime
from xo_dash.control.rolling.phases import REBOOT
from xo_dash.control.rolling.request import RollHosts, is_emptied
from xo_dash.i18n import _, duration, ngettext, number


class PlannedTurn(NamedTuple):
    """What becomes of a host's VMs, and how long all of it takes."""

    host: Host
    moves: int
    off: Counter[str]  # {how: VMs}
    time: TurnTime


def planned_turn(context: Context, request: RollHosts, host: Host, found: Assessment) -> PlannedTurn:
    leaving = found.leaving[host]
    moves, off = (len(leaving.evacuation.moves), leaving.off) if is_emptied(request, host) else (0, {})
    return PlannedTurn(host, moves, Counter(off.values()), context.rolling.time_of(request, host, leaving))


class RollingOrder:
    """A table whose rows go up and down by buttons, but for the master's."""

    def __init__(self, context: Context, pool: Pool, ask: Callable[..., None]) -> None:
        """`ask`: takes fields of the request that are chosen here."""
        self._context, self._pool, self._ask = context, pool, ask
        self._asked = RollHosts()
        self._drawn: object = None
        self._turns: Sequence[PlannedTurn] = ()
        self._counts: dict[Host, ui.label] = {}
        self._box = ui.element().classes("contents").mark("order")

    def show(self, asked: RollHosts, turns: Sequence[PlannedTurn]) -> bool:
        """Whether it was different."""
        if (asked, turns) == self._drawn:
            return False
        self._asked, self._turns, self._drawn = asked, turns, (asked, turns)
        self._draw(turns)
        return True

    def tell_counts(self) -> None:
        for host, label in self._counts.items():
            label.text = self._patches(host)

    def _draw(self, turns: Sequence[PlannedTurn]) -> None:
        columns = [Column("", number=True), Column(_("Host"), main=True), Column(_("Patches")), Column(_("Needs")),
                   Column(_("VMs move"), number=True), Column(_("Stopped")), Column(_("About"), number=True), Column("")]  # fmt: skip
        rows = [self._row(place, turn) for place, turn in enumerate(turns, 1)]
        if len(turns) > 1:
            rows.append(["", ngettext("{n} host", "{n} hosts", len(turns)).format(n=number(len(turns))), "", "",
                         number(sum(turn.moves for turn in turns)), _stopped(sum((turn.off for turn in turns), Counter())),
                         duration(sum(turn.time.total for turn in turns)), ""])  # fmt: skip
        self._counts.clear()
        with fresh_slot(self._box), Card(_("Order"), _("one host at a time, the master first")):
            data_table(columns, rows).classes("x-roll-order x-bounded")
            for uuid in self._asked.left_out:
                host = self._pool.home.by_uuid(Host, uuid)
                if host is not None:
                    self._left_out(host)

    def _row(self, place: int, turn: PlannedTurn) -> list[str | Callable[[], object]]:
        host = turn.host
        name = f"{name_of(host)} · {_('master')}" if is_master(host) else name_of(host)
        needs = _("reboot") if is_emptied(self._asked, host) else _("no reboot")

        def count() -> None:
            self._counts[host] = ui.label(self._patches(host))

        return [number(place), name, count, needs, number(turn.moves), _stopped(turn.off),
                duration(turn.time.total), lambda: self._verbs(place - 1, host)]  # fmt: skip

    def _verbs(self, place: int, host: Host) -> None:
        with ui.element().classes("x-row"):
            for step, icon, text in ((-1, "up", _("{host} earlier")), (1, "down", _("{host} later"))):
                button: Any = Button(icon=icon, label=text.format(host=name_of(host)), kind=ButtonKind.GHOST,
                                     on_click=lambda step=step: self._move(place, step)).mark(f"{icon}-{host.uuid}")  # fmt: skip
                button.allow(self._fixed(place, step))
            Button(_("Leave out"), lambda: self._ask(left_out=(*self._asked.left_out, host.uuid)), kind=ButtonKind.GHOST)

    def _fixed(self, place: int, step: int) -> str | None:
        """Why a host cannot go there."""
        if not 0 <= place + step < len(self._turns):
            return _("it cannot be moved further")
        if any(is_master(self._turns[at].host) for at in (place, place + step)):
            return _("the master comes first: no host may run a newer release than it does")
        return None

    def _move(self, place: int, step: int) -> None:
        order = [turn.host.uuid for turn in self._turns]
        if self._fixed(place, step) is None:
            order[place], order[place + step] = order[place + step], order[place]
            self._ask(order=tuple(order))

    def _patches(self, host: Host) -> str:
        """`11, 3 security`"""
        known = self._context.patches.of(host)
        count = len(uploaded_for(host)) if takes_pool_updates(host) else self._context.patches.count(host)
        if not self._asked.update:
            return "–"
        secure = sum(one.security for one in known.missing) if known is not None else 0
        found = _("not known") if count is None else number(count)
        return found + (", " + ngettext("{n} security", "{n} security", secure).format(n=number(secure)) if secure else "")

    def _left_out(self, host: Host) -> None:
        def take() -> None:
            self._ask(left_out=tuple(uuid for uuid in self._asked.left_out if uuid != host.uuid))

        with ui.element().classes("x-row"):
            ui.label(_("{host} is left out").format(host=name_of(host))).classes("x-dim")
            Button(_("Include"), take, kind=ButtonKind.GHOST)


def draw_time(turns: Sequence[PlannedTurn]) -> None:
    """`About 39 min`, who stops for how long, and what that is made of."""
    if not turns:
        return
    ui.label(_("About {time}").format(time=duration(sum(turn.time.total for turn in turns)))).classes("x-move-time")
    stops = [turn.time.total for turn in turns if turn.off]
    if stops:
        count = sum(turn.off.total() for turn in turns)
        least, most = duration(min(stops)), duration(max(stops))
        text = ngettext("{n} VM stops for about {time}", "{n} VMs stop for about {time} each", count)
        time = least if least == most else _("{least} to {most}").format(least=least, most=most)
        ui.label(text.format(n=number(count), time=time)).classes("x-dim")
    if all(turn.time.is_seen for turn in turns):
        ui.label(_("as long as in earlier runs")).classes("x-dim x-small")
    else:
        ui.label(_("a reboot is assumed to take {time}").format(time=duration(ASSUMED[REBOOT]))).classes("x-dim x-small")


def _stopped(off: Counter[str]) -> str:
    """`2 + 1 suspended`"""
    suspended, halted = off[SUSPEND], off.total() - off[SUSPEND]
    text = ngettext("{n} suspended", "{n} suspended", suspended).format(n=number(suspended))
    return f"{number(halted)} + {text}" if halted and suspended else text if suspended else number(halted)
