"""Signing in at a provider of identities, for which `single_sign_on` speaks its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.stores.trace import Deed
from xo_dash.auth.attempts import Attempts, from_address
from xo_dash.auth.external import ExternalAccounts
from xo_dash.auth.refused import Refused
from xo_dash.auth.session_keeper import SESSIONS, SessionKeeper
from xo_dash.auth.sessions import Session
from xo_dash.i18n import _

if TYPE_CHECKING:
    from xo_dash.auth.single_sign_on import SingleSignOn


class ProviderSignIn:
    """Whom the provider knows, with the role that their groups there have here."""

    def __init__(self, keeper: SessionKeeper, attempts: Attempts, accounts: ExternalAccounts, sso: SingleSignOn | None) -> None:
        self.sso = sso
        self._keeper = keeper
        self._attempts = attempts
        self._accounts = accounts

    async def enter(self, query: str, binding: str, address: str) -> tuple[str, Session, str]:
        """Let somebody in who comes back from the provider: token, session, and where they wanted to go. Raises Refused."""
        if self.sso is None:
            raise Refused(_("Single sign-on is not set up here."))
        provider = self.sso.provider
        deed = Deed(action="session.start", kind=SESSIONS, name=provider.name)
        with self._attempts.at(from_address("provider", address), address, deed):
            identity, target = await self.sso.finish(query, binding)
            user = await self._accounts.account_of(identity, provider, address)
        return *await self._keeper.let_in(user, address), target
