"""Who may come in: the ways to sign in, put together, and the accounts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nicegui import Client

from data.stores.invitations import InvitationStore
from data.stores.kiosks import KioskStore
from data.stores.records import reload
from data.stores.sessions import SessionStore
from data.stores.tokens import TokenStore
from data.stores.trace import OURSELVES, Tell, nobody_listens
from data.stores.users import Role, User, UserStore
from xo_dash.auth.attempts import Attempts
from xo_dash.auth.by_directory import DirectorySignIn
from xo_dash.auth.by_invitation import InvitationSignIn
from xo_dash.auth.by_link import KioskSignIn
from xo_dash.auth.by_passkey import PasskeySignIn
from xo_dash.auth.by_password import DEMO, PasswordSignIn
from xo_dash.auth.by_provider import ProviderSignIn
from xo_dash.auth.current import session_of
from xo_dash.auth.directory_review import DirectoryReview
from xo_dash.auth.external import ExternalAccounts, Join, join_nothing
from xo_dash.auth.first_run import FirstRun
from xo_dash.auth.passkeys import Passkeys
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused, refusing
from xo_dash.auth.session_keeper import SessionKeeper
from xo_dash.auth.sessions import Session, SessionTable
from xo_dash.auth.two_step import TwoStep
from xo_dash.i18n import _

if TYPE_CHECKING:
    from xo_dash.auth.directory import LdapDirectory
    from xo_dash.auth.single_sign_on import SingleSignOn

REWRITE = 600.0
"""Seconds after which is written down who was seen: after a power cut nobody is out who was there."""


class AuthService(SessionKeeper):
    """Who may come in, and who is in. Each way to sign in is a part of its own."""

    def __init__(
        self,
        users: UserStore,
        sessions: SessionStore,
        passwords: Passwords,
        two_step: TwoStep,
        demo_while: Callable[[], bool] | None = None,
        kiosks: KioskStore | None = None,
        tell: Tell = nobody_listens,
        tokens: TokenStore | None = None,
        sso: SingleSignOn | None = None,
        *,
        invitations: InvitationStore,
        passkeys: Passkeys,
        ldap: LdapDirectory | None = None,
        join: Join = join_nothing,
    ) -> None:
        """`demo_while`: given in a demo; whether all pools are simulated, as of now. What is None is not there.

        `tell` hears who came in, who was refused, and whose session ended; it must not hold the loop.
        """
        super().__init__(users, SessionTable(users, sessions, self.can_sign_in, kiosks=kiosks, tokens=tokens), tell)
        self.passwords = passwords
        self.two_step = two_step
        self._tokens = tokens
        self._demo_while = demo_while
        self._had: tuple[object, ...] = ()
        attempts = Attempts(tell)
        accounts = ExternalAccounts(self, join, self.revoke_tokens_of)
        self.ldap = ldap
        self.directory_review = DirectoryReview(ldap, accounts, users) if ldap is not None else None
        by_directory = DirectorySignIn(accounts, ldap) if ldap is not None else None
        self.by_password = PasswordSignIn(self, attempts, passwords, two_step, self.demo_is_open, by_directory)
        self.by_provider = ProviderSignIn(self, attempts, accounts, sso)
        self.by_link = KioskSignIn(self, attempts, kiosks)
        self.by_passkey = PasskeySignIn(self, attempts, passkeys, self.by_password)
        self.by_invitation = InvitationSignIn(self, attempts, invitations, passwords, passkeys, two_step)
        self.passkeys = passkeys
        self.first_run = FirstRun(self, attempts, passwords, demo=self.is_demo)

    # ---- the demo

    @property
    def is_demo(self) -> bool:
        return self._demo_while is not None

    def demo_is_open(self) -> bool:
        """Whether demo/demo opens at this moment."""
        return self._demo_while is not None and self._demo_while()

    async def prepare_demo(self) -> None:
        """Have the demo's account there from the start, so that tokens can be made for it."""
        if self.demo_is_open() and self.users.by_name(DEMO) is None:
            await self.users.add(DEMO, "", Role.ADMIN)

    # ---- accounts

    async def add_user(self, name: str, password: str, role: Role) -> User:
        """Raises Refused."""
        return await refusing(self.users.add(name, await self.passwords.hash_new(name, password), role))

    async def set_password(self, user_id: str, password: str, here: Session | None = None) -> None:
        """Give a user a new password and sign them out everywhere, but `here` (when it is their own session). Raises Refused."""
        hashed = await self.passwords.hash_new(self.users.need(user_id).name, password)
        user = await refusing(self.users.set_password(user_id, hashed))
        if here is not None and here.user_id == user_id and not here.ended.is_set():
            here.epoch = user.epoch
        self.end_all_of(user_id, but=here)

    async def change_own_password(self, session: Session, old: str, new: str) -> None:
        """Needs the old one, throttled like a sign-in. Raises Refused, SignedOut."""
        user = await self.by_password.confirm(session, old, "user.password")
        await self.set_password(user.id, new, here=session)

    async def renew_recovery_codes(self, session: Session, password: str) -> tuple[str, ...]:
        """New ones, told this once. Raises Refused, SignedOut."""
        user = await self.by_password.confirm(session, password, "second_factor.recovery")
        return await self.two_step.renew_recovery(user.id)

    async def turn_off_two_step(self, session: Session, password: str) -> None:
        """One's own. Raises Refused, SignedOut."""
        user = await self.by_password.confirm(session, password, "second_factor.remove")
        if self.two_step.required():
            raise Refused(_("Two-step sign-in is required here and cannot be turned off."))
        await self.two_step.store.remove(user.id)

    async def reset_two_step(self, user_id: str) -> None:
        """Let a user in by the password alone, who lost their phone."""
        await self.two_step.store.remove(user_id)

    async def disable(self, user_id: str) -> None:
        """Sign a user out everywhere and let them in no more, until they are enabled. Raises Refused for the last administrator."""
        await refusing(self.users.set_disabled(user_id, disabled=True))
        self.end_all_of(user_id, why="the account was disabled")

    async def enable(self, user_id: str) -> None:
        await self.users.set_disabled(user_id, disabled=False)

    async def remove_user(self, user_id: str) -> None:
        """Remove a user and sign them out everywhere. Raises Refused for the last administrator."""
        await refusing(self.users.remove(user_id))
        await self.reset_two_step(user_id)
        await self.passkeys.store.remove_of(user_id)
        await self.by_invitation.store.remove_of(user_id)
        await self.revoke_tokens_of(user_id)
        self.end_all_of(user_id)

    async def revoke_tokens_of(self, user_id: str) -> None:
        for token in self._tokens.of_user(user_id) if self._tokens else ():
            await self.revoke_token(token.id)

    async def revoke_token(self, token_id: str) -> None:
        """It opens nothing any more, and what it opened is closed. Raises RecordMissing."""
        if self._tokens is not None:
            await self._tokens.remove(token_id)
        for session in self.sessions.closed():
            if session.token_id == token_id:
                self.end(session, "its token was revoked")

    # ---- its own life

    async def tick(self) -> None:
        """See what the command line changed, end what ran out, and keep what is looked at open."""
        stores = (self.users, self.two_step.store, self.passkeys.store, self.by_invitation.store, self._tokens)
        await reload(*(store for store in stores if store is not None))
        for session in self.sessions.closed():
            self.end(session, "it ran out, or its user is gone, disabled, or has a new password", OURSELVES)
        for client in list(Client.instances.values()):
            session_or_none = session_of(client) if client.has_socket_connection else None
            if session_or_none is not None:
                self.sessions.touch(session_or_none)
        if self._observers and (shown := self._shown()) != self._had:
            self._had = shown
            self.stir()
        if time.monotonic() - self.written > REWRITE:
            await self.save()

    def _shown(self) -> tuple[object, ...]:
        """What pages about people show of the stores, which the command line may change as well."""
        return self.users.all(), self.two_step.store.all(), self.passkeys.store.all(), self.by_invitation.store.all()

    async def close(self) -> None:
        await self.save()
        self.passwords.close()
        if self.ldap is not None:
            self.ldap.close()

    def can_sign_in(self, user: User) -> bool:
        """Whether this account may have a session: without a password or a passkey it is the demo's, or a provider's that is still set."""
        if user.disabled:
            return False
        if self.origin_of(user):
            return True
        return bool(user.password_hash) or bool(self.passkeys.store.of_user(user.id)) or self.is_demo_user(user)

    def is_demo_user(self, user: User) -> bool:
        """Whether this is the demo's account, whose password everybody knows and nobody has stored."""
        return user.name == DEMO and self.demo_is_open()

    def origin_of(self, user: User) -> str:
        """What the provider or directory is called that says who this is, if it is still set; empty for who is only known here."""
        sso, ldap = self.by_provider.sso, self.ldap
        if sso is not None and sso.knows(user.external):
            return sso.provider.name
        return ldap.server.name if ldap is not None and ldap.knows(user.external) else ""
