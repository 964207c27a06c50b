"""Who is signed in: logins, their limits, and the end of a session."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import XapiError
from .types import NULL

if TYPE_CHECKING:
    from .pool import Host, Pool

IDLE_FOR = 24 * 3600.0  # seconds
REFRESH = 600.0  # last_active is written no more often than this
PER_ORIGINATOR = 500
ANONYMOUS = 400


@dataclass(slots=True, eq=False)
class Session:
    ref: str
    user: str
    originator: str
    roles: frozenset[str] | None  # None = root, who may do everything
    last_active: float
    local: bool = False  # a member's own, for emergencies only
    registered: frozenset[str] | None = None  # event.register's classes; None = not registered
    temporary: bool = False  # of one HTTP request with Basic credentials
    position: int = 0  # the generation up to which event.next has told


class Sessions:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open: dict[str, Session] = {}
        self.internal = Session("", "root", "internal", None, 0.0)

    def login(self, host: Host, user: str, password: str, originator: str, *, local: bool = False) -> Session:
        """SESSION_AUTHENTICATION_FAILED with wrong credentials; the caller takes the time that costs."""
        pool = self._pool
        if user != pool.user or not secrets.compare_digest(password.encode(), pool.password.encode()):
            raise XapiError("SESSION_AUTHENTICATION_FAILED", user, "Authentication failure")
        now = pool.clock.iso()
        fields = {
            "this_host": host.ref,
            "last_active": now,
            "validation_time": now,
            "is_local_superuser": True,
            "auth_user_name": user,
            "originator": originator,
            "pool": not local,
        }
        ref = f"OpaqueRef:{uuid.UUID(bytes=secrets.token_bytes(16))}"  # never from the seed: a session is a secret
        if not local:
            pool.db.create("session", fields, ref=ref)
        session = self._open[ref] = Session(ref, user, originator, None, pool.clock.now(), local)
        self._limit(originator)
        return session

    def get(self, ref: str) -> Session:
        """SESSION_INVALID if it is not, or no longer."""
        session = self._open.get(ref)
        if session is None:
            raise XapiError("SESSION_INVALID", ref)
        now = self._pool.clock.now()
        if now - session.last_active > REFRESH:
            session.last_active = now
            if not session.local:
                self._pool.db.set(ref, last_active=self._pool.clock.iso())
        return session

    def alive(self, session: Session) -> bool:
        return session is self.internal or self._open.get(session.ref) is session

    def logout(self, ref: str) -> None:
        """Who waits in event.from with this session wakes and fails."""
        session = self._open.pop(ref, None)
        if session and not session.local and self._pool.db.exists(ref):
            self._pool.db.destroy(ref)
        self._pool.db.wake("session", ref)

    def logout_all(self) -> None:
        for ref in list(self._open):
            self.logout(ref)

    def users(self) -> list[str]:
        return [s.user for s in self._open.values()]

    def collect_garbage(self) -> None:
        now = self._pool.clock.now()
        for ref, session in list(self._open.items()):
            if now - session.last_active > IDLE_FOR:
                self.logout(ref)

    def _limit(self, originator: str) -> None:
        """Each originator has so many sessions; the one least recently used goes."""
        group = [s for s in self._open.values() if s.originator == originator and not s.local]
        if len(group) > (PER_ORIGINATOR if originator else ANONYMOUS):
            self.logout(min(group, key=lambda s: s.last_active).ref)


NOBODY = Session(NULL, "", "", frozenset(), 0.0)
