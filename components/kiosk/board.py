"""The line above a kiosk's map: the time, and what is wrong; leads the map to the worst and home again."""

from __future__ import annotations

import time

import orjson
from nicegui.element import Element

from components.browser import tell
from components.findings.words import sentence
from components.live import follow_all, follow_source
from data.level import Level
from data.server import Server
from data.sight import Sight
from data.views.finding import finding_view
from xo_dash.i18n import _

MOST = 5
"""Findings that are led to in turn."""
MARKS = {Level.CRITICAL: "critical", Level.WARNING: "warning"}


class KioskBoard(Element, component="board.js"):
    """Findings worth walking to: warnings and what is worse."""

    def __init__(self, mirror: Sight) -> None:
        super().__init__()
        self._mirror = mirror
        self._props["words"] = {"calm": _("Nothing needs attention.")}
        self.on("ready", self._show, [])
        with self:
            follow_source(mirror.findings.observe, self._show)
            follow_all(mirror, lambda _changes: True, self._show, topics=lambda: (Server,))

    def _show(self) -> None:
        found = [finding for finding in self._mirror.findings.all(time.time()) if finding.level in MARKS][:MOST]
        rows = [
            [finding_view(finding, self._mirror).on_map, MARKS[finding.level], *words]
            for finding in found
            if (words := sentence(finding, self._mirror))
        ]
        tell(self, "show", orjson.dumps([rows]).decode())
