"""Who did what, as lines of xapi's audit log; getters leave none, and what the pool does by itself is nobody's."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..classes.sexpr import quoted
from ..model import Message
from ..origin import ORIGIN

if TYPE_CHECKING:
    from ..call import Call
    from ..pool import Pool
    from ..sessions import Session

KEPT = 20_000  # lines
STAMP = 21  # characters of a line's time that are compared
SILENT = {"session.local_logout", "session.logout", "event.next", "event.from", "http/get_rrd_updates"}
TOLD = {"name", "label", "description", "name_label", "name_description", "new_name"}  # arguments told of every call
# further arguments told, of some; objects always are
TOLD_OF = {
    "VM.create": {"is_a_template", "memory_target", "memory_static_max", "memory_dynamic_max", "memory_dynamic_min",
                  "memory_static_min", "ha_always_run", "ha_restart_priority"},
    "VM.start_on": {"start_paused", "force"}, "VM.start": {"start_paused", "force"}, "pool.create_VLAN": {"device", "vLAN"},
    "pool.join_force": {"master_address"}, "pool.join": {"master_address"},
    "pool.enable_external_auth": {"service_name", "auth_type"}, "host.enable_external_auth": {"service_name", "auth_type"},
    "subject.create": {"subject_identifier"}, "message.create": {"name", "body"},
}  # fmt: skip


def lines(pool: Pool) -> deque[tuple[str, str]]:
    """(time, line), oldest first."""
    found: deque[tuple[str, str]] = pool.facts.setdefault("audit", deque(maxlen=KEPT))
    return found


def audited(call: Call, name: str) -> bool:
    return ".get" not in name and name not in SILENT and call.session is not call.pool.sessions.internal


def arguments_of(call: Call, message: Message, arguments: Sequence[Any]) -> str:
    """What is told of them: names, objects, and what else says nothing that is secret."""
    pairs = list(zip((p.name for p in message.parameters), arguments, strict=False))
    if message.name == "VBD.destroy" and call.db.exists(arguments[0]):
        pairs.append(("VDI", call.db.get(arguments[0], "VDI")))
    return " ".join(described(call.pool, message.name, pairs))


def described(pool: Pool, method: str, pairs: Iterable[tuple[str, Any]]) -> list[str]:
    """('name' label uuid reference) of objects, ('name' value '' '') of other things."""
    told = TOLD | TOLD_OF.get(method, set())
    found: list[str] = []
    for name, value in pairs:
        if isinstance(value, dict):
            if name in ("args", "record"):
                found += described(pool, method, value.items())
        elif name in told:
            found.append(entry(name, plain(value), "", ""))
        elif isinstance(value, str) and value.startswith("OpaqueRef:"):
            found.append(entry(name, *named(pool, value)))
    return found


def entry(*parts: str) -> str:
    return "(" + " ".join(map(quoted, parts)) + ")"


def plain(value: Any) -> str:
    return f"B({str(value).lower()})" if isinstance(value, bool) else str(value)


def named(pool: Pool, ref: str) -> tuple[str, str, str]:
    """(name, uuid, reference)"""
    cls = pool.db.class_of(ref)
    if cls is None:
        role = pool.facts.get("roles", {}).get(ref, {})
        return role.get("name_label", ""), "", ref
    record = pool.db.record(cls, ref)
    label = record["other_config"].get("subject-name", "") if cls == "subject" else record.get("name_label", "")
    return str(label), record["uuid"], ref


def note(call: Call, message: Message, told: str, outcome: str) -> None:
    """A client's call has ended, or was denied."""
    number = call.row.removeprefix("OpaqueRef:").replace("-", "")[:12] or dummy()
    write(call.pool, call.session, outcome, message.name, told, f"{call.label} {'R' if message.custom else 'D'}:{number}")


def handled(pool: Pool, session: Session, permission: str, outcome: str) -> None:
    """A request to an HTTP handler has ended."""
    if permission and permission not in SILENT:
        write(pool, session, outcome, permission, "", f"handler:{permission} D:{dummy()}")


def session_created(pool: Pool, session: Session, user: str) -> None:
    """Sessions of a directory's users; those of root would only fill the log."""
    if session.sid:
        told = entry("uname", user, "", "") + " " + entry("originator", session.originator, "", "")
        write(pool, session, "OK", "session.create", told, f"session.login_with_password D:{dummy()}")


def session_destroyed(pool: Pool, session: Session) -> None:
    if session.sid:
        told = entry("originator", session.originator, "", "")
        write(pool, session, "OK", "session.destroy", told, f"session.logout D:{dummy()}")


def failed(details: Sequence[str]) -> str:
    return f"ERROR:{details[0]}: [ {'; '.join(details[1:])} ]"


def dummy() -> str:
    """The name in logs of a task that is nowhere else."""
    return secrets.token_hex(6)


def write(pool: Pool, session: Session, outcome: str, action: str, told: str, thread: str) -> None:
    """`outcome` OK or ERROR:..., or "" of what was denied."""
    now = datetime.fromtimestamp(pool.clock.now(), UTC)
    stamp = now.strftime("%Y%m%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
    kind = "HTTP" if action.startswith("http/") else "API"
    who = session.sid or ("LOCAL_SESSION" if session.local else "LOCAL_SUPERUSER")
    line = " ".join(map(quoted, (session.track, who, "" if session.local else session.user,
                                 "ALLOWED" if outcome else "DENIED", outcome, kind, action)))  # fmt: skip
    origin = ORIGIN.get()
    client = f"HTTP {origin.address}->{origin.host}" if origin.address else ""
    host = pool.db.get(pool.master.ref, "hostname") or "localhost"
    head = f"{now:%b} {now.day:2d} {now:%H:%M:%S} {host} xapi: [{stamp}|audit||0 {client}|{thread}|audit]"
    text = f"{head} ({line} ({told}))".replace("\r", " ").replace("\n", " ")
    lines(pool).append((stamp[:STAMP], text + "\n"))
