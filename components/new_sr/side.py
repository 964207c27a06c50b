"""Beside the form: which hosts reach the place, and what to know before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from nicegui import ui

from components.live import fresh_slot
from components.new_sr.search import HostCheck
from components.parts import at_once_or_in_turns
from components.ui import Card, Mark
from xo_dash.control.lazy_text import LazyText
from xo_dash.i18n import _, number

NAMED: Final = 2
"""Hosts that are named before what they said."""


class HostChecks(Card):
    """A line for each host; those that do not reach it come first. Of sixty hosts each answers by itself: only its line is touched.

    What the drivers say themselves is folded away, once for all hosts of which it is the same.
    """

    def __init__(self) -> None:
        super().__init__(_("Hosts"))
        self._checks: Sequence[HostCheck] = ()
        self._told = ""
        self._lines: list[_HostLine] = []
        self._drawing = False
        with self:
            self._none = ui.label(_("Choose a host.")).classes("x-dim")
            self._rows = ui.element().classes("x-new-sr-hosts").mark("hosts")
            with ui.element("details").classes("x-preview-calls") as self._folded:
                ui.label(_("What the hosts said")).tag = "summary"
                self._said = ui.label().classes("x-preview-lines").mark("said")

    def show(self, checks: Sequence[HostCheck], told: str) -> None:
        """`told`: the field at which it is said already what is wrong, and not again for each host."""
        self._checks, self._told = checks, told
        reached = sum(one.known and not one.refused for one in checks)
        is_complete = bool(checks) and all(one.known for one in checks)
        self.scope.text = _("{n} of {all} reach it").format(n=number(reached), all=number(len(checks))) if is_complete else ""
        self._none.set_visibility(not checks)
        for at, line in enumerate(self._lines):
            line.show(checks[at] if at < len(checks) else None, told)
        said = _said(checks)
        self._folded.set_visibility(bool(said))
        self._said.text = said
        if len(self._lines) < len(checks) and not self._drawing:
            self._drawing = True
            at_once_or_in_turns(self._more())

    def _more(self) -> Iterator[None]:
        while len(self._lines) < len(self._checks) and not self.is_deleted:
            with self._rows:
                line = _HostLine()
            line.show(self._checks[len(self._lines)], self._told)
            self._lines.append(line)
            yield
        self._drawing = False


class _HostLine(ui.element):
    def __init__(self) -> None:
        super().__init__()
        self.classes("x-new-sr-host")
        self._shown: object = None
        with self:
            self._mark = Mark("unknown")
            self._name = ui.label().classes("x-cut").props("dir=auto")
            self._words = ui.label().classes("x-dim")

    def show(self, check: HostCheck | None, told: str) -> None:
        """None: there are fewer hosts now."""
        if (check, told) == self._shown:
            return
        self._shown = (check, told)
        self.set_visibility(check is not None)
        if check is None:
            return
        self._mark.show("critical" if check.refused else "live" if check.known else "unknown")
        self._name.text, self._words.text = check.name, _words(check, told)
        self.classes(**{"add" if check.refused else "remove": "x-refused"})


def _words(check: HostCheck, told: str) -> str:
    if check.refused is None:
        return _("reaches it") if check.known else _("not checked")
    return _("does not reach it") if check.field == told else str(check.refused)


def _said(checks: Sequence[HostCheck]) -> str:
    """`host-1, host-2 and 58 more: what their drivers say`, a line each."""
    hosts: dict[str, list[str]] = {}
    for one in checks:
        if one.said:
            hosts.setdefault(one.said, []).append(one.name)
    return "\n".join(f"{_some(names)}: {text}" for text, names in hosts.items())


def _some(names: Sequence[str]) -> str:
    few = ", ".join(names[:NAMED])
    return few if len(names) <= NAMED else _("{names} and {n} more").format(names=few, n=number(len(names) - NAMED))


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
