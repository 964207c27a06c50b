"""Who did what, as lines of xapi's audit log; calls that only read leave none."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..classes.sexpr import quoted
from ..model import Message

if TYPE_CHECKING:
    from ..call import Call
    from ..pool import Pool

KEPT = 20_000  # lines
STAMP = 21  # characters of a line's time that are compared
READING = ("get_", "is_", "query_", "list_", "assert_", "compute_")
SILENT = ("event.", "session.login_with_password", "session.logout")


def lines(pool: Pool) -> deque[tuple[str, str]]:
    """(time, line), oldest first."""
    found: deque[tuple[str, str]] = pool.facts.setdefault("audit", deque(maxlen=KEPT))
    return found


def note(call: Call, message: Message, arguments: Sequence[Any], outcome: str) -> None:
    """A call by RPC has ended; those that the pool makes for itself are nobody's."""
    short = message.name.partition(".")[2]
    if call.session is call.pool.sessions.internal or short.startswith(READING) or message.name.startswith(SILENT):
        return
    names = [p.name for p in message.parameters]
    told = " ".join(described(call.pool, name, value) for name, value in zip(names, arguments, strict=False))
    write(call.pool, call.session.ref, call.session.user, outcome, "API", message.name, told)


def described(pool: Pool, name: str, value: Any) -> str:
    """('self' name uuid reference) of objects, the bare value of the rest."""
    cls = pool.db.class_of(value) if isinstance(value, str) else None
    if cls:
        record = pool.db.record(cls, value)
        return "(" + " ".join(map(quoted, (name, str(record.get("name_label", "")), record["uuid"], value))) + ")"
    shown = "" if isinstance(value, list | dict) or "password" in name or "pwd" in name else str(value)
    return "(" + " ".join(map(quoted, (name, shown, "", ""))) + ")"


def write(pool: Pool, session: str, user: str, outcome: str, kind: str, action: str, told: str) -> None:
    now = datetime.fromtimestamp(pool.clock.now(), UTC)
    stamp = now.strftime("%Y%m%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
    track = hashlib.md5(session.encode(), usedforsecurity=False).hexdigest()
    entry = " ".join(map(quoted, (f"trackid={track}", "LOCAL_SUPERUSER", user, "ALLOWED", outcome, kind, action)))
    host = pool.db.get(pool.master.ref, "hostname") or "localhost"
    head = f"{now:%b} {now.day:2d} {now:%H:%M:%S} {host} xapi: [{stamp}|audit||0 |{action}|audit]"
    lines(pool).append((stamp[:STAMP], f"{head} ({entry} ({told}))\n"))
