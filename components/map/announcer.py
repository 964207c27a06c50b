"""The worst problem, for those who hear the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from nicegui import ui

from components.findings.words import sentence
from components.live import follow_source
from data.findings.finding import Finding
from data.level import Level
from data.sight import Sight
from xo_dash.i18n import _

PAUSE = 10.0
"""Seconds between two summaries."""


def spoken(finding: Finding, mirror: Sight) -> str:
    """Critical: nfs-vault is 96% full, 40 VMs"""
    levels = {Level.CRITICAL: _("Critical"), Level.WARNING: _("Warning"), Level.INFORMATION: _("Information")}
    title, detail = sentence(finding, mirror)
    return f"{levels[finding.level]}: {', '.join(filter(None, (title, detail)))}"


class Announcer(ui.label):
    """A live region with the worst problem; says something only when there is a new worst, at most once in PAUSE seconds."""

    def __init__(self, mirror: Sight, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.classes("xo-map-quiet").props("role=status aria-live=polite")
        self._mirror, self._clock = mirror, clock
        self._told = self._worst()
        self._said_at = -PAUSE
        self._timer: asyncio.TimerHandle | None = None
        follow_source(mirror.findings.observe, self.look)

    def look(self) -> None:
        """Say what is new, now or when the pause is over."""
        worst = self._worst()
        if worst == self._told or self._timer is not None:
            return
        wait = self._said_at + PAUSE - self._clock()
        if wait > 0:
            self._timer = asyncio.get_running_loop().call_later(wait, self._later)
            return
        self._told, self._said_at = worst, self._clock()
        self.text = worst or _("Nothing needs attention.")

    def _later(self) -> None:
        self._timer = None
        if not self.is_deleted:
            self.look()

    def _handle_delete(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super()._handle_delete()

    def _worst(self) -> str:
        first = next(iter(self._mirror.findings.all(time.time())), None)
        return spoken(first, self._mirror) if first and first.level >= Level.WARNING else ""
