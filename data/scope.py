"""Whose eyes: all of the mirror, or what a person, or a link for a screen, may see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from data.changes import Observer, Subject, Topic
from data.findings.finding import Finding
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM, Host, Network, Pool
from data.on_map import on_map
from data.placement import is_guest
from data.server import Server
from data.types import XapiObject
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.view import Engine, View
from data.views.vm import VMView

T = TypeVar("T", bound=XapiObject)
ViewT = TypeVar("ViewT", bound=View[Any])

Sees = Callable[[Subject], bool]
"""Whether one object may be seen: pure, asked when something is looked for."""


def everything(_subject: Subject) -> bool:
    return True


class Scope:
    """What pages are given to look at; they reach nothing else. One for all who may see the same."""

    def __init__(self, mirror: Mirror, sees: Sees = everything) -> None:
        self._mirror = mirror
        self.sees = sees
        self._engine = Engine(mirror)
        self._views: WeakValueDictionary[XapiObject, View[Any]] = WeakValueDictionary()

    def vm(self, key: str) -> VMView | None:
        """The VM that `key` names; None if there is none, or several. See `data.identity`."""
        return self._named(VMView, VM, key)

    def host(self, key: str) -> HostView | None:
        return self._named(HostView, Host, key)

    def pool(self, key: str) -> PoolView | None:
        return self._named(PoolView, Pool, key)

    def sr(self, key: str) -> SRView | None:
        return self._named(SRView, SR, key)

    def network(self, key: str) -> NetworkView | None:
        return self._named(NetworkView, Network, key)

    def _named(self, view: type[ViewT], kind: type[XapiObject], key: str) -> ViewT | None:
        row = self.find(kind, key)
        return None if row is None else self.view(view, row)

    def view(self, kind: type[ViewT], row: XapiObject) -> ViewT:
        """The one view of `row`, which all share who look at it."""
        view = self._views.get(row)
        if view is None:
            view = self._views[row] = kind(row, self._engine)
        return cast(ViewT, view)

    # ---- what there is, and what becomes of it

    @property
    def pools(self) -> Mapping[str, PoolMirror]:
        """{server's id: its pool}"""
        pools = self._mirror.pools
        return pools if self.sees is everything else {id_: pool for id_, pool in pools.items() if self.sees(pool.server)}

    def every(self, kind: type[T]) -> Iterator[T]:
        """Every object of `kind` in every pool."""
        return filter(self.sees, self._mirror.every(kind))

    def having(self, kind: type[T], key: str) -> list[T]:
        """Every object of `kind` that `key` may mean."""
        return list(filter(self.sees, self._mirror.having(kind, key)))

    def find(self, kind: type[T], key: str) -> T | None:
        """The one object of `kind` that `key` means; None if there is none, or several."""
        found = self.having(kind, key)
        return found[0] if len(found) == 1 else None

    def observe(self, observer: Observer) -> Callable[[], None]:
        return self._mirror.observe(self._filtered(observer))

    def observe_subjects(self, subjects: Iterable[Subject | Topic], observer: Observer) -> Callable[[], None]:
        return self._mirror.observe_subjects(subjects, self._filtered(observer))

    def _filtered(self, observer: Observer) -> Observer:
        if self.sees is everything:
            return observer
        return lambda changes: observer(seen) if (seen := [one for one in changes if self.sees(one.subject)]) else None

    def findings(self, now: float) -> list[Finding]:
        """What needs attention of what may be seen, worst first; `now` in epoch seconds."""
        return [finding for finding in self._mirror.findings.all(now) if all(map(self._is_seen_of, finding.subjects))]

    def observe_findings(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when something else is told of what may be seen."""

        def told(subjects: frozenset[Subject]) -> None:
            if any(map(self._is_seen_of, subjects)):
                observer()

        return self._mirror.findings.observe(told)

    def _is_seen_of(self, subject: Subject) -> bool:
        """Whether it is seen, or what it is part of."""
        at = subject if isinstance(subject, Server) else on_map(subject)
        return at is not None and self.sees(at)


def on_a_screen(subject: Subject) -> bool:
    """What a link for a screen shows: what has its place on the map."""
    return isinstance(subject, Server | Pool | Host | SR | Network) or (isinstance(subject, VM) and is_guest(subject))
