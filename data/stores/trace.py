"""Who changes which of our own records, with what: told before it is written, to whoever keeps the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

REDACTED: Final = "•••"
LONGEST: Final = 200
"""Characters of a value that are told."""
UNTOLD: Final[Mapping[str, bool]] = {"untold": True}
"""Metadata of a field whose change says nothing to anybody."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a user of ours, or whoever is at the command line."""

    user: str
    user_id: str = ""
    address: str = ""  # of the browser
    only_looks: bool = False  # through somebody else's eyes


OURSELVES: Final = Actor("xo-dash")
"""The program itself, without anybody having asked for it."""


class Result(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did, or tried to do, to one thing of ours."""

    action: str  # "user.add"
    kind: str  # "users"
    id: str = ""
    name: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)  # what it was given; secrets redacted
    result: Result = Result.DONE
    reason: str = ""


Tell = Callable[[Actor, Deed], None]
"""Writes it down, and raises StoreError if that is not possible: then the deed is not done."""

_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def nobody_listens(_actor: Actor, _deed: Deed) -> None:
    """Where no audit is kept."""


def acting() -> Actor | None:
    """Who was said to act, by `by`."""
    return _acting.get()


@contextmanager
def by(actor: Actor) -> Iterator[None]:
    """What is changed inside is changed by `actor`."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def changed(before: object | None, after: object | None) -> dict[str, str]:
    """{field: its new value} of the fields of a record that differ; what stays out of its `repr` is secret."""
    told: dict[str, str] = {}
    for one in fields(after) if after is not None else ():  # type: ignore[arg-type]  # records are dataclasses
        if one.name == "id" or one.metadata.get("untold"):
            continue
        new = getattr(after, one.name)
        if new != (_default(one) if before is None else getattr(before, one.name)):
            told[one.name] = _text(new) if one.repr else REDACTED
    return told


def name_of(record: Any) -> str:
    """What people call it, or what it says of itself; empty if its id is a secret."""
    if isinstance(said := getattr(type(record), "name", None), property):
        return str(said.fget(record)) if said.fget else ""
    shown = {one.name: str(getattr(record, one.name)) for one in fields(record) if one.repr}
    return shown.get("name") or shown.get("label") or shown.get("id", "")


def _default(one: Field[Any]) -> object:
    return one.default_factory() if one.default_factory is not MISSING else one.default


def _text(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
