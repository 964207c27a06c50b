"""The door: ties together who may come in, and is what the rest of the program asks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from nicegui import Client, background_tasks

from data.stores.errors import RecordRefused, StoreError
from data.stores.kiosks import KioskStore
from data.stores.sessions import SessionStore
from data.stores.tokens import TokenStore
from data.stores.trace import OURSELVES, Actor, Deed, Result, Tell, by, nobody_listens
from data.stores.users import LONGEST_NAME, Role, User, UserStore, name_key
from xo_dash.auth import sockets
from xo_dash.auth.current import current_actor, session_of
from xo_dash.auth.first_run import FirstRun
from xo_dash.auth.passwords import Overloaded, Passwords, complaint
from xo_dash.auth.refused import Refused, sentence_of
from xo_dash.auth.sessions import Session, SessionTable, viewer_of
from xo_dash.auth.throttle import Throttle, address_key
from xo_dash.auth.two_step import Enrolment, TwoStep, too_late
from xo_dash.i18n import _, duration

if TYPE_CHECKING:
    from xo_dash.auth.single_sign_on import ProviderIdentity, SingleSignOn

log = logging.getLogger(__name__)

DEMO = "demo"
"""The demo's name and password."""
SESSIONS, SCREEN = "sessions", "a screen"
"""What the audit calls sign-ins, and what shows the map by a link."""
ACCOUNT_TRIES, ACCOUNT_WAIT = 4, 60.0
"""Failures without a delay, and the longest delay (seconds) for one account: short, or anybody could keep its owner out."""
ADDRESS_TRIES, ADDRESS_WAIT = 12, 900.0
"""The same for one address, which a whole office may share."""
CODE_TRIES, CODE_WAIT = 4, 900.0
"""The same for the second step, whose codes are short: whoever comes so far knows the password."""
REWRITE = 600.0
"""Seconds after which is written down who was seen: after a power cut nobody is out who was there."""


class AuthService:
    """Who may come in, and who is in."""

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
    ) -> None:
        """`demo_while`: given in a demo; whether all pools are simulated, as of now. Without `kiosks`, `tokens` or `sso` there are none.

        `tell` hears who came in, who was refused, and whose session ended; it must not hold the loop.
        """
        self.users = users
        self.passwords = passwords
        self.kiosks = kiosks
        self.two_step = two_step
        self.sso = sso
        self.tokens = tokens
        self.sessions = SessionTable(users, sessions, self._accepts, kiosks=kiosks, tokens=tokens)
        self._demo_while = demo_while
        self._first_run = FirstRun()
        self._by_account = Throttle(ACCOUNT_TRIES, ACCOUNT_WAIT)
        self._by_code = Throttle(CODE_TRIES, CODE_WAIT)
        self._by_address = Throttle(ADDRESS_TRIES, ADDRESS_WAIT)
        self._writing = asyncio.Lock()
        self._next_write: asyncio.Task[None] | None = None  # one that waits for that under way
        self._written = time.monotonic()
        self._tell = tell

    # ---- the state of the house

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

    def is_first_run(self) -> bool:
        """Whether nobody can sign in yet."""
        return not self.is_demo and not self.users.any_administrator()

    def first_run_code(self) -> str | None:
        """The code to print at the start; None if there is an administrator."""
        return self._first_run.code if self.is_first_run() else None

    # ---- coming in

    async def sign_in(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """The token for the cookie, and the session. Raises Refused, and CodeNeeded where the password is not enough."""
        with self._throttled(f"account {name_key(name)}", address, Deed(action="session.start", kind=SESSIONS, name=name)):
            user = await self._identify(name, password)
        self.two_step.ask(user)
        return await self._let_in(user, address)

    async def finish_sign_in(self, ticket: str, code: str, address: str) -> tuple[str, Session, tuple[str, ...]]:
        """The second step: the token, the session, and the recovery codes where it was set up just now. Raises Refused."""
        user = self.two_step.half_way(ticket).user
        deed = Deed(action="session.start", kind=SESSIONS, name=user.name)
        with self._throttled(f"code {user.id}", address, deed, self._by_code), by(Actor(user.name, user.id, address)):
            recovery = await self.two_step.finish(ticket, code)
        now = self.users.get(user.id)
        if now is None or now.epoch != user.epoch:
            raise too_late()
        return *await self._let_in(now, address), recovery

    async def enter_by_provider(self, query: str, binding: str, address: str) -> tuple[str, Session, str]:
        """Let somebody in who comes back from the provider: token, session, and where they wanted to go. Raises Refused."""
        if self.sso is None:
            raise Refused(_("Single sign-on is not set up here."))
        provider = self.sso.provider
        with self._throttled(f"provider {address_key(address)}", address, Deed(action="session.start", kind=SESSIONS, name=provider.name)):
            identity, target = await self.sso.finish(query, binding)
            role = _role_of(identity.groups, provider.roles)
            if role is None:
                await self._shut_out(identity)
                raise Refused(_("None of your groups at {provider} may sign in here.").format(provider=provider.name))
        with by(Actor(identity.name[:LONGEST_NAME], address=address)):
            user = await self._known(identity, role)
        return *await self._let_in(user, address), target

    async def _known(self, identity: ProviderIdentity, role: Role) -> User:
        """Their account, made at the first sign-in, with the role that they have at the provider now. Raises Refused."""
        user = self.users.by_external(identity.subject)
        if user is None:
            return await _refusing(self.users.add(identity.name, "", role, external=identity.subject))
        return user if user.role is role else await _refusing(self.users.set_role(user.id, role))

    async def _shut_out(self, identity: ProviderIdentity) -> None:
        """Whoever was let in before and may not come in any more is out everywhere; of their role nothing is left to their tokens."""
        if (user := self.users.by_external(identity.subject)) is None:
            return
        self.end_all_of(user.id, why="the provider does not let them in any more")
        if user.role is not Role.NONE:
            await _refusing(self.users.set_role(user.id, Role.NONE))

    def enrolment_of(self, ticket: str) -> Enrolment | None:
        """The key that whoever has this ticket has to set up first; None if there is none. Raises TooLate."""
        return self.two_step.half_way(ticket).enrolment

    async def make_first_administrator(self, code: str, name: str, password: str, address: str) -> tuple[str, Session]:
        """Raises Refused. The code is spent when the administrator is there."""
        if not self.is_first_run():
            raise Refused(_("The first administrator already exists; sign in."))
        with self._throttled("first run", address, Deed(action="user.first", kind="users", name=name)):
            if not self._first_run.fits(code):
                raise Refused(_("This is not the code that xo-dash printed when it started."))
        if problem := complaint(name, password):
            raise Refused(problem)
        try:
            with by(Actor(name, address=address)):
                user = await self.users.add(name, await self._hash(password), Role.ADMIN, only_if_first=True)
        except RecordRefused as error:
            raise Refused(sentence_of(error)) from error
        return await self._let_in(user, address)

    async def enter_kiosk(self, secret: str, address: str) -> tuple[str, Session]:
        """Let a screen in by its link. Raises Refused."""
        with self._throttled(f"kiosk {address_key(address)}", address, Deed(action="session.start", kind=SESSIONS, name=SCREEN)):
            kiosk = self.kiosks.of(secret) if self.kiosks else None
            if kiosk is None:
                raise Refused(_("This link is no longer valid; ask an administrator for a new one."))
        token, session = await self._start(viewer_of(kiosk), address)
        self._tell(Actor(kiosk.name, address=address), Deed(action="session.start", kind=SESSIONS, name=SCREEN))
        log.info("a screen shows the map by the link %r, from %s", kiosk.name, address)
        return token, session

    async def revoke_kiosk(self, kiosk_id: str) -> None:
        """The link opens nothing any more, and what it opened is closed."""
        if self.kiosks is not None:
            await self.kiosks.remove(kiosk_id)
        for session in self.sessions.all():
            if session.kiosk_id == kiosk_id:
                self.end(session, "its link was revoked")

    async def revoke_token(self, token_id: str) -> None:
        """It opens nothing any more, and what it opened is closed. Raises RecordMissing."""
        if self.tokens is not None:
            await self.tokens.remove(token_id)
        for session in self.sessions.closed():
            if session.token_id == token_id:
                self.end(session, "its token was revoked")

    # ---- going out

    def end(self, session: Session, why: str = "", actor: Actor | None = None) -> None:
        """Sign out: from now on nothing of it works; its pages are closed in the background.

        `why` is for the audit, empty for somebody who signs out; `actor`: who does it, if not whoever looks at a page.
        """
        if session.ended.is_set():
            return
        self._tell(*self._ending(session, why, actor))
        self.sessions.end(session)
        background_tasks.create(self.save(), name="save the sessions")
        background_tasks.create(sockets.end_pages(session), name="close the pages of a session")

    def end_all_of(self, user_id: str, but: Session | None = None, why: str = "signed out everywhere") -> None:
        """Sign a user out everywhere, `but` here."""
        for session in self.sessions.all():
            if session.user_id == user_id and session is not but:
                self.end(session, why)

    # ---- accounts

    async def add_user(self, name: str, password: str, role: Role) -> User:
        """Raises Refused."""
        if problem := complaint(name, password):
            raise Refused(problem)
        return await _refusing(self.users.add(name, await self._hash(password), role))

    async def set_password(self, user_id: str, password: str, here: Session | None = None) -> None:
        """Give a user a new password and sign them out everywhere, but `here` (when it is their own session). Raises Refused."""
        if problem := complaint(self.users.need(user_id).name, password):
            raise Refused(problem)
        user = await _refusing(self.users.set_password(user_id, await self._hash(password)))
        if here is not None and here.user_id == user_id and not here.ended.is_set():
            here.epoch = user.epoch
        self.end_all_of(user_id, but=here)

    async def change_own_password(self, session: Session, old: str, new: str) -> None:
        """Needs the old one, throttled like a sign-in. Raises Refused, SignedOut."""
        user = await self._confirm_password(session, old, "user.password")
        await self.set_password(user.id, new, here=session)

    async def renew_recovery_codes(self, session: Session, password: str) -> tuple[str, ...]:
        """New ones, told this once. Raises Refused, SignedOut."""
        user = await self._confirm_password(session, password, "second_factor.recovery")
        return await self.two_step.renew_recovery(user.id)

    async def turn_off_two_step(self, session: Session, password: str) -> None:
        """One's own. Raises Refused, SignedOut."""
        user = await self._confirm_password(session, password, "second_factor.remove")
        if self.two_step.required():
            raise Refused(_("Two-step sign-in is required here and cannot be turned off."))
        await self.two_step.store.remove(user.id)

    async def reset_two_step(self, user_id: str) -> None:
        """Let a user in by the password alone, who lost their phone."""
        await self.two_step.store.remove(user_id)

    async def remove_user(self, user_id: str) -> None:
        """Remove a user and sign them out everywhere. Raises Refused for the last administrator."""
        await _refusing(self.users.remove(user_id))
        await self.reset_two_step(user_id)
        for token in self.tokens.of_user(user_id) if self.tokens else ():
            await self.revoke_token(token.id)
        self.end_all_of(user_id)

    # ---- its own life

    async def tick(self) -> None:
        """See what the command line changed, end what ran out, and keep what is looked at open."""
        try:
            await self.users.reload()
            await self.two_step.store.reload()
            if self.tokens is not None:
                await self.tokens.reload()
        except StoreError as error:
            log.warning("%s", error)
        for session in self.sessions.closed():
            self.end(session, "it ran out, or its user is gone or has a new password", OURSELVES)
        for client in list(Client.instances.values()):
            session_or_none = session_of(client) if client.has_socket_connection else None
            if session_or_none is not None:
                self.sessions.touch(session_or_none)
        if time.monotonic() - self._written > REWRITE:
            await self.save()

    async def save(self) -> None:
        """Return when the sessions are on the disk as they are now. Who asks while a write is under way shares the next one."""
        if self._next_write is None:
            self._next_write = background_tasks.create(self._write(), name="write the sessions")
        await asyncio.shield(self._next_write)

    async def close(self) -> None:
        await self.save()
        self.passwords.close()

    async def _write(self) -> None:
        async with self._writing:
            self._next_write = None
            await self._write_now()

    async def _write_now(self) -> None:
        self._written = time.monotonic()
        try:
            await self.sessions.save()
        except StoreError as error:
            log.warning("%s", error)

    def _accepts(self, user: User) -> bool:
        """An account without a password is the demo's, or a provider's that is still set."""
        if self.sso is not None and self.sso.knows(user.external):
            return True
        return bool(user.password_hash) or (user.name == DEMO and self.demo_is_open())

    async def _let_in(self, user: User, address: str) -> tuple[str, Session]:
        token, session = await self._start(user, address)
        self._tell(Actor(user.name, user.id, address), Deed(action="session.start", kind=SESSIONS, name=user.name))
        log.info("%s signed in from %s", user.name, address)
        return token, session

    async def _start(self, user: User, address: str) -> tuple[str, Session]:
        for surplus in self.sessions.surplus(user.id, address):
            self.end(surplus, "too many at a time", OURSELVES)
        token, session = self.sessions.start(user, address)
        await self.save()
        return token, session

    def _ending(self, session: Session, why: str, actor: Actor | None) -> tuple[Actor, Deed]:
        user = self.users.get(session.user_id)
        name = user.name if user else SCREEN if session.kiosk_id else session.user_id
        deed = Deed(action="session.end", kind=SESSIONS, name=name, reason=why, arguments={"address": session.address})
        owner = Actor(name, session.user_id if user else "", session.address)
        if actor is None:
            looking = current_actor()
            actor = owner if looking is OURSELVES else looking
        return actor, deed

    async def _identify(self, name: str, password: str) -> User:
        user = self.users.by_name(name)
        if self.demo_is_open() and name == DEMO == password and (user is None or not user.password_hash):
            return user or await self.users.add(DEMO, "", Role.ADMIN)
        fits, better = await self._verify(password, user.password_hash if user else "")
        if not fits or user is None:
            raise Refused(_("The name or the password is wrong."))
        if better:
            return await self.users.set_hash(user.id, user.password_hash, better)
        return user

    async def _confirm_password(self, session: Session, password: str, action: str) -> User:
        """Whoever sits at somebody's browser is not yet them. Throttled like a sign-in. Raises Refused, SignedOut."""
        user = session.user()
        with self._throttled(f"account {name_key(user.name)}", session.address, Deed(action=action, kind="users", name=user.name)):
            fits, _better = await self._verify(password, user.password_hash)
            if not fits:
                raise Refused(_("The current password is wrong."))
        return user

    @contextmanager
    def _throttled(self, account: str, address: str, deed: Deed, throttle: Throttle | None = None) -> Iterator[None]:
        """Count a try at `deed`, as a failure unless the block ends well. Raises Refused while it is too early.

        Refusals are told, but not those that come too early: a flood of them would drive everything else out of the audit.
        """
        host, by_account = address_key(address), throttle or self._by_account
        wait = max(by_account.wait(account), self._by_address.wait(host))
        if wait > 0:
            sentence = _("Too many failed attempts. Try again in {duration}.").format(duration=duration(wait + 1))
            raise Refused(sentence, wait)
        by_account.begin(account)
        self._by_address.begin(host)
        try:
            yield
        except Refused as error:
            log.warning("refused %r from %s", account[:80], address)
            name = deed.name[:LONGEST_NAME]
            self._tell(Actor(name, address=address), replace(deed, name=name, result=Result.REFUSED, reason=str(error)))
            raise
        by_account.succeeded(account)
        self._by_address.undo(host)

    async def _verify(self, password: str, password_hash: str) -> tuple[bool, str | None]:
        try:
            return await self.passwords.verify(password, password_hash)
        except Overloaded as error:
            raise _busy() from error

    async def _hash(self, password: str) -> str:
        try:
            return await self.passwords.hash(password)
        except Overloaded as error:
            raise _busy() from error


async def _refusing(change: Awaitable[User]) -> User:
    try:
        return await change
    except RecordRefused as error:
        raise Refused(sentence_of(error)) from error


def _role_of(groups: Iterable[str], roles: Mapping[str, str]) -> Role | None:
    """The highest that any of them gives; `*` is everybody's."""
    found = [Role(roles[group]) for group in (*groups, "*") if group in roles]
    return max(found, key=list(Role).index, default=None)


def _busy() -> Refused:
    return Refused(_("Too many people are signing in. Try again in a few seconds."), 3.0)
