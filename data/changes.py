"""What became of an object: what whoever follows the mirror is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from data.server import Server
from data.types import Ref, XapiObject

Subject = XapiObject | Server
Topic = type[XapiObject] | type[Server] | Ref
"""All objects of a class, or what has this reference, also before it is there (in whatever pool)."""


class Operation(StrEnum):
    ADD = "add"
    MOD = "mod"
    DEL = "del"


class Change(NamedTuple):
    """What became of one object: `names` are the fields whose values differ (all of them for a new object)."""

    subject: Subject
    operation: Operation
    names: frozenset[str]


class Event(NamedTuple):
    """One row of an event batch, decoded. `row` is None for a deletion."""

    kind: type[XapiObject]
    operation: Operation
    ref: Ref
    row: XapiObject | None


Observer = Callable[[Sequence[Change]], None]


class ChangeSource(Protocol):
    """What tells of changes: the mirror of everything, or what somebody may see of it."""

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with every batch until what is returned is called."""

    def observe_subjects(self, subjects: Iterable[Subject | Topic], observer: Observer) -> Callable[[], None]:
        """... with the changes of exactly these objects, or of those that a topic means."""
