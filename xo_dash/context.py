"""What a page is given: everything that lives as long as the program, built once by `xo_dash.composition`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import nicegui
from nicegui import Client
from nicegui.slot import Slot
from starlette.requests import HTTPConnection

from data.mirror import Mirror
from data.scope import Scope, Scopes
from data.types import XapiObject
from data.visibility import Sees
from xo_dash.auth.current import current_user, session_of, user_of
from xo_dash.auth.kinds import SIGNED_IN
from xo_dash.auth.sockets import reload_pages
from xo_dash.control.visible import VisibleTasks

if TYPE_CHECKING:
    from data.stores.cloud_configs import CloudConfigStore
    from data.stores.kiosks import KioskStore
    from data.stores.servers import ServerStore
    from data.stores.settings import SettingsStore
    from data.stores.tokens import TokenStore
    from data.stores.users import User, UserStore
    from xo_dash.auth.grants import Grants
    from xo_dash.auth.service import AuthService
    from xo_dash.config import Settings
    from xo_dash.control.audit import Audit
    from xo_dash.control.journal import Journal
    from xo_dash.control.patches import PatchBook
    from xo_dash.control.rolling.engine import RollingRuns
    from xo_dash.control.runner import Runner
    from xo_dash.sync.servers import Servers

S = TypeVar("S")
T = TypeVar("T", bound=XapiObject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The program's parts, and what may be seen by who is given it.

    Pages read the mirror, act through the runner, and ask `auth` who is looking.
    """

    settings: Settings
    scopes: Scopes
    scope: Scope
    """What may be seen by who is given this: of the program's own everything."""
    servers: Servers
    """Adds, edits and removes connections, and keeps the mirror fresh."""
    runner: Runner
    journal: Journal
    """What changed at VMs."""
    audit: Audit
    """What everybody did."""
    auth: AuthService
    users: UserStore
    server_store: ServerStore
    setting_store: SettingsStore
    kiosks: KioskStore
    cloud_configs: CloudConfigStore
    tokens: TokenStore
    grants: Grants
    """Who may do what on which object."""
    rolling: RollingRuns
    """Rolling reboots and updates of pools."""
    patches: PatchBook
    """Which updates hosts lack."""
    viewer: str = ""
    """The id of the user who looks; empty for the program itself."""
    _looking: WeakKeyDictionary[Client, Scope] = field(default_factory=WeakKeyDictionary, repr=False)

    @property
    def mirror(self) -> Mirror:
        """All that may be seen."""
        return self.scope.mirror

    @property
    def is_restricted(self) -> bool:
        """Whether there may be more than they may see."""
        return self.scope is not self.scopes.whole

    def shared(self, make: Callable[[Mirror], S]) -> S:
        """What `make` makes of what may be seen, one for all who may see the same."""
        return self.scope.shared(make)

    def scope_of(self, user: User) -> Scope:
        """What may be seen by this user, as of now."""
        return self.scopes.of(user)

    def original(self, row: T) -> T | None:
        """What a row that somebody may see stands for among all there is."""
        pool = self.scopes.whole.mirror.pools.get(row.home.id)
        return pool.one(type(row), row.ref) if pool is not None else None

    @property
    def tasks(self) -> VisibleTasks:
        """What goes on in the pools, of what may be seen."""
        return VisibleTasks(self.runner, self.mirror, self._sees_task if self.is_restricted else None, self.as_seen)

    def _sees_task(self, subject: XapiObject, user_id: str) -> bool:
        """Of what is gone, and of what they know by name, those who began it are told what became of it."""
        return self.scope.shows(subject) or (user_id == self.viewer and (self.scope.sees(subject) or self.original(subject) is None))

    def as_seen(self, row: XapiObject) -> XapiObject | None:
        """What stands for one of all the rows there are among those that may be seen."""
        pool = self.mirror.pools.get(row.home.id)
        return pool.one(type(row), row.ref) if pool is not None else None

    def for_viewer(self) -> Context:
        """As whoever looks at the page that is being built may see it: what a page gives its parts. Raises SignedOut."""
        user = current_user(SIGNED_IN)
        scope = self._looking[nicegui.context.client] = self.scope_of(user)
        return replace(self, scope=scope, viewer=user.id)

    def reader(self) -> Sees | None:
        """What whoever looks at the page may see whose handler runs; None where nobody does."""
        scope = self._looking.get(nicegui.context.client) if Slot.get_stack() else None
        return scope.sees if scope is not None else None

    async def tick(self) -> None:
        """See what the command line changed in our own records, and what ran out by itself."""
        # beside each other: the stores' thread wakes once, and what fails does not keep the others from it
        await asyncio.gather(self.auth.tick(), self.grants.tick(), self._reload_outdated())

    async def _reload_outdated(self) -> None:
        """Load pages anew whose readers may see something else by now: a role is another."""
        outdated = []
        for client, scope in list(self._looking.items()):
            session = session_of(client)
            user = session.table.user_of(session) if session is not None else None
            if user is not None and self.scope_of(user) is not scope:
                outdated.append(client)
        if outdated:
            await reload_pages(outdated)

    def for_request(self, connection: HTTPConnection) -> Context:
        """As whoever asks for a plain route, or a websocket, may see it. Raises SignedOut."""
        return self.for_user(user_of(connection))

    def for_user(self, user: User) -> Context:
        """As this user may see it."""
        return replace(self, scope=self.scope_of(user), viewer=user.id)
