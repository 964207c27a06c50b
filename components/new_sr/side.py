"""Beside the form: which hosts reach the place, and what to know before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.live import fresh_slot
from components.new_sr.search import HostCheck
from components.ui import Card, Mark
from xo_dash.control.lazy_text import LazyText
from xo_dash.i18n import _, number


class HostChecks(Card):
    """A line for each host; those that do not reach it come first. Of sixty hosts each answers by itself: only its line is touched."""

    def __init__(self) -> None:
        super().__init__(_("Hosts"))
        self._names: list[str] | None = None
        self._lines: list[_HostLine] = []
        with self:
            self._rows = ui.element().classes("x-new-sr-hosts").mark("hosts")

    def show(self, checks: Sequence[HostCheck], told: LazyText | None) -> None:
        """`told`: what is said at a field already, and not again for each host."""
        said = str(told) if told is not None else ""
        reached = sum(one.known and not one.refused for one in checks)
        is_complete = bool(checks) and all(one.known for one in checks)
        self.scope.text = _("{n} of {all} reach it").format(n=number(reached), all=number(len(checks))) if is_complete else ""
        if (names := [one.name for one in checks]) != self._names:
            self._names = names
            with fresh_slot(self._rows):
                if not checks:
                    ui.label(_("Choose a host.")).classes("x-dim")
                self._lines = [_HostLine(name) for name in names]
        for line, one in zip(self._lines, checks, strict=True):
            line.show("critical" if one.refused else "live" if one.known else "unknown", _words(one, said))


class _HostLine(ui.element):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.classes("x-new-sr-host")
        with self:
            self._mark = Mark("unknown")
            ui.label(name).classes("x-cut").props("dir=auto")
            self._words = ui.label().classes("x-dim")

    def show(self, mark: str, words: str) -> None:
        self._mark.show(mark)
        self._words.text = words
        self.classes(**{"add" if mark == "critical" else "remove": "x-refused"})


def _words(check: HostCheck, said: str) -> str:
    if check.refused is None:
        return _("reaches it") if check.known else _("not checked")
    reason = str(check.refused)
    return _("does not reach it") if reason == said else reason


class SideNotes(ui.element):
    """What to know before, and what is wrong that is about no field."""

    def __init__(self) -> None:
        super().__init__()
        self.props("role=status").mark("notes")
        self._shown: object = None

    def show(self, notes: Sequence[LazyText], fault: LazyText | None) -> None:
        lines = [*(("warning", str(note)) for note in notes), *([("critical", str(fault))] if fault is not None else [])]
        if lines == self._shown:
            return
        self._shown = lines
        with fresh_slot(self):
            for mark, text in lines:
                with ui.element().classes("x-move-note"):
                    Mark(mark)
                    ui.label(text)
