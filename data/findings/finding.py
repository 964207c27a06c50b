"""A finding: our judgement that something is not as it should be, with what it touches and since when."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

from data.changes import Subject
from data.level import Level
from data.objects import Host
from data.server import Server
from data.types import XapiObject


class Limits(NamedTuple):
    """From which value on a rule speaks, and how loudly; None: never so loudly. Values rise with the trouble."""

    information: float | None = None
    warning: float | None = None
    critical: float | None = None

    def level(self, value: float) -> Level:
        """NaN, where nothing is known, is no trouble."""
        for level, limit in ((Level.CRITICAL, self.critical), (Level.WARNING, self.warning), (Level.INFORMATION, self.information)):
            if limit is not None and value >= limit:
                return level
        return Level.NONE


class Reading(NamedTuple):
    """What a rule sees in one subject now."""

    value: float  # in the rule's unit; 1 where it is a yes
    where: tuple[Host, ...] = ()  # the hosts it is so on
    vms: int = 0  # how many VMs it touches
    detail: str = ""  # a name, address or XAPI's own word that the sentence needs


AGAIN = 600.0
"""Seconds for which a judgement stands without another look, whatever was told: some causes are far away, and no change is told of them."""
ALWAYS = 2
"""A rule that folds so many has one line for each cause at any time: its sentence is as good for one as for many."""

ADVISED = "advised"
"""Detail of what updates advise; without it they demand it."""

Steps = Generator[None, None, Reading | None]
"""What one look comes to, where it is at thousands of objects: some at a time."""
Look = Callable[[Any, float], Steps | Reading | None]
"""(subject, now in epoch seconds) -> what is wrong with it. A pure function of the mirror and its history; at once, where it measures."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One kind of finding: where to look, and what of it to tell. The numbers are defaults: an installation may have its own."""

    key: str  # "sr.full": stored with settings and snoozes, so it stays
    kind: type[XapiObject] | type[Server]
    look: Look
    limits: Limits
    unit: str = ""  # of the value: "share", "days", "seconds", "bytes", "count"; "" for yes or no
    margin: float = 0.0  # how far the value must fall below the limit to be calm again
    hold: float = 0.0  # seconds it must last before it is told
    touches: Callable[[Any], Generator[None, None, int]] | None = None  # how many VMs, step by step: asked only once something is told
    folds: int = 4  # so many subjects of a pool, with the same detail and as grave, are one line; fewer a line each
    adds: bool = False  # ... whose values add up
    marks: bool = True  # it is seen on the map too; else it is listed only
    about: Callable[[Any], Subject | None] | None = None  # ... on what this answers, instead of on the subject itself
    measures: bool = False  # it reads the measurements of its subject: each new one may make a difference
    load: str = ""  # ... and the value is this field of its load, or nothing
    again: float = AGAIN  # seconds after which it is asked again though nothing was told


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what needs attention: one subject, or several of one pool with the same cause."""

    rule: Rule
    level: Level
    subjects: tuple[Subject, ...]
    reading: Reading  # of the worst of them; `vms` of all together
    since: float  # epoch seconds at which the first of them began
    parts: tuple[Finding, ...] = ()  # of several subjects: what is told of each, worst first

    @property
    def subject(self) -> Subject:
        return self.subjects[0]

    @property
    def server(self) -> Server:
        """The connection to its pool."""
        return self.subject if isinstance(self.subject, Server) else self.subject.home.server

    @property
    def cause(self) -> object:
        """What it has in common with others that may be told in the same line: all of one line are as grave."""
        subject = self.subject
        return (subject.home, self.reading.detail, self.level) if isinstance(subject, XapiObject) else subject

    @property
    def line(self) -> tuple[Rule, object]:
        """What stays the same while the line goes on, whoever comes and goes."""
        return self.rule, self.cause if self.parts or self.rule.folds <= ALWAYS else self.subject
