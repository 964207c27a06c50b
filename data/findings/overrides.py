"""What an installation wants to be told: its own limits, what is put off, what somebody has taken note of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from data.changes import Subject
from data.findings.finding import Finding, Limits, Rule
from data.identity import key_of
from data.server import Server
from data.types import XapiObject


class Tuning(NamedTuple):
    """A rule as this installation wants it; None where the rule's own number holds."""

    on: bool = True
    warning: float | None = None
    critical: float | None = None
    hold: float | None = None  # seconds
    tags: tuple[str, ...] = ()  # only what has one of these; empty: everything


DEFAULT = Tuning()


class Acknowledgement(NamedTuple):
    """What a person said of one finding: not before `until` (epoch seconds; infinite: not again while it lasts), or only `seen`."""

    by: str
    at: float
    until: float = 0.0
    seen: bool = False


@dataclass(slots=True)
class Overrides:
    """Replaced as a whole when something is stored; read on every look."""

    tunings: Mapping[str, Tuning] = field(default_factory=dict)  # rule's key -> tuning
    notes: Mapping[str, Acknowledgement] = field(default_factory=dict)  # name_of(...) -> note

    def renamed(self, names: Mapping[str, str]) -> Overrides:
        """The same with notes under other names: {older: name}."""
        return replace(self, notes={names.get(name, name): note for name, note in self.notes.items()})

    def limits(self, rule: Rule) -> Limits:
        own = self.tunings.get(rule.key, DEFAULT)
        return Limits(
            rule.limits.information,
            rule.limits.warning if own.warning is None else own.warning,
            rule.limits.critical if own.critical is None else own.critical,
        )

    def hold(self, rule: Rule) -> float:
        own = self.tunings.get(rule.key, DEFAULT).hold
        return rule.hold if own is None else own

    def wants(self, rule: Rule, subject: Subject) -> bool:
        own = self.tunings.get(rule.key, DEFAULT)
        return own.on and (not own.tags or not set(own.tags).isdisjoint(tags_of(subject)))

    def is_snoozed(self, rule: Rule, subject: Subject, now: float) -> bool:
        note = self.notes.get(name_of(rule, subject))
        return note is not None and note.until > now

    def returns(self, rule: Rule, subject: Subject, now: float) -> float:
        """When it is no longer put off, in epoch seconds; infinite if it is not, or for good."""
        note = self.notes.get(name_of(rule, subject)) if self.notes else None
        return note.until if note is not None and note.until > now else math.inf

    def quiet(self, now: float) -> set[str]:
        """Keys of rules of which something is put off."""
        return {name.partition(":")[0] for name, note in self.notes.items() if note.until > now}

    def note_of(self, finding: Finding) -> Acknowledgement | None:
        """What was said of it, where it was said of all its subjects."""
        notes = [self.notes.get(name_of(finding.rule, subject)) for subject in finding.subjects]
        return notes[0] if None not in notes else None

    def has_seen(self, finding: Finding) -> bool:
        return all(self.is_seen(finding.rule, subject) for subject in finding.subjects)

    def is_seen(self, rule: Rule, subject: Subject) -> bool:
        note = self.notes.get(name_of(rule, subject))
        return note is not None and note.seen


def name_of(rule: Rule, subject: Subject) -> str:
    """`sr.full:uuid@pool`: what a finding is called in stores."""
    return f"{rule.key}:{subject.id if isinstance(subject, Server) else key_of(subject)}"


def older_name_of(rule: Rule, subject: XapiObject) -> str:
    """What it was called before names said the pool."""
    return f"{rule.key}:{subject.uuid}"


def older_uuids(names: Iterable[str]) -> set[str]:
    """The uuids of names that do not say the pool; servers' and pools' names are among them, which never did."""
    return {name.partition(":")[2] for name in names if "@" not in name}


def tags_of(subject: Subject) -> Iterable[str]:
    tags: list[str] = getattr(subject, "tags", [])
    return tags
