"""Beside the form: which hosts reach the place, and what to know before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.live import fresh_slot
from components.new_sr.search import HostCheck
from components.ui import Card, Mark
from xo_dash.control.lazy_text import LazyText
from xo_dash.i18n import _


class HostChecks(Card):
    """A line for each host."""

    def __init__(self) -> None:
        super().__init__(_("Hosts"))
        self._shown: object = None
        with self:
            self._rows = ui.element().classes("x-new-sr-hosts").mark("hosts")

    def show(self, checks: Sequence[HostCheck]) -> None:
        if (shown := tuple(checks)) == self._shown:
            return
        self._shown = shown
        self.scope.text = _("checked now") if checks and all(one.known for one in checks) else ""
        with fresh_slot(self._rows):
            if not checks:
                ui.label(_("Choose a host.")).classes("x-dim")
            for one in checks:
                with ui.element().classes("x-new-sr-host"):
                    Mark("critical" if one.refused else "live" if one.known else "unknown")
                    ui.label(one.name).classes("x-cut").props("dir=auto")
                    text = str(one.refused) if one.refused else _("reaches it") if one.known else _("not checked")
                    ui.label(text).classes("x-dim")


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
