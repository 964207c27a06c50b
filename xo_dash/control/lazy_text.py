"""A sentence that is put into words when somebody reads it: two readers of one run may speak two languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from data.names import name_of
from data.types import XapiObject
from data.visibility import Sees
from xo_dash.i18n import N_, _, ngettext, size

NAMED: Final = 3
"""Of more objects only so many are named."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Bytes, written in the reader's manner."""

    bytes: float

    def __str__(self) -> str:
        return size(self.bytes)


@dataclass(frozen=True, slots=True)
class LazyText:
    """A message of the catalogue and what goes into its fields; `str()` of it is the sentence in the language of the moment.

    A field that has no value stays a question mark: a failure of XAPI may come with fewer arguments than it should.
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str = ""
    count: int = 0

    def __str__(self) -> str:
        text = ngettext(self.message, self.plural, self.count) if self.plural else _(self.message)
        return text.format_map(_Fields(self.values))


@dataclass(frozen=True, slots=True)
class ObjectName:
    """What an object is called, for whoever may see it; others read that it is another one."""

    row: XapiObject
    name: str

    def __str__(self) -> str:
        sees = _reader()
        return self.name if sees is None or sees(self.row) else _("an object that you cannot see")


_chosen: ContextVar[Sees | None] = ContextVar("sees", default=None)
_locator: list[Callable[[], Sees | None]] = []


def set_reader(locator: Callable[[], Sees | None]) -> None:
    """Ask `locator` what the reader may see whenever there is no `read_by(...)` around; it answers None for the program itself."""
    _locator[:] = [locator]


@contextmanager
def read_by(sees: Sees) -> Iterator[None]:
    """What is put into words inside is for somebody who may see this."""
    token = _chosen.set(sees)
    try:
        yield
    finally:
        _chosen.reset(token)


def _reader() -> Sees | None:
    chosen = _chosen.get()
    return chosen if chosen is not None or not _locator else _locator[0]()


NOTHING = LazyText("")


def lazy(message: str, **values: object) -> LazyText:
    """`say(N_("{vm} is a template"), vm=vm.name_label)`; a value may itself be something said."""
    return LazyText(message, values)


def named(row: XapiObject) -> ObjectName:
    """For a sentence about one object that names another: what that is called now."""
    return ObjectName(row, name_of(row))


def joined(texts: Iterable[object]) -> LazyText:
    """`web-1, web-2`"""
    found = NOTHING
    for text in texts:
        found = lazy("{one}, {other}", one=found, other=text) if found is not NOTHING else lazy("{one}", one=text)
    return found


def names_of(rows: Sequence[XapiObject]) -> LazyText:
    """`web-1, web-2, web-3 and 4 more`"""
    first = joined(map(named, rows[:NAMED]))
    return lazy(N_("{names} and {n} more"), names=first, n=len(rows) - NAMED) if len(rows) > NAMED else first


_REASONS: Final = "{one} · {other}"


def together(reasons: Iterable[LazyText | None]) -> LazyText | None:
    """Everything that stands against something, as one text; None for nothing."""
    known: list[LazyText] = []
    for reason in reasons:
        if reason is not None and reason not in known:
            known.append(reason)
    return reduce(lambda one, other: lazy(_REASONS, one=one, other=other), known) if known else None


def each_of(text: LazyText) -> list[LazyText]:
    """The sentences that `together` made one of."""
    one, other = text.values.get("one"), text.values.get("other")
    if text.message == _REASONS and isinstance(one, LazyText) and isinstance(other, LazyText):
        return [*each_of(one), other]
    return [text]


class _Fields(dict[str, object]):
    def __missing__(self, _key: str) -> str:
        return "?"
