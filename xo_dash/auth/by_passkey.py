"""Signing in with a passkey, and adding one to one's own account."""

from __future__ import annotations

import time
from typing import Final

from data.stores.passkeys import Passkey
from data.stores.trace import Deed
from xo_dash.auth.attempts import Attempts, from_address
from xo_dash.auth.by_password import PasswordSignIn
from xo_dash.auth.passkeys import PasskeyQuestion, Passkeys
from xo_dash.auth.refused import Refused
from xo_dash.auth.session_keeper import SESSIONS, SessionKeeper, need_enabled
from xo_dash.auth.sessions import Session
from xo_dash.i18n import _, duration

FRESH: Final = 900.0
"""Seconds after a sign-in in which somebody without a password may add a passkey."""


class PasskeySignIn:
    """A passkey says who somebody is, and is both steps."""

    def __init__(self, keeper: SessionKeeper, attempts: Attempts, passkeys: Passkeys, by_password: PasswordSignIn) -> None:
        self._passkeys = passkeys
        self._keeper = keeper
        self._attempts = attempts
        self._by_password = by_password

    async def sign_in(self, ticket: str, answer: str, address: str) -> tuple[str, Session]:
        """The token for the cookie, and the session. Raises Refused."""
        with self._attempts.at(from_address("passkey", address), address, Deed(action="session.start", kind=SESSIONS, name="a passkey")):
            user = self._keeper.users.get(await self._passkeys.owner(ticket, answer))
            if user is None:
                raise Refused(_("The account of this passkey no longer exists."))
            need_enabled(user)
        return await self._keeper.let_in(user, address)

    async def ask_new(self, session: Session, password: str) -> PasskeyQuestion:
        """To add one, after the password once more; without one after a sign-in of a moment ago. Raises Refused, SignedOut."""
        user = session.user()
        if user.external:
            raise Refused(_("You sign in at a provider or a directory; passkeys are for local users."))
        if user.password_hash:
            await self._by_password.confirm(session, password, "passkey.add")
        elif time.time() - session.created > FRESH:
            raise Refused(_("Sign out and in again first: you can add a passkey within {duration} of signing in.").format(
                duration=duration(FRESH)
            ))  # fmt: skip
        return await self._passkeys.ask_new(user)

    async def add(self, session: Session, ticket: str, name: str, answer: str) -> Passkey:
        """Raises Refused, SignedOut."""
        return await self._passkeys.keep(await self._passkeys.made(ticket, session.user(), name, answer))

    async def remove(self, session: Session, passkey_id: str) -> None:
        """One's own. Raises Refused for the only way to sign in, RecordMissing, SignedOut."""
        user = session.user()
        if not user.password_hash and len(self._passkeys.store.of_user(user.id)) == 1:
            raise Refused(_("This is your only way to sign in. Add another passkey first."))
        await self._passkeys.store.remove(passkey_id, user.id)
