"""Links by which somebody chooses how they sign in: nobody types a password for another."""

from __future__ import annotations

from typing import Final

from data.stores.errors import RecordMissing, RecordRefused
from data.stores.invitations import InvitationStore, end_of
from data.stores.trace import Actor, Deed, by
from data.stores.users import Role, User
from xo_dash.auth.attempts import Attempts, from_address
from xo_dash.auth.passkeys import PasskeyQuestion, Passkeys
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused, refusing, sentence_of
from xo_dash.auth.session_keeper import SessionKeeper, need_enabled
from xo_dash.auth.sessions import Session
from xo_dash.auth.two_step import TwoStep
from xo_dash.i18n import _

PATH: Final = "/invitation"
"""The page of a link, whose secret is behind its `#`."""


class InvitationSignIn:
    """A link is good once, for one user, and for some days."""

    def __init__(
        self, keeper: SessionKeeper, attempts: Attempts, store: InvitationStore, passwords: Passwords, passkeys: Passkeys, two_step: TwoStep
    ) -> None:
        self.store = store
        self._keeper = keeper
        self._users = keeper.users
        self._attempts = attempts
        self._passwords = passwords
        self._passkeys = passkeys
        self._two_step = two_step

    async def invite(self, name: str, role: Role, inviter: str, until: float | None = None) -> tuple[str, User]:
        """The secret of a link, and the new user whom it is for: they cannot sign in otherwise. Raises Refused."""
        try:
            end = end_of(until)  # before anybody is added
        except RecordRefused as error:
            raise Refused(sentence_of(error)) from error
        user = await refusing(self._users.add(name, "", role))
        return await self.renew(user.id, inviter, end), user

    async def renew(self, user_id: str, inviter: str, until: float | None = None) -> str:
        """The secret of another link, for who lost their password, or the first link. Raises Refused, RecordMissing."""
        user = self._users.need(user_id)
        if user.external:
            raise Refused(_("{name} signs in at a provider or a directory and has no password here.").format(name=user.name))
        secret, _invitation = await refusing(self.store.add(user.id, user.name, inviter, until))
        return secret

    async def look(self, secret: str, address: str) -> User:
        """Whose link this is. Raises Refused."""
        deed = Deed(action="invitation.use", kind="invitations", name="a link")
        with self._attempts.at(from_address("invitation", address), address, deed):
            return self._whose(secret)

    async def choose_password(self, secret: str, password: str, address: str) -> tuple[str, Session] | None:
        """Use the link up for a password, and come in; None where that takes a code besides. Raises Refused."""
        user = await self.look(secret, address)
        hashed = await self._passwords.hash_new(user.name, password)
        with by(Actor(user.name, user.id, address)):
            await self._use_up(secret)
            user = await self._users.set_password(user.id, hashed)
        self._keeper.end_all_of(user.id, why="a new password was chosen by a link")
        return None if self._two_step.is_needed(user) else await self._keeper.let_in(user, address)

    async def ask_passkey(self, secret: str, address: str) -> PasskeyQuestion:
        """Raises Refused."""
        return await self._passkeys.ask_new(await self._look_for_passkey(secret, address))

    async def choose_passkey(self, secret: str, ticket: str, answer: str, address: str) -> tuple[str, Session]:
        """Use the link up for a passkey, and come in. Raises Refused."""
        user = await self._look_for_passkey(secret, address)
        number = len(self._passkeys.store.of_user(user.id)) + 1
        passkey = await self._passkeys.made(ticket, user, _("Passkey {number}").format(number=number), answer)
        with by(Actor(user.name, user.id, address)):
            await self._use_up(secret)
            await self._passkeys.keep(passkey)
        self._keeper.end_all_of(user.id, why="a passkey was added by a link")
        return await self._keeper.let_in(user, address)

    async def _look_for_passkey(self, secret: str, address: str) -> User:
        """As `look`. A passkey is both steps, and a link only one: it must not stand for the code of somebody who has set that up."""
        user = await self.look(secret, address)
        if self._two_step.is_on(user.id):
            raise Refused(_("You use two-step sign-in. Choose a password here, then add a passkey in “My account”."))
        return user

    async def _use_up(self, secret: str) -> None:
        """Of two at once one is refused. Raises Refused."""
        self._whose(secret)
        try:
            await self.store.take(secret)
        except RecordMissing as error:
            raise _is_spent() from error

    def _whose(self, secret: str) -> User:
        """Raises Refused."""
        invitation = self.store.of(secret)
        user = self._users.get(invitation.user_id) if invitation else None
        if user is None:
            raise _is_spent()
        need_enabled(user)
        return user


def _is_spent() -> Refused:
    return Refused(_("This link has been used or has expired. Ask an administrator for a new one."))
