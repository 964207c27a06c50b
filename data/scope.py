"""What may be seen: all of the mirror, or what a person, or a link for a screen, may see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from data.changes import Subject
from data.facts.vm import is_guest
from data.mirror import Mirror
from data.objects import SR, VM, Appliance, Host, Network, Pool
from data.replica import Replica
from data.server import Server
from data.stores.users import User
from data.turns import in_turns
from data.types import XapiObject
from data.views.appliance import ApplianceView
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.view import Engine, View
from data.views.vm import VMView
from data.visibility import Sees

T = TypeVar("T")
ViewT = TypeVar("ViewT", bound=View[Any])


def everything(_subject: Subject) -> bool:
    return True


def on_a_screen(subject: Subject) -> bool:
    """What a link for a screen shows: what has its place on the map."""
    return isinstance(subject, Server | Pool | Host | SR | Network) or (isinstance(subject, VM) and is_guest(subject))


class Scope:
    """What pages are given to look at; they reach nothing else. One for all who may see the same."""

    def __init__(self, mirror: Mirror, sees: Sees = everything, *, fill: bool = True) -> None:
        """`fill`: show what may be seen of `mirror` at once, which takes a while for thousands of objects; else it wants a `review`."""
        self.mirror: Mirror = mirror if sees is everything else Replica(mirror, sees)
        """All that may be seen."""
        self.sees: Sees = self.mirror.has if isinstance(self.mirror, Replica) else everything
        """Whether one of its rows, or what such a row stands for, may be seen, if only by name."""
        self._close: Callable[[], None] = self.mirror.close if isinstance(self.mirror, Replica) else lambda: None
        self._engine = Engine(self.mirror)
        self._views: WeakValueDictionary[XapiObject, View[Any]] = WeakValueDictionary()
        self._shared: dict[Callable[[Mirror], Any], object] = {}
        self._filling: asyncio.Task[None] | None = None
        if fill:
            for _ in self.review():
                pass

    def __del__(self) -> None:
        self._close()  # kept, for at the program's end no class can be asked for any more

    def review(self) -> Iterator[None]:
        """What may be seen is another than before: tell the differences as what is new, and what is gone. Pauses after every slice."""
        if isinstance(self.mirror, Replica):
            yield from self.mirror.review()

    async def filled(self) -> Scope:
        """It, once it shows all that may be seen; others have a turn meanwhile."""
        if self._filling is None:
            self._filling = asyncio.get_running_loop().create_task(in_turns(self.review()))
        await asyncio.shield(self._filling)
        return self

    def shows(self, row: XapiObject) -> bool:
        """Whether one of its rows, or what such a row stands for, is seen as a whole, not by name alone."""
        return not isinstance(self.mirror, Replica) or self.mirror.shows(row)

    def shows_server(self, server_id: str) -> bool:
        """Whether a connection is seen with its address and all, be it there or only in the records."""
        if not isinstance(self.mirror, Replica):
            return True
        pool = self.mirror.pools.get(server_id)
        return pool is not None and self.mirror.shows(pool.server)

    def shared(self, make: Callable[[Mirror], T]) -> T:
        """What `make` makes of what may be seen, one for all who look: made when the first asks for it."""
        if make not in self._shared:
            self._shared[make] = make(self.mirror)
        return cast(T, self._shared[make])

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

    def appliance(self, key: str) -> ApplianceView | None:
        return self._named(ApplianceView, Appliance, key)

    def _named(self, view: type[ViewT], kind: type[XapiObject], key: str) -> ViewT | None:
        row = self.mirror.find(kind, key)
        return None if row is None else self.view(view, row)

    def view(self, kind: type[ViewT], row: XapiObject) -> ViewT:
        """The one view of `row`, which all share who look at it."""
        view = self._views.get(row)
        if view is None:
            view = self._views[row] = kind(row, self._engine)
        return cast(ViewT, view)


class Scopes:
    """The scopes that somebody looks with: each is made when the first asks for it, and gone after the last."""

    def __init__(self, mirror: Mirror, sees_of: Callable[[User], Sees] = lambda _user: everything) -> None:
        """`sees_of`: what a person, or a screen, may see. Equal ones share a scope; what they answer may change, then call `review`."""
        self.whole = Scope(mirror)
        """Of who may see everything."""
        self._mirror, self._sees_of = mirror, sees_of
        self._open: WeakValueDictionary[Sees, Scope] = WeakValueDictionary()

    def of(self, user: User) -> Scope:
        """What this person may see now; what was not made ready shows it later, see `ready`."""
        sees = self._sees_of(user)
        if sees is everything:
            return self.whole
        scope = self._open.get(sees)
        if scope is None:
            scope = self._open[sees] = Scope(self._mirror, sees, fill=False)
        return scope

    async def ready(self, user: User) -> Scope:
        """The same with all that is in it."""
        scope = self.of(user)
        return scope if scope is self.whole else await scope.filled()

    async def review(self) -> None:
        """Somebody may see more, or less, than before."""
        for scope in list(self._open.values()):
            await in_turns(scope.review())
