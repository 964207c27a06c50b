"""What views of all kinds are made of: facts, and how they are kept up while somebody looks.

A fact is plain until it is looked at: reading `vm.address` asks the function that knows. Once read it can be bound as any property of
NiceGUI's (`ui.label().bind_text_from(vm, "address")`) or followed (`view.follow`), and is brought up to date when something that it reads
changes: the first change at once, then at most ten times a second. When nobody is left it is plain again.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, cast, overload

from nicegui import binding

from data.changes import Change, Subject, Topic
from data.coalesce import Coalescer
from data.findings.registry import FindingRegistry
from data.history import History
from data.identity import key_of
from data.mirror import Mirror
from data.relations import Reads
from data.server import Server
from data.types import XapiObject

log = logging.getLogger(__name__)
R = TypeVar("R", bound=XapiObject)
V = TypeVar("V")

HISTORY: Final = "history"
"""Among what a fact reads: the measurements of its object."""
FINDINGS: Final = "findings"
"""... what is wrong with it."""
PRESENT: Final = "present"
"""The fact that is told of an object even when it is gone."""


class Fact(Generic[R, V]):
    """One thing shown of an object: the function that knows it, and what that reads, as `data.relations.Reads` wants it.

    `VMView.address` is the fact itself, `vm.address` its value for the VM of the view `vm`.
    """

    __slots__ = ("kind", "name", "of", "paths", "reads")

    def __init__(self, of: Callable[[R], V], *paths: str) -> None:
        self.of = of
        """Its value for an object's row: what lists of thousands call."""
        self.paths = paths

    def __set_name__(self, owner: type[View[R]], name: str) -> None:
        self.name = name
        self.reads: Reads[R] = Reads(cast(type[R], owner.kind), (path for path in self.paths if path not in (HISTORY, FINDINGS)))

    @overload
    def __get__(self, view: None, owner: type[View[R]]) -> Self: ...
    @overload
    def __get__(self, view: View[R], owner: type[View[R]]) -> V: ...
    def __get__(self, view: View[R] | None, owner: type[View[R]]) -> Self | V:
        return self if view is None else view._look(self)


def reads_of(*facts: Fact[R, Any]) -> Reads[R]:
    """What these facts read together: for who shows them of all objects of their kind."""
    return Reads(facts[0].reads.kind, (path for fact in facts for path in fact.paths if path not in (HISTORY, FINDINGS)))


class View(Generic[R]):
    """One object as it is shown, for all who look at it with the same scope: ask the scope for it, `scope.vm(key)`."""

    kind: ClassVar[type[XapiObject]]
    present: Fact[R, bool]
    """False once it is gone; all else stays as it was last."""
    is_fresh: Fact[R, bool]
    """Whether the picture is of now: its pool is connected."""

    def __init__(self, row: R, engine: Engine) -> None:
        self.row = row
        """What commands act on."""
        self._engine = engine
        self._kept: dict[str, _Kept] = {}

    def __del__(self) -> None:
        for kept in self._kept.values():
            kept.end()

    @property
    def key(self) -> str:
        """Names it in links and records; see `data.identity`."""
        return key_of(self.row)

    def follow(self, facts: Iterable[str], tell: Callable[[], object]) -> Callable[[], None]:
        """Call `tell` when one of these facts is another, until what is returned is called."""
        names, key = tuple(facts), object()
        for name in names:
            self._keep(self._fact(name)).tellers[key] = tell

        def leave() -> None:
            for name in names:
                if (kept := self._kept.get(name)) is not None and key in kept.tellers:
                    del kept.tellers[key]
                    self._let_go(name, kept)

        return leave

    def _fact(self, name: str) -> Fact[R, Any]:
        fact: Fact[R, Any] = getattr(type(self), name)
        return fact

    def _look(self, fact: Fact[R, V]) -> V:
        value: V = self._keep(fact).value
        return value

    def _keep(self, fact: Fact[R, V]) -> _Kept:
        kept = self._kept.get(fact.name)
        if kept is None:
            kept = self._kept[fact.name] = _Kept(fact.of(self.row))
            self._subscribe(fact, kept)
            binding.bindable_properties[id(self), (fact.name,)] = self
        return kept

    def _renew(self, name: str) -> None:
        """Bring one fact up to date, if anybody looks at it."""
        kept, fact = self._kept[name], self._fact(name)
        if self._let_go(name, kept) or (name != PRESENT and not is_present(self.row)):
            return
        value = fact.of(self.row)
        self._subscribe(fact, kept)
        if value != kept.value:
            kept.value = value
            binding._propagate(self, (name,))  # what a BindableProperty calls
            for tell in list(kept.tellers.values()):
                tell()

    def _let_go(self, name: str, kept: _Kept) -> bool:
        """Make a fact plain again if nobody looks at it; whether that is so."""
        if kept.tellers or binding.bindings.get((id(self), (name,))):
            return False
        del self._kept[name]
        kept.end()
        binding.bindable_properties.pop((id(self), (name,)), None)
        return True

    def _subscribe(self, fact: Fact[R, Any], kept: _Kept) -> None:
        subjects = frozenset(fact.reads.subjects(self.row))
        if subjects == kept.subjects:
            return
        kept.end()
        kept.subjects = subjects
        row, home, engine = self.row, self.row.home, self._engine
        seen, name, reads = weakref.ref(self), fact.name, fact.reads

        def mark(*_news: object) -> None:
            if (view := seen()) is not None:
                engine.mark(view, name)

        def concerns(change: Change) -> bool:
            subject = change.subject
            if isinstance(subject, Server):
                return subject is home.server
            if subject.home is not home:
                return False
            return subject.ref in subjects or row in reads.affected(change, engine.mirror.pools)

        def changed(changes: Iterable[Change]) -> None:
            if any(reads.matters(change) and concerns(change) for change in changes):
                mark()

        kept.ends.append(engine.mirror.observe_subjects(subjects, changed))
        if HISTORY in fact.paths:
            kept.ends.append(home.part(History).observe(mark, frozenset((row.uuid,))))
        if FINDINGS in fact.paths:

            def judged(told: frozenset[Subject]) -> None:
                if any(one is row or (getattr(one, "ref", "") in subjects and getattr(one, "home", None) is home) for one in told):
                    mark()

            kept.ends.append(home.part(FindingRegistry).observe(judged))


def is_present(row: XapiObject) -> bool:
    """Whether it is still there; the facts of what is gone stay as they were last."""
    return row.home.one(type(row), row.ref) is row


class _Kept:
    """A fact that somebody looks at."""

    __slots__ = ("ends", "subjects", "tellers", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.subjects: frozenset[Subject | Topic] = frozenset()
        self.ends: list[Callable[[], None]] = []
        self.tellers: dict[object, Callable[[], object]] = {}

    def end(self) -> None:
        while self.ends:
            self.ends.pop()()


class Engine:
    """Brings the facts that are looked at up to date: what changed, and nothing else."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self._due: dict[tuple[View[Any], str], None] = {}
        self._pace = Coalescer(self._flush)

    def mark(self, view: View[Any], name: str) -> None:
        self._due[view, name] = None
        self._pace.wake()

    def _flush(self) -> bool:
        due, self._due = self._due, {}
        for view, name in due:
            try:
                if name in view._kept:
                    view._renew(name)
            except Exception:  # one broken fact must not keep the others from the change
                log.exception("%s of %s could not be brought up to date", name, view.key)
        return bool(due)
