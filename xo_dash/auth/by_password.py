"""Signing in with a name and a password, and the second step after it."""

from __future__ import annotations

from collections.abc import Callable

from data.stores.trace import Actor, Deed, by
from data.stores.users import Role, User, name_key
from xo_dash.auth.attempts import Attempts, by_name
from xo_dash.auth.by_directory import DirectorySignIn
from xo_dash.auth.current import need_own_eyes
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused
from xo_dash.auth.session_keeper import SESSIONS, SessionKeeper, need_enabled
from xo_dash.auth.sessions import Session
from xo_dash.auth.two_step import Enrolment, TwoStep, too_late
from xo_dash.i18n import _

DEMO = "demo"
"""The demo's name and password."""


class PasswordSignIn:
    """Who knows a password, and has the code where one is needed."""

    def __init__(
        self,
        keeper: SessionKeeper,
        attempts: Attempts,
        passwords: Passwords,
        two_step: TwoStep,
        demo_is_open: Callable[[], bool],
        by_directory: DirectorySignIn | None,
    ) -> None:
        """`by_directory`: asked about who has no password here; None where there is no directory."""
        self._keeper = keeper
        self._users = keeper.users
        self._attempts = attempts
        self._passwords = passwords
        self._two_step = two_step
        self._demo_is_open = demo_is_open
        self._by_directory = by_directory

    async def sign_in(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """The token for the cookie, and the session. Raises Refused, and CodeNeeded where the password is not enough."""
        with self._attempts.at(by_name(name), address, Deed(action="session.start", kind=SESSIONS, name=name)):
            user = await self._identify(name, password, address)
            need_enabled(user)
        self._two_step.ask(user)
        return await self._keeper.let_in(user, address)

    async def finish(self, ticket: str, code: str, address: str) -> tuple[str, Session, tuple[str, ...]]:
        """The second step: the token, the session, and the recovery codes where it was set up just now. Raises Refused."""
        user = self._two_step.half_way(ticket).user
        deed = Deed(action="session.start", kind=SESSIONS, name=user.name)
        with self._attempts.at(f"code {user.id}", address, deed, code=True), by(Actor(user.name, user.id, address)):
            recovery = await self._two_step.finish(ticket, code)
        now = self._users.get(user.id)
        if now is None or now.epoch != user.epoch:
            raise too_late()
        return *await self._keeper.let_in(now, address), recovery

    def enrolment_of(self, ticket: str) -> Enrolment | None:
        """The key that whoever has this ticket has to set up first; None if there is none. Raises TooLate."""
        return self._two_step.half_way(ticket).enrolment

    async def confirm(self, session: Session, password: str, action: str) -> User:
        """Whoever sits at somebody's browser is not yet them. Throttled like a sign-in. Raises Refused, SignedOut."""
        need_own_eyes()  # a wrong guess would count against somebody else
        user = session.user()
        with self._attempts.at(by_name(user.name), session.address, Deed(action=action, kind="users", name=user.name)):
            if not await self._fits(user, password):
                raise Refused(_("The current password is wrong."))
        return user

    async def _fits(self, user: User, password: str) -> bool:
        """Raises Refused where the directory that knows is away."""
        if self._by_directory is not None and self._by_directory.directory.knows(user.external):
            return await self._by_directory.fits(user, password)
        fits, _better = await self._passwords.verify(password, user.password_hash)
        return fits

    async def _identify(self, name: str, password: str, address: str) -> User:
        user = self._users.by_name(name)
        if self._demo_is_open() and name_key(name) == DEMO == password and (user is None or not user.password_hash):
            return user or await self._users.add(DEMO, "", Role.ADMIN)
        fits, better = await self._passwords.verify(password, user.password_hash if user else "")
        if fits and user is not None:
            return await self._users.set_hash(user.id, user.password_hash, better) if better else user
        if self._by_directory is None:
            raise Refused(_("The name or the password is wrong."))
        if user is not None and user.password_hash:
            return await self._by_directory.refuse()  # never the password of a user of ours
        return await self._by_directory.identify(name, password, address)
