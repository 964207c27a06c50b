"""What a page is given: everything that lives as long as the program, built once by `xo_dash.app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from data.mirror import Mirror
from data.scope import Scope, on_a_screen
from data.stores.users import Role

if TYPE_CHECKING:
    from data.stores.cloud_configs import CloudConfigStore
    from data.stores.kiosks import KioskStore
    from data.stores.servers import ServerStore
    from data.stores.settings import SettingsStore
    from data.stores.tokens import TokenStore
    from data.stores.users import User, UserStore
    from xo_dash.auth.service import AuthService
    from xo_dash.config import Settings
    from xo_dash.control.audit import Audit
    from xo_dash.control.journal import Journal
    from xo_dash.control.runner import Runner
    from xo_dash.sync.servers import Servers

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The program's parts. Pages read the mirror, act through the runner, and ask the door who is looking."""

    settings: Settings
    mirror: Mirror
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
    _shared: dict[Callable[[Mirror], Any], object] = field(default_factory=dict, init=False, repr=False)

    @property
    def scope(self) -> Scope:
        """What may be seen by who may see everything."""
        return self.shared(Scope)

    def scope_of(self, user: User) -> Scope:
        """... by this user, as of now."""
        return self.scope if user.role.includes(Role.VIEWER) else self.shared(_nothing)

    @property
    def screen(self) -> Scope:
        """... by a screen that came in by a link."""
        return self.shared(_screen)

    def shared(self, make: Callable[[Mirror], T]) -> T:
        """What `make` makes of the mirror, one for all pages: made when the first asks for it."""
        if make not in self._shared:
            self._shared[make] = make(self.mirror)
        return cast(T, self._shared[make])


def _nothing(mirror: Mirror) -> Scope:
    return Scope(mirror, lambda _subject: False)


def _screen(mirror: Mirror) -> Scope:
    return Scope(mirror, on_a_screen)
