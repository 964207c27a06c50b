"""Who is signed in: sessions, their limits, and how they end."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import directory
from .errors import XapiError
from .transfer import audit_lines
from .types import NULL

if TYPE_CHECKING:
    from .database import Record
    from .pool import Endpoint, Pool

IDLE_FOR = 24 * 3600.0  # seconds
REFRESH = 600.0  # last_active is written no more often than this
REVALIDATE = 30 * 60.0  # seconds after which the directory is asked again whether its user may still be here
PER_GROUP = 500  # sessions of one originator, or of one user of a directory
ANONYMOUS = 400


@dataclass(slots=True, eq=False)
class Session:
    """`permissions` None is root, who may do everything. A `local` one is a member's own, for emergencies only."""

    ref: str
    user: str
    originator: str
    permissions: frozenset[str] | None
    last_active: float
    sid: str = ""  # of a directory's user
    validated: float = 0.0
    local: bool = False
    registered: frozenset[str] | None = None  # event.register's classes; None = not registered
    position: int = 0  # the generation up to which event.next has told
    tasks: list[str] = field(default_factory=list)  # those it has started, also when they are gone
    database: Pool | None = None  # whose rows it reads, if not those of the pool it is in

    @property
    def track(self) -> str:
        """What logs and errors call it, as the reference itself is a secret."""
        return f"trackid={hashlib.md5(self.ref.encode(), usedforsecurity=False).hexdigest()}"

    @property
    def group(self) -> tuple[str, str]:
        """Who shares a limit with it."""
        return ("user", self.user) if self.user not in ("", "root") else ("originator", self.originator)


class Sessions:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open: dict[str, Session] = {}
        self.internal = Session("", "root", "internal", None, 0.0)

    def login(self, host: Endpoint, user: str, password: str, originator: str, *, local: bool = False) -> Session:
        """The local superuser's. SESSION_AUTHENTICATION_FAILED with wrong credentials; the caller takes the time that costs."""
        pool = self._pool
        if user != pool.user or not secrets.compare_digest(password.encode(), pool.password.encode()):
            raise XapiError("SESSION_AUTHENTICATION_FAILED", user, "Authentication failure")
        session = Session(self._ref(), user, originator, None, pool.clock.now(), local=local)
        self._open[session.ref] = session
        if not local:
            self._record(session, host, is_local_superuser=True)
        return session

    def open(self, host: Endpoint, names: tuple[str, str], sid: str, subject: str, permissions: frozenset[str], originator: str) -> Session:
        """A directory's user, who has been found to be who he says he is: by the name he gave and by that of his account."""
        now = self._pool.clock.now()
        given, user = names
        session = Session(self._ref(), user, originator, permissions, now, sid, now)
        self._open[session.ref] = session
        self._record(session, host, subject=subject, auth_user_sid=sid, rbac_permissions=sorted(permissions))
        audit_lines.session_created(self._pool, session, given)
        return session

    def _ref(self) -> str:
        return f"OpaqueRef:{uuid.UUID(bytes=secrets.token_bytes(16))}"  # never from the seed: a session is a secret

    def _record(self, session: Session, host: Endpoint, **more: object) -> None:
        now = self._pool.clock.iso()
        fields: Record = {"this_host": host.ref, "last_active": now, "validation_time": now, "auth_user_name": session.user,
                          "originator": session.originator, "pool": False, **more}  # fmt: skip
        self._pool.db.create("session", fields, ref=session.ref)

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

    def find(self, ref: str) -> Session | None:
        return self._open.get(ref)

    def alive(self, session: Session) -> bool:
        return session is self.internal or self._open.get(session.ref) is session

    def logout(self, ref: str) -> None:
        """Who waits in event.from with this session wakes and fails."""
        session = self._open.pop(ref, None)
        if session:
            audit_lines.session_destroyed(self._pool, session)
        if session and not session.local and self._pool.db.exists(ref):
            self._pool.db.destroy(ref)
        self._pool.db.wake("session", ref)

    def logout_all(self) -> None:
        for ref in list(self._open):
            self.logout(ref)

    def of_directory(self) -> list[Session]:
        return [session for session in self._open.values() if session.sid]

    def users(self) -> list[str]:
        return [s.user for s in self._open.values()]

    def pending_tasks(self, session: Session) -> list[str]:
        db = self._pool.db
        session.tasks = [task for task in session.tasks if db.exists(task)]
        return [task for task in session.tasks if db.get(task, "status") == "pending"]

    def collect_garbage(self) -> None:
        """Unused sessions go, and those least recently used of a group that has too many; what still works is spared."""
        now = self._pool.clock.now()
        groups: dict[tuple[str, str], list[Session]] = {}
        for session in list(self._open.values()):
            if self.pending_tasks(session):
                continue
            if now - session.last_active > IDLE_FOR:
                self.logout(session.ref)
            elif not session.local:
                groups.setdefault(session.group, []).append(session)
        for group, sessions in groups.items():
            limit = ANONYMOUS if group == ("originator", "") else PER_GROUP
            for session in sorted(sessions, key=lambda s: -s.last_active)[limit:]:
                self.logout(session.ref)
        self.revalidate()

    def revalidate(self) -> None:
        """A directory's users stay while it knows them and the pool has them, or a group of theirs, as a subject."""
        pool = self._pool
        known = directory.joined(pool)
        now = pool.clock.now()
        for session in self.of_directory():
            if known is not None and now - session.validated < REVALIDATE:
                continue
            account = known.identified(session.sid) if known else None
            subjects = subjects_of(pool, known, account) if known and account and not account.disabled else []
            if not subjects:
                self.logout(session.ref)
                continue
            session.validated = now
            pool.db.set(session.ref, validation_time=pool.clock.iso(), subject=subjects[0])


def subjects_of(pool: Pool, known: directory.Directory, account: directory.Account) -> list[str]:
    """Subjects of the pool that are this account, or a group it is in."""
    sids = {known.sid(account), *known.groups(account)}
    return [ref for ref, record in pool.db.records("subject") if record["subject_identifier"] in sids]


NOBODY = Session(NULL, "", "", frozenset(), 0.0)
