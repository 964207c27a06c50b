"""The objects of a line that is about many: each with what can be done to it alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from components.actions import run_command, whoever
from components.findings.fixes import fix_of
from components.findings.words import amount
from components.live import fresh_slot
from components.ui import Age, Button, ButtonKind
from components.urls import path_about
from data.findings.finding import Finding
from data.names import name_of
from data.views.finding import FindingView, finding_view
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.eligibility import summarize
from xo_dash.i18n import _, ngettext, number

PAGE = 50
"""Objects drawn at first, and with each asking for more."""


class FindingParts(ui.element):
    """Worst first; drawn anew where they differ."""

    def __init__(self, context: Context, on_show: Callable[[str], None] | None) -> None:
        super().__init__("div")
        self.classes("xo-parts")
        self._context, self._on_show = context, on_show
        self._parts: tuple[Finding, ...] = ()
        self._room = PAGE

    def show(self, parts: tuple[Finding, ...]) -> None:
        if parts != self._parts:
            self._parts = parts
            self._draw()

    def _draw(self) -> None:
        with fresh_slot(self), ui.element("ul").props("role=list"):
            for part in self._parts[: self._room]:
                self._part(part)
            rest = len(self._parts) - self._room
            if rest > 0:
                with ui.element("li"):
                    Button(ngettext("{n} more", "{n} more", rest).format(n=number(rest)), self._show_more, kind=ButtonKind.GHOST).mark(
                        "more-parts"
                    )

    def _show_more(self) -> None:
        self._room += 4 * PAGE
        self._draw()

    def _part(self, part: Finding) -> None:
        view = finding_view(part, self._context.mirror)
        path, name = path_about(view.about), view.about.name or name_of(part.subject)
        with ui.element("li").classes("xo-part"):
            ui.link(name, path).classes("x-plain x-cut") if path else ui.label(name).classes("x-cut")
            ui.label(amount(part)).classes("xo-part-amount")
            self._verb(part, view)
            Age(view.since).classes("xo-finding-age")
            if (show := self._on_show) is not None and view.on_map:
                Button(kind=ButtonKind.GHOST, icon="map", label=_("Show on the map"), on_click=lambda: show(view.on_map))

    def _verb(self, part: Finding, view: FindingView) -> None:
        subjects, user = view.rows, whoever()
        verb = next((row for row in map(action, fix_of(part).actions) if summarize(row, subjects, user).able), None)
        if verb is not None:
            Button(_(verb.title), partial(run_command, self._context, verb, subjects), kind=ButtonKind.GHOST).classes("xo-finding-verb")
