"""The list below the map: what is wrong, worst first, each with what it touches, since when, and where to look."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from nicegui import ui

from components.findings.words import sentence
from components.links import path_of
from components.live import follow_all, follow_source, renewed
from components.ui import Age, Mark
from data.findings.finding import Finding, Level
from data.mirror import Mirror
from data.server import Server, ServerState
from xo_dash.i18n import _, number

MOST = 50
"""Lines shown; the worst are first."""
MARKS = {Level.CRITICAL: "critical", Level.WARNING: "warning", Level.INFORMATION: "information"}


class Attention(ui.element):
    """Always there, so that the map above keeps its size. `on_show` is called with the uuid of what should be found on the map.

    `servers` is the path where connections are edited.
    """

    def __init__(self, mirror: Mirror, on_show: Callable[[str], None], servers: str) -> None:
        super().__init__("section")
        self.classes("xo-attention")
        self.props["aria-label"] = _("Needs attention")
        self._mirror, self._on_show, self._servers = mirror, on_show, servers
        self._shown: list[Hashable] | None = None
        with self:
            ui.label(_("Needs attention")).classes("xo-attention-title")
            self._list = ui.element("ul").props("role=list")
            follow_source(mirror.findings.observe, self._render)
            follow_all(mirror, lambda changes: any(isinstance(change.subject, Server) for change in changes), self._render)

    def _render(self) -> None:
        found = self._mirror.findings.all(time.time())
        said = [sentence(finding, self._mirror) for finding in found[:MOST]]
        looks: list[Hashable] = [len(found), *((f.level, f.subjects, words) for f, words in zip(found, said, strict=False))]
        if looks == self._shown:
            return
        self._shown = looks
        with renewed(self._list):
            if not found:
                ui.label(_("Nothing needs attention.")).classes("xo-attention-none")
            for finding, words in zip(found, said, strict=False):
                self._line(finding, *words)
            if len(found) > MOST:
                ui.label(_("{n} more").format(n=number(len(found) - MOST))).classes("x-dim")

    def _line(self, finding: Finding, title: str, detail: str) -> None:
        subject = finding.subject
        with ui.element("li").classes("xo-attention-line"):
            Mark(MARKS[finding.level])
            ui.label(title).classes("xo-attention-what")
            with ui.element().classes("xo-attention-more"):
                ui.label(detail)
                if not isinstance(subject, Server):
                    Age(finding.since)
                elif subject.last_event_at:
                    Age(subject.last_event_at)
            if not isinstance(subject, Server):
                self._verbs(finding)
            elif subject.state is not ServerState.UNREACHABLE:
                ui.link(_("Settings"), self._servers).classes("xo-attention-verb")

    def _verbs(self, finding: Finding) -> None:
        subject = finding.subject
        if isinstance(subject, Server):
            return
        uuid = subject.uuid
        show = ui.element("button").props("type=button").classes("xo-attention-verb")
        show.on("click", lambda: self._on_show(uuid))
        with show:
            ui.label(_("Show on the map"))
        if path := path_of(subject):
            ui.link(_("Open"), path).classes("xo-attention-verb")
