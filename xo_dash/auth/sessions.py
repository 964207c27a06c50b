"""Who is signed in, which screens show the map by a link, and which programs came with a token.

A browser holds a random token in a cookie and nothing else; here are its hash, the user and the times.
A session is open until it is ended, too long unused, too old, or its user is gone or has another password.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from data.clock import SteadyClock
from data.stores.kiosks import Kiosk, KioskStore
from data.stores.records import reload
from data.stores.sessions import SessionRecord, SessionStore
from data.stores.tokens import ApiToken, TokenStore
from data.stores.users import Role, User, UserStore, capped, viewed
from xo_dash.auth.kinds import SessionKind
from xo_dash.auth.tickets import Tickets

DAY = 24 * 3600.0
IDLE = 7 * DAY
"""Seconds without any request or open page."""
LIFETIME = 30 * DAY
"""Seconds since the sign-in, whatever happens; a screen on a wall comes in anew by its link."""
OF_USER, OF_KIOSK, OF_ADDRESS = 100, 50, 500
"""Sessions of one user, of one kiosk's link, and from one address, which may be a proxy's; more, and the longest unused ends."""
KIOSK = "kiosk "
"""Before the kiosk's id, in place of a user's."""


class SignedOut(Exception):
    """There is no open session (any more)."""


@dataclass(eq=False, slots=True)
class Session:
    """One sign-in of one browser."""

    key: str = field(repr=False)  # SHA-256 of the token
    user_id: str
    epoch: str = field(repr=False)
    created: float  # seconds since 1970
    last_seen: float
    address: str
    table: "SessionTable" = field(repr=False)
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    token_id: str = ""  # of a program; empty for a browser
    viewing_as: str = ""  # the id of the user through whose eyes an administrator looks
    device: str = ""  # what the browser said it is: "Firefox, Linux"

    @property
    def kiosk_id(self) -> str:
        """The link it came in by; empty for a person."""
        return self.user_id.removeprefix(KIOSK) if self.user_id.startswith(KIOSK) else ""

    @property
    def kind(self) -> SessionKind:
        if self.token_id:
            return SessionKind.TOKEN
        return SessionKind.KIOSK if self.kiosk_id else SessionKind.PERSON

    @property
    def is_open(self) -> bool:
        return self.table.user_of(self) is not None

    def user(self) -> User:
        """As the store has it now; raises SignedOut."""
        user = self.table.user_of(self)
        if user is None:
            raise SignedOut
        return user


class SessionTable:
    """All sessions; lives on the event loop."""

    def __init__(
        self,
        users: UserStore,
        store: SessionStore,
        accepts: Callable[[User], bool],
        clock: Callable[[], float] | None = None,
        kiosks: KioskStore | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        """`accepts`: whether this user may have a session at all. Without `kiosks` or `tokens` there are none."""
        self._users = users
        self._store = store
        self._accepts = accepts
        self._kiosks = kiosks
        self._tokens = tokens
        self._clock = clock or SteadyClock()  # a clock that is set signs nobody out
        self._sessions = {record.id: self._session(record) for record in store.all()}
        self.tickets = Tickets()
        self._of_tokens: dict[str, Session] = {}  # by the token's id: one for each, for as long as the program runs

    def start(self, user: User, address: str) -> tuple[str, Session]:
        """A new session and the token for its cookie."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        session = Session(_key(token), user.id, user.epoch, now, now, address, self)
        self._sessions[session.key] = session
        return token, session

    def surplus(self, user_id: str, address: str) -> list[Session]:
        """Those that have to end before one more of this user (or kiosk) and address begins: the longest unused."""
        most = OF_KIOSK if user_id.startswith(KIOSK) else OF_USER
        same_user = [session for session in self._sessions.values() if session.user_id == user_id]
        same_address = [session for session in self._sessions.values() if session.address == address]
        return list({*_longest_unused(same_user, most), *_longest_unused(same_address, OF_ADDRESS)})

    def find(self, token: str) -> Session | None:
        """The open session of this token, now seen."""
        session = self._sessions.get(_key(token))
        if session is None or self.user_of(session) is None:
            return None
        session.last_seen = self._clock()
        return session

    async def bearing(self, text: str, address: str) -> Session | None:
        """The session of a program that came with this token; None if it opens nothing (any more)."""
        token = await self._known(text)
        if token is None:
            return None
        session = self._of_tokens.get(token.id)
        if session is None:
            now = self._clock()
            session = Session(f"token {token.id}", token.user_id, "", now, now, address, self, token_id=token.id)
        if self.user_of(session) is None:
            return None
        self._of_tokens[token.id] = session
        session.address = address
        return session

    async def _known(self, text: str) -> ApiToken | None:
        """The token; the command line may have added it, and its user, a moment ago."""
        if self._tokens is None or not TokenStore.is_one(text):
            return None
        if (token := self._tokens.of(text)) is not None:
            return token
        await reload(self._users, self._tokens)
        return self._tokens.of(text)

    def expired(self, text: str) -> ApiToken | None:
        """The token, if that is what is wrong with it."""
        token = self._tokens.of(text) if self._tokens else None
        return token if token is not None and token.has_expired else None

    def token_of(self, session: Session) -> ApiToken | None:
        """What it came with."""
        return self._tokens.get(session.token_id) if self._tokens and session.token_id else None

    def user_of(self, session: Session) -> User | None:
        """None if the session is not open (any more)."""
        if session.token_id:
            return self._user_of_token(session)
        now = self._clock()
        if session.ended.is_set() or now - session.last_seen > IDLE or now - session.created > LIFETIME:
            return None
        if session.kiosk_id:
            kiosk = self._kiosks.open(session.kiosk_id) if self._kiosks else None
            return viewer_of(kiosk) if kiosk else None
        user = self.account_of(session)
        seen = self._users.get(session.viewing_as) if session.viewing_as and user is not None and user.role is Role.ADMIN else None
        return user if user is None or seen is None or seen.role is Role.ADMIN else viewed(seen, user)

    def account_of(self, session: Session) -> User | None:
        """Who signed in, also while they look through somebody else's eyes; of an open session of a person."""
        user = self._users.get(session.user_id)
        return user if user is not None and user.epoch == session.epoch and self._accepts(user) else None

    def _user_of_token(self, session: Session) -> User | None:
        token, user = self.token_of(session), self._users.get(session.user_id)
        if session.ended.is_set() or token is None or token.has_expired or user is None or not self._accepts(user):
            return None
        return capped(user, token.role)

    def end(self, session: Session) -> None:
        """From here on it opens nothing."""
        session.ended.set()
        self._of_tokens.pop(session.token_id, None)
        self._sessions.pop(session.key, None)

    def of_user(self, user_id: str) -> list[Session]:
        """Those of a person, the last seen first."""
        return sorted((one for one in self._sessions.values() if one.user_id == user_id), key=lambda one: -one.last_seen)

    def all(self) -> tuple[Session, ...]:
        return tuple(self._sessions.values())

    def closed(self) -> list[Session]:
        """Those that have run out by themselves and were not ended yet."""
        return [session for session in (*self._sessions.values(), *self._of_tokens.values()) if self.user_of(session) is None]

    def touch(self, session: Session) -> None:
        session.last_seen = self._clock()

    async def save(self) -> None:
        """Write them down for the next start."""
        sessions = self.all()
        await self._store.save(
            SessionRecord(
                id=s.key, user_id=s.user_id, epoch=s.epoch, created=s.created, last_seen=s.last_seen, address=s.address, device=s.device
            )
            for s in sessions
        )

    def _session(self, record: SessionRecord) -> Session:
        now = self._clock()  # what lies ahead was written by a clock that was wrong
        created, seen = min(record.created, now), min(record.last_seen, now)
        return Session(record.id, record.user_id, record.epoch, created, seen, record.address, self, device=record.device)


def _longest_unused(sessions: list[Session], most: int) -> list[Session]:
    """So many of them that one more makes no more than `most`."""
    return sorted(sessions, key=lambda session: session.last_seen)[: max(0, len(sessions) + 1 - most)]


def viewer_of(kiosk: Kiosk) -> User:
    """Whom a screen counts as: nobody's account, and the guard lets it no farther than the map."""
    return User(id=KIOSK + kiosk.id, name=kiosk.name, password_hash="", role=Role.VIEWER, created=kiosk.created, epoch="")


def is_screen(user: User) -> bool:
    """Whether it is a screen that came in by a link."""
    return user.id.startswith(KIOSK)


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
