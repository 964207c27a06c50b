"""Signing in at a provider of identities, for which `single_sign_on` speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from data.stores.trace import Actor, Deed, by
from data.stores.users import LONGEST_NAME, Role, User
from xo_dash.auth.attempts import Attempts, from_address
from xo_dash.auth.refused import Refused, refusing
from xo_dash.auth.session_keeper import SESSIONS, SessionKeeper, need_enabled
from xo_dash.auth.sessions import Session
from xo_dash.i18n import _

if TYPE_CHECKING:
    from xo_dash.auth.single_sign_on import ProviderIdentity, SingleSignOn


class ProviderSignIn:
    """Whom the provider knows, with the role that their groups there have here."""

    def __init__(self, keeper: SessionKeeper, attempts: Attempts, sso: SingleSignOn | None) -> None:
        self._keeper = keeper
        self._users = keeper.users
        self._attempts = attempts
        self.sso = sso

    async def enter(self, query: str, binding: str, address: str) -> tuple[str, Session, str]:
        """Let somebody in who comes back from the provider: token, session, and where they wanted to go. Raises Refused."""
        if self.sso is None:
            raise Refused(_("Single sign-on is not set up here."))
        provider = self.sso.provider
        deed = Deed(action="session.start", kind=SESSIONS, name=provider.name)
        with self._attempts.at(from_address("provider", address), address, deed):
            identity, target = await self.sso.finish(query, binding)
            role = role_of(identity.groups, provider.roles)
            if role is None:
                await self._shut_out(identity)
                raise Refused(_("None of your groups at {provider} may sign in here.").format(provider=provider.name))
            with by(Actor(identity.name[:LONGEST_NAME], address=address)):
                user = await self._known(identity, role)
            need_enabled(user)
        return *await self._keeper.let_in(user, address), target

    async def _known(self, identity: ProviderIdentity, role: Role) -> User:
        """Their account, made at the first sign-in, with the role that they have at the provider now. Raises Refused."""
        user = self._users.by_external(identity.subject)
        if user is None:
            return await refusing(self._users.add(identity.name, "", role, external=identity.subject))
        return user if user.role is role else await refusing(self._users.set_role(user.id, role))

    async def _shut_out(self, identity: ProviderIdentity) -> None:
        """Whoever was let in before and may not come in any more is out everywhere; of their role nothing is left to their tokens."""
        if (user := self._users.by_external(identity.subject)) is None:
            return
        self._keeper.end_all_of(user.id, why="the provider does not let them in any more")
        if user.role is not Role.NONE:
            await refusing(self._users.set_role(user.id, Role.NONE))


def role_of(groups: Iterable[str], roles: Mapping[str, str]) -> Role | None:
    """The highest that any of them gives; `*` is everybody's."""
    found = [Role(roles[group]) for group in (*groups, "*") if group in roles]
    return max(found, key=list(Role).index, default=None)
