"""Begins and ends sessions, tells the audit of it, and has them written down."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from nicegui import background_tasks

from data.observers import Observers
from data.stores.errors import StoreError
from data.stores.trace import OURSELVES, Actor, Deed, Tell
from data.stores.users import User, UserStore
from xo_dash.auth import sockets
from xo_dash.auth.current import current_actor, need_own_eyes
from xo_dash.auth.refused import Refused
from xo_dash.auth.sessions import Session, SessionTable
from xo_dash.i18n import _

log = logging.getLogger(__name__)

SESSIONS, SCREEN = "sessions", "a screen"
"""What the audit calls sign-ins, and what shows the map by a link."""


class SessionKeeper:
    """What all ways to sign in have in common."""

    def __init__(self, users: UserStore, sessions: SessionTable, tell: Tell) -> None:
        self.users = users
        self.sessions = sessions
        self.tell = tell
        self.written = time.monotonic()
        self._writing = asyncio.Lock()
        self._next_write: asyncio.Task[None] | None = None  # one that waits for that under way
        self._observers: Observers[[]] = Observers()

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when who is signed in, or how somebody can sign in, is different; until what is returned is called."""
        return self._observers.add(observer)

    def stir(self) -> None:
        """Tell whoever observes."""
        self._observers.tell()

    async def let_in(self, user: User, address: str) -> tuple[str, Session]:
        """The token for the cookie, and the session. Raises Refused for who may not have one."""
        need_enabled(user)
        token, session = await self.start(user, address)
        self.tell(Actor(user.name, user.id, address), Deed(action="session.start", kind=SESSIONS, name=user.name))
        log.info("%s signed in from %s", user.name, address)
        try:
            await self.users.note_sign_in(user.id)
        except StoreError as error:  # a full disk keeps nobody out
            log.warning("%s", error)
        return token, session

    async def start(self, user: User, address: str) -> tuple[str, Session]:
        """As `let_in`, of which nothing is told."""
        for surplus in self.sessions.surplus(user.id, address):
            self.end(surplus, "too many at a time", OURSELVES)
        token, session = self.sessions.start(user, address)
        self.stir()
        await self.save()
        return token, session

    def end(self, session: Session, why: str = "", actor: Actor | None = None) -> None:
        """Sign out: from now on nothing of it works; its pages are closed in the background.

        `why` is for the audit, empty for somebody who signs out; `actor`: who does it, if not whoever looks at a page.
        Raises Refused for who looks through another's eyes.
        """
        if session.ended.is_set():
            return
        if actor is None:
            need_own_eyes()
        self.tell(*self._ending(session, why, actor))
        self.sessions.end(session)
        self.stir()
        background_tasks.create(self.save(), name="save the sessions")
        background_tasks.create(sockets.end_pages(session), name="close the pages of a session")

    def end_all_of(self, user_id: str, but: Session | None = None, why: str = "signed out everywhere") -> None:
        """Sign a user out everywhere, `but` here."""
        for session in self.sessions.all():
            if session.user_id == user_id and session is not but:
                self.end(session, why)

    async def save(self) -> None:
        """Return when the sessions are on the disk as they are now. Who asks while a write is under way shares the next one."""
        if self._next_write is None:
            self._next_write = background_tasks.create(self._write(), name="write the sessions")
        await asyncio.shield(self._next_write)

    async def _write(self) -> None:
        async with self._writing:
            self._next_write = None
            self.written = time.monotonic()
            try:
                await self.sessions.save()
            except StoreError as error:
                log.warning("%s", error)

    def _ending(self, session: Session, why: str, actor: Actor | None) -> tuple[Actor, Deed]:
        user = self.users.get(session.user_id)
        name = user.name if user else SCREEN if session.kiosk_id else session.user_id
        deed = Deed(action="session.end", kind=SESSIONS, name=name, reason=why, arguments={"address": session.address})
        owner = Actor(name, session.user_id if user else "", session.address)
        if actor is None:
            looking = current_actor()
            actor = owner if looking is OURSELVES else looking
        return actor, deed


def need_enabled(user: User) -> None:
    """Raises Refused."""
    if user.disabled:
        raise Refused(_("This account is disabled. Ask an administrator to enable it."))
