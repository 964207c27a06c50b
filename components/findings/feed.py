"""What needs attention, made once for all who look: the list itself, and its sentences in each language."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from components.findings.words import sentence
from data.changes import Change
from data.coalesce import Coalescer
from data.findings.finding import Finding
from data.findings.naming import are_in_most, may_name
from data.findings.overrides import Acknowledgement
from data.level import Level
from data.server import Server
from data.sight import Sight
from xo_dash.i18n import locale

T = TypeVar("T")

MOST = 500
"""Lines that are put into words; the worst are first."""


class WordedFinding(NamedTuple):
    """One line in somebody's language."""

    finding: Finding
    title: str
    detail: str
    note: Acknowledgement | None  # of who has seen it


class LevelCounts(NamedTuple):
    """Lines that nobody has seen yet, by level."""

    critical: int
    warning: int
    information: int


class FindingsFeed:
    """Follows the registry while somebody follows it; speaks at most ten times a second."""

    def __init__(self, mirror: Sight) -> None:
        self._mirror = mirror
        self._observers: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._stop: tuple[Callable[[], object], ...] = ()
        self._lines: list[Finding] | None = None
        self._told: dict[str, list[WordedFinding]] = {}  # by language
        self._sentences: dict[str, dict[object, tuple[Finding, tuple[str, str]]]] = {}  # {language: {line: of what, in words}}
        self._count_observers: dict[int, Callable[[LevelCounts], None]] = {}
        self._counts: LevelCounts | None = None  # as they were told last
        self._counted: tuple[list[Finding], LevelCounts] | None = None  # of which lines, once for all who ask
        self._due = False
        self._pace = Coalescer(self._tell)

    @property
    def lines(self) -> list[Finding]:
        """Worst first; those that somebody has seen come last."""
        if self._lines is None or not self._is_observed:
            overrides = self._mirror.findings.overrides
            self._lines = sorted(self._mirror.findings.all(time.time()), key=overrides.has_seen)
            self._told = {}
            if not self._is_observed:
                self._sentences = {}  # nobody kept them up to date
        return self._lines

    @property
    def told(self) -> list[WordedFinding]:
        """The first of them in the reader's language."""
        lines, language = self.lines, locale()
        if language not in self._told:
            overrides = self._mirror.findings.overrides
            known = self._sentences.get(language, {})
            said = self._sentences[language] = {finding.line: self._said(finding, known) for finding in lines[:MOST]}
            self._told[language] = [
                WordedFinding(finding, *words, overrides.note_of(finding) if overrides.has_seen(finding) else None)
                for finding, words in said.values()
            ]
        return self._told[language]

    def _said(self, finding: Finding, known: Mapping[object, tuple[Finding, tuple[str, str]]]) -> tuple[Finding, tuple[str, str]]:
        before = known.get(finding.line)
        return before if before is not None and before[0] == finding else (finding, sentence(finding, self._mirror))

    @property
    def counts(self) -> LevelCounts:
        lines = self.lines
        if self._counted is None or self._counted[0] is not lines:
            overrides = self._mirror.findings.overrides
            levels = [finding.level for finding in lines if not overrides.has_seen(finding)]
            self._counted = lines, LevelCounts(*map(levels.count, (Level.CRITICAL, Level.WARNING, Level.INFORMATION)))
        return self._counted[1]

    @property
    def _is_observed(self) -> bool:
        return bool(self._observers or self._count_observers)

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when a line or a sentence may be another, until what is returned is called."""
        return self._join(self._observers, observer)

    def observe_counts(self, observer: Callable[[LevelCounts], None]) -> Callable[[], None]:
        """Call `observer` with counts that are others."""
        leave = self._join(self._count_observers, observer)
        self._counts = self.counts
        return leave

    def _join(self, observers: dict[int, T], observer: T) -> Callable[[], None]:
        self._next += 1
        key = self._next
        if not self._is_observed:
            self._lines, self._sentences = None, {}
            self._stop = (self._mirror.findings.observe(lambda _subjects: self._stale()), self._mirror.observe(self._changed))
        observers[key] = observer

        def leave() -> None:
            observers.pop(key, None)
            if not self._is_observed:
                for stop in self._stop:
                    stop()
                self._stop = ()

        return leave

    def refresh(self) -> None:
        """Something was said of a finding."""
        self._stale()

    def snooze(self) -> list[WordedFinding]:
        """What is not told now, with who said so."""
        findings, now = self._mirror.findings, time.time()
        return [WordedFinding(f, *sentence(f, self._mirror), findings.overrides.note_of(f)) for f in findings.snooze(now)[:MOST]]

    def _changed(self, changes: Sequence[Change]) -> None:
        """Names are in the sentences, and a connection's state."""
        others = {change.subject for change in changes if isinstance(change.subject, Server) or "name_label" in change.names}
        if not others:
            return
        if are_in_most(others):
            self._sentences = {}
        for said in self._sentences.values():
            for line in [line for line, (finding, _words) in said.items() if may_name(finding, others)]:
                del said[line]
        self._lines = None
        if self._observers:  # counts have no names in them
            self._stale()

    def _stale(self) -> None:
        self._lines, self._due = None, True
        self._pace.wake()

    def _tell(self) -> bool:
        if not self._due:
            return False
        self._due = False
        for observer in list(self._observers.values()):
            observer()
        if self._count_observers and (counts := self.counts) != self._counts:
            self._counts = counts
            for tell in list(self._count_observers.values()):
                tell(counts)
        return True
