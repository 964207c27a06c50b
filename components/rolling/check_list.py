"""What has to be decided before a rolling run, worst first, each with what resolves it; and what was found fine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from nicegui import ui

from components.actions import run_command, whoever
from components.live import fresh_slot
from components.rolling.words import HOWS, MARKS
from components.ui import Button, ButtonKind, Card, Mark, Notice, Tone, choice, skeleton
from data.names import name_of
from data.objects import VM, Host
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.rolling.check import Check, Gravity
from xo_dash.i18n import _, ngettext, number

SHOWN: Final = 40
"""Lines that are drawn, and that come with each *Show more*: of sixty hosts there may be hundreds."""


class RollingCheckList:
    """Drawn anew only where it is different, or one could choose nothing."""

    def __init__(self, context: Context, leave_out: Callable[[Host], None], treat: Callable[[VM, str], None]) -> None:
        """`treat`: what happens to a VM that cannot move."""
        self._context, self._leave_out, self._treat = context, leave_out, treat
        self._most = SHOWN
        self._checks: Sequence[Check] = ()
        self._drawn: object = None
        self._list = ui.element().classes("contents").mark("checks")
        with self._list, Card(_("Before it starts")):
            skeleton(60, 80, 70)
        self._passed: ui.element | None = None

    def passed(self) -> None:
        """The place of those that were found fine."""
        self._passed = ui.element().classes("contents").mark("passed")

    def show(self, checks: Sequence[Check]) -> bool:
        """Whether it was different."""
        self._checks = checks
        now = [(str(one.what), str(one.why), one.how, one.ways) for one in checks], self._most
        if now == self._drawn:
            return False
        self._drawn = now
        self._draw(checks)
        return True

    def fail(self) -> None:
        self._drawn = None
        with fresh_slot(self._list):
            Notice(_("internal error of xo-dash; see its log"), Tone.CRITICAL)

    def _draw(self, checks: Sequence[Check]) -> None:
        with fresh_slot(self._list):
            bad = [one for one in checks if one.gravity is not Gravity.FINE]
            with Card(_("Before it starts"), _resolved(bad)):
                for one in bad[: self._most]:
                    self._line(one)
                more = len(bad) - self._most
                if more > 0:
                    Button(_("Show {n} more").format(n=number(min(more, SHOWN))), self._show_more, kind=ButtonKind.GHOST).mark("more")
                if not bad:
                    ui.label(_("No problems found.")).classes("x-dim")
        fine = [one for one in checks if one.gravity is Gravity.FINE]
        if self._passed is None:
            return
        with fresh_slot(self._passed):
            if fine:
                with Card(_("Passed"), ngettext("{n} check", "{n} checks", len(fine)).format(n=number(len(fine)))):
                    for one in fine:
                        self._line(one)

    def _show_more(self) -> None:
        self._most += SHOWN
        self.show(self._checks)

    def _line(self, one: Check) -> None:
        with ui.element().classes("x-roll-check"):
            Mark(MARKS[one.gravity])
            with ui.element().classes("x-stack"):
                ui.label(str(one.what)).props("dir=auto")
                ui.label(str(one.why)).classes("x-dim x-small").props("dir=auto")
            with ui.element().classes("x-row x-wrap"):
                if one.vm is not None and one.ways:
                    self._way(one.vm, one)
                if one.fix is not None and may(whoever(), *one.fix):
                    self._fix(*one.fix)
                if one.gravity is Gravity.BLOCKS and one.host is not None:
                    host = one.host
                    Button(_("Leave out {host}").format(host=name_of(host)), lambda: self._leave_out(host)).mark(f"leave-out-{host.uuid}")
                if one.gravity is Gravity.AUTOMATIC:
                    ui.label(_("automatic")).classes("x-dim")

    def _fix(self, action: AnyAction, subject: XapiObject) -> None:
        Button(_(action.title), lambda: run_command(self._context, action, [subject]), icon=action.icon).mark(f"fix-{action.id}")

    def _way(self, vm: VM, one: Check) -> None:
        options = {how: _(HOWS[how]) for how in one.ways}
        box = choice(options, one.how or None, on_change=lambda event: self._treat(vm, str(event.value)))
        if not one.how:
            box.props["display-value"] = _("Choose") + "…"
        box.props["aria-label"] = _("What happens to {vm}").format(vm=name_of(vm))


def _resolved(bad: Sequence[Check]) -> str:
    """`5 to resolve, 4 have a fix chosen`"""
    blocking, chosen = (sum(one.gravity is gravity for one in bad) for gravity in (Gravity.BLOCKS, Gravity.DECIDED))
    parts = (
        ngettext("{n} to resolve", "{n} to resolve", blocking).format(n=number(blocking)) if blocking else "",
        ngettext("{n} has a fix chosen", "{n} have a fix chosen", chosen).format(n=number(chosen)) if chosen else "",
    )
    return ", ".join(filter(None, parts))
