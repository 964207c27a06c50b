"""What needs attention of what somebody may see: the findings of all, of those subjects alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from data.changes import Subject
from data.findings.finding import Finding, Rule
from data.findings.overrides import Overrides
from data.findings.registry import FindingRegistry, folded
from data.level import Level
from data.objects import Host

Elsewhere = Callable[[Subject], Subject | None]


class FindingExcerpt(FindingRegistry):
    """Speaks of rows of somebody's own, `here`, what `source` says of the real ones, `there`. None where it is not for them."""

    def __init__(self, source: FindingRegistry, here: Elsewhere, there: Elsewhere) -> None:
        super().__init__()
        self._source, self._here, self._there = source, here, there

    @property
    def overrides(self) -> Overrides:
        return self._source.overrides

    @overrides.setter
    def overrides(self, _overrides: Overrides) -> None:
        """They are those of all."""

    @property
    def rules(self) -> Iterator[Rule]:
        return self._source.rules

    def mark(self, subject: Subject) -> Level:
        there = self._there(subject)
        return Level.NONE if there is None else self._source.mark(there)

    def level(self, rule: Rule, subject: Subject) -> Level:
        there = self._there(subject)
        return Level.NONE if there is None else self._source.level(rule, there)

    def of(self, subject: Subject, now: float = math.inf) -> list[Finding]:
        there = self._there(subject)
        return [] if there is None else [found for finding in self._source.of(there, now) for found in self._lines_of(finding)]

    def all(self, now: float) -> list[Finding]:
        return [found for finding in self._source.all(now) for found in self._lines_of(finding)]

    def snooze(self, now: float) -> list[Finding]:
        return [found for finding in self._source.snooze(now) for found in self._lines_of(finding)]

    @property
    def told(self) -> Iterable[Subject]:
        return [here for there in self._source.told if (here := self._here(there)) is not None]

    def tell(self, subjects: frozenset[Subject]) -> None:
        """Of these something else is told."""
        for subject in subjects:
            if (here := self._here(subject)) is not None:
                self.touch(here)
        self.publish()

    def _lines_of(self, finding: Finding) -> list[Finding]:
        """As far as it is about what is seen; a line of several may fall apart when few are left."""
        parts = [self._part(part) for part in finding.parts or (finding,)]
        return folded([part for part in parts if part is not None])

    def _part(self, finding: Finding) -> Finding | None:
        here = self._here(finding.subject)
        if here is None:
            return None
        where = tuple(host for one in finding.reading.where if isinstance(host := self._here(one), Host))
        return replace(finding, subjects=(here,), reading=finding.reading._replace(where=where))
