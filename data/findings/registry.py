"""All findings of an installation: told of what to look at again, it says who is affected, and lists what needs attention."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from data.changes import Subject
from data.findings.finding import AGAIN, Finding, Reading, Rule
from data.findings.lifecycle import FindingState, transition
from data.findings.overrides import Overrides, name_of, older_name_of
from data.history import History
from data.level import Level
from data.observers import Observers, Unsubscribe
from data.types import XapiObject

ToldLine = tuple[Rule, object]
"""(rule, what its subjects have in common: see Finding.cause)"""
T = TypeVar("T")

TOLD_AGAIN = 60.0
"""Seconds after which what is told is looked at again: it must not be told for long after it is mended."""


class FindingRegistry:
    """One writer (`xo_dash.sync.evaluator`), many readers, one event loop."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules: dict[type, tuple[Rule, ...]] = {}
        for rule in rules:
            self._rules[rule.kind] = (*self._rules.get(rule.kind, ()), rule)
        self._measuring = {kind: tuple(rule for rule in own if rule.measures) for kind, own in self._rules.items()}
        self.overrides = Overrides()
        self._recalled: dict[str, float] = {}  # {name: since}, of the time before the last stop
        self._standings: dict[Subject, dict[Rule, FindingState]] = {}
        self._asked: dict[Subject, float] = {}  # when all rules were asked, of those that have standings
        self.ended: set[str] = set()
        """Names of findings that are over; for who keeps notes of them, who clears it."""
        self._told: dict[Subject, None] = {}  # those of which something is told
        self._lines: dict[ToldLine, dict[Subject, Finding]] = {}  # what is told, by the line it is told in
        self._folds: dict[ToldLine, list[Finding]] = {}  # those that are up to date
        self._in: dict[Subject, dict[Rule, ToldLine]] = {}
        self._marks: dict[Subject, dict[Subject, Level]] = {}  # what is seen on the map, by whose it is; absent: nothing
        self._marked: dict[Subject, dict[Subject, Level]] = {}  # the same the other way round
        self._changed: dict[Subject, None] = {}
        self._observers: Observers[[frozenset[Subject]]] = Observers()

    @property
    def rules(self) -> Iterator[Rule]:
        """Every rule there is, by kind."""
        for rules in self._rules.values():
            yield from rules

    @property
    def kinds(self) -> tuple[type[XapiObject], ...]:
        """The classes of XAPI that rules look at."""
        return tuple(kind for kind in self._rules if issubclass(kind, XapiObject))

    # ---- for readers

    def mark(self, subject: Subject) -> Level:
        """The worst that the map shows of it."""
        return max(self._marks[subject].values()) if subject in self._marks else Level.NONE

    def level(self, rule: Rule, subject: Subject) -> Level:
        """What is told of it by one rule now; what is put off is not."""
        line = self._in.get(subject, {}).get(rule)
        return self._lines[line][subject].level if line is not None else Level.NONE

    def of(self, subject: Subject, now: float = math.inf) -> list[Finding]:
        """What is told of one object now, worst first; without `now` also what is put off."""
        found = [
            Finding(rule, standing.level, (subject,), standing.reading, standing.since)
            for rule, standing in self._standings.get(subject, {}).items()
            if standing.level is not Level.NONE and not self.overrides.is_snoozed(rule, subject, now)
        ]
        return sorted(found, key=_rank)

    def all(self, now: float) -> list[Finding]:
        """What needs attention now: by level, then by VMs touched, then by age; many of one cause in one pool are one line."""
        quiet = self.overrides.quiet(now)
        found = []
        for line, findings in self._lines.items():
            if line[0].key in quiet:
                found += folded([f for f in findings.values() if not self.overrides.is_snoozed(f.rule, f.subject, now)])
                continue
            if line not in self._folds:
                self._folds[line] = folded(list(findings.values()))
            found += self._folds[line]
        return sorted(found, key=_rank)

    def snooze(self, now: float) -> list[Finding]:
        """What somebody does not want to hear of now, one line each."""
        every = (finding for subject in self._standings for finding in self.of(subject))
        return sorted((f for f in every if self.overrides.is_snoozed(f.rule, f.subject, now)), key=_rank)

    def observe(self, observer: Callable[[frozenset[Subject]], None]) -> Unsubscribe:
        """Call `observer` with the subjects of which something else is told now."""
        return self._observers.add(observer)

    @property
    def told(self) -> Iterable[Subject]:
        """Of whom something is told now."""
        return self._told.keys()

    # ---- for the writer

    def look(self, subject: Subject, now: float) -> None:
        """Ask all rules for `subject`; what differs is told by the next `publish`."""
        self.changed(subject)
        for _ in self.looking(subject, now):
            pass

    def changed(self, subject: Subject) -> None:
        """Something that rules read of it may be another: all of them are to be asked."""
        self._asked.pop(subject, None)

    def looking(self, subject: Subject, now: float) -> Generator[None, None, float]:
        """Ask a rule, or part of it, at a time: the seconds until `subject` is to be looked at again, if nothing is told of it sooner.

        Where time passed and measurements came since the last look, and nothing else, the rules that saw nothing are asked again no
        sooner than those of subjects of which nothing is told. Nothing comes of it if somebody else looked meanwhile.
        """
        before = self._standings.get(subject)
        standings = before or {}
        found: dict[Rule, FindingState] = {}
        asked_at = self._asked.get(subject, -math.inf)
        if now >= asked_at + AGAIN:
            asked_at = self._asked[subject] = now  # now: what changes in the midst of it is to be asked for again
        due = asked_at + AGAIN
        for rule in self._rules.get(type(subject), ()):
            if asked_at < now and rule not in standings and not rule.measures and rule.again >= AGAIN:
                continue
            due = min(due, now + rule.again)
            seen = rule.look(subject, now) if self.overrides.wants(rule, subject) else None
            reading = seen if seen is None or isinstance(seen, Reading) else (yield from seen)
            yield
            old = standings.get(rule) or self._from_before(rule, subject, reading)
            if reading is None and old is None:
                continue
            limits, hold = self.overrides.limits(rule), self.overrides.hold(rule)
            new = transition(old, reading, limits, margin=rule.margin, hold=hold, now=now)
            if new is not None and new.level is not Level.NONE and rule.touches and new.reading is reading:
                vms = yield from rule.touches(subject)
                new = replace(new, reading=new.reading._replace(vms=vms))
            if new is not None:
                found[rule] = new
                due = min(due, new.due(hold), self.overrides.returns(rule, subject, now))
        if self._standings.get(subject) is before:
            self._settle(subject, standings, found, now)
            if not found:
                self._asked.pop(subject, None)
        return max(0.0, min(due - now, TOLD_AGAIN if subject in self._told else math.inf))

    def is_moved(self, subject: Subject, now: float) -> bool:
        """Whether new measurements of `subject` may make a difference: one is at its limit, or was."""
        standings = self._standings.get(subject, {})
        load = subject.home.part(History).load(subject.uuid) if isinstance(subject, XapiObject) else None
        for rule in self._measuring.get(type(subject), ()):
            if rule in standings:
                return True
            if rule.load and (load is None or self.overrides.limits(rule).level(getattr(load, rule.load)) is Level.NONE):
                continue  # as for almost all: no need to ask more
            reading = rule.look(subject, now) if self.overrides.wants(rule, subject) else None
            if isinstance(reading, Reading) and self.overrides.limits(rule).level(reading.value) is not Level.NONE:
                return True
        return False

    def recall(self, since: Mapping[str, float]) -> None:
        """What was told before the last stop began then, if it is still there."""
        self._recalled = dict(since)

    def redate(self, seconds: float) -> None:
        """The clock was set, forward by so many seconds: what has lasted for a while has lasted no longer for that."""
        self._recalled = {name: since + seconds for name, since in self._recalled.items()}
        self._asked = {subject: at + seconds for subject, at in self._asked.items()}
        self._standings = {
            subject: {rule: standing.moved(seconds) for rule, standing in standings.items()}
            for subject, standings in self._standings.items()
        }
        for told in self._lines.values():
            told.update({subject: replace(finding, since=finding.since + seconds) for subject, finding in told.items()})
        self._folds.clear()

    def remembered(self) -> dict[str, float]:
        """For the next `recall`."""
        every = ((rule, subject, s) for subject, standings in self._standings.items() for rule, s in standings.items())
        return self._recalled | {name_of(rule, subject): s.since for rule, subject, s in every if s.calm_since is None}

    def adopt(self, subject: XapiObject) -> dict[str, str]:
        """Take over what was kept of `subject` before names said the pool: {older name: name} of notes."""
        names = {older_name_of(rule, subject): name_of(rule, subject) for rule in self._rules.get(type(subject), ())}
        self._recalled = {names.get(name, name): since for name, since in self._recalled.items()}
        renamed = {older: name for older, name in names.items() if older in self.overrides.notes and older != name}
        if renamed:
            self.overrides = self.overrides.renamed(renamed)
        return renamed

    def _from_before(self, rule: Rule, subject: Subject, reading: Reading | None) -> FindingState | None:
        if not self._recalled or reading is None:
            return None
        since = self._recalled.pop(name_of(rule, subject), None)
        return None if since is None else FindingState(since, Level.NONE, reading)

    def _settle(self, subject: Subject, old: dict[Rule, FindingState], new: dict[Rule, FindingState], now: float) -> None:
        if new:
            self._standings[subject] = new
        else:
            self._standings.pop(subject, None)
        self.ended.update(name_of(rule, subject) for rule in old if rule not in new)
        told = {rule: standing for rule, standing in new.items() if standing.level is not Level.NONE}
        before = {rule: standing for rule, standing in old.items() if standing.level is not Level.NONE}
        shown = {rule: standing.level for rule, standing in told.items() if not self.overrides.is_snoozed(rule, subject, now)}
        self._mark(subject, shown)
        if (subject in self._told) != bool(shown) or _said(told) != _said(before):
            self._changed[subject] = None
        self._list(subject, [Finding(rule, told[rule].level, (subject,), told[rule].reading, told[rule].since) for rule in shown])
        _keep(self._told, subject, None, there=bool(shown))

    def _mark(self, subject: Subject, shown: Mapping[Rule, Level]) -> None:
        """Put what is told of `subject` onto the map: on itself, or on what it is about."""
        before, now = self._marked.get(subject, {}), dict[Subject, Level]()
        for rule, level in shown.items():
            at = rule.about(subject) if rule.about else subject
            if rule.marks and at is not None:
                now[at] = max(level, now.get(at, Level.NONE))
        for at in before.keys() | now.keys():
            mark, seen = self.mark(at), self._marks.setdefault(at, {})
            _keep(seen, subject, now.get(at, Level.NONE), there=at in now)
            if not seen:
                del self._marks[at]
            if self.mark(at) is not mark:
                self._changed[at] = None
        _keep(self._marked, subject, now, there=bool(now))

    def _list(self, subject: Subject, findings: list[Finding]) -> None:
        """Put what is told of it into its lines, so that the list is made of what changed."""
        now = {finding.rule: finding for finding in findings}
        before = self._in.get(subject, {})
        lines: dict[Rule, ToldLine] = {rule: (rule, finding.cause) for rule, finding in now.items()}
        for rule, line in before.items():
            if lines.get(rule) != line:
                self._folds.pop(line, None)
                there = self._lines[line]
                del there[subject]
                if not there:
                    del self._lines[line]
        for rule, line in lines.items():
            there = self._lines.setdefault(line, {})
            if there.get(subject) != now[rule]:
                there[subject] = now[rule]
                self._folds.pop(line, None)
        _keep(self._in, subject, lines, there=bool(lines))

    def forget(self, subject: Subject) -> None:
        """It is no more."""
        self._list(subject, [])
        self._standings.pop(subject, None)
        self._asked.pop(subject, None)
        self._mark(subject, {})
        self._marks.pop(subject, None)
        if subject in self._told:
            del self._told[subject]
            self._changed[subject] = None

    def touch(self, subject: Subject) -> None:
        """Something else that is judged of it has changed."""
        self._changed[subject] = None

    @property
    def is_due(self) -> bool:
        """Whether something is to be published."""
        return bool(self._changed)

    def publish(self) -> None:
        """Tell the observers what has changed since the last time."""
        if not self._changed:
            return
        changed, self._changed = frozenset(self._changed), {}
        self._observers.tell(changed)


def _keep(where: dict[Subject, T], subject: Subject, value: T, *, there: bool) -> None:
    if there:
        where[subject] = value
    else:
        where.pop(subject, None)


def _said(standings: dict[Rule, FindingState]) -> dict[Rule, tuple[object, ...]]:
    """What a sentence about them has in it: a value that hardly moved is no news."""
    return {rule: (s.level, *s.reading._replace(value=float(f"{s.reading.value:.2g}"))) for rule, s in standings.items()}


def _rank(finding: Finding) -> tuple[int, int, float, str]:
    return (-finding.level, -finding.reading.vms, finding.since, finding.rule.key)


def folded(found: list[Finding]) -> list[Finding]:
    """Lines of one cause: one of them all where there are as many as their rule says, else one each."""
    if len(found) < 2 or len(found) < found[0].rule.folds:
        return found
    found.sort(key=lambda finding: (-finding.reading.value, finding.since))
    worst = found[0]
    where = tuple(dict.fromkeys(host for finding in found for host in finding.reading.where))
    reading = worst.reading._replace(where=where, vms=sum(finding.reading.vms for finding in found))
    if worst.rule.adds:
        reading = reading._replace(value=sum(finding.reading.value for finding in found))
    subjects = tuple(finding.subject for finding in found)
    return [Finding(worst.rule, worst.level, subjects, reading, min(finding.since for finding in found), tuple(found))]
