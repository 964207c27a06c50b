"""event.from and its old relatives: what changed since a token, computed from the database's own stamps."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from .call import Call
from .database import Changes, Interest
from .errors import XapiError

GATHER = 0.05  # real seconds that event.from waits for more to happen; tasks alone are told at once
TOKEN = re.compile(r"(-?\d+),(-?\d+)$")
LARGEST = (1 << 63) - 1
FOREVER = 24 * 3600.0
Event = dict[str, Any]


def read_token(token: str) -> tuple[int, int]:
    """(generation of the database, of messages)."""
    if token == "":
        return 0, 0
    found = TOKEN.match(token)
    numbers = [int(number) for number in found.groups()] if found else []
    if not numbers or max(map(abs, numbers)) > LARGEST:
        raise XapiError("EVENT_FROM_TOKEN_PARSE_FAILURE", token)
    return numbers[0], numbers[1]


def write_token(generation: int, messages: int) -> str:
    return f"{generation:020d},{messages:020d}"


def interest(call: Call, classes: list[str]) -> Interest:
    """What `*`, a class or class/reference cover; of messages there are all or none."""
    wanted, refs = {c.lower() for c in classes if "/" not in c}, set()
    for cls, _, ref in (c.partition("/") for c in classes if "/" in c):
        held = call.db.class_of(ref)
        if cls.lower() == "message":
            wanted.add("message")
        elif cls != "*" and (held is None or held.lower() == cls.lower()):
            refs.add(ref)
    return Interest(None if "*" in wanted else frozenset(wanted), frozenset(refs))


async def since(call: Call, classes: list[str], token: str, seconds: float) -> dict[str, Any]:
    """event.from: everything since `token`, waiting up to `seconds` of real time for something."""
    generation, heard = read_token(token)
    wanted = interest(call, classes)
    loop = asyncio.get_running_loop()
    until = loop.time() + (FOREVER if seconds < 0 else seconds)
    if call.pool.dialect.gathers_events and not all(c.lower().partition("/")[0] == "task" for c in classes):
        await asyncio.sleep(GATHER)
    while True:
        if not call.pool.sessions.alive(call.session):
            raise XapiError("SESSION_INVALID", call.session.ref)
        batch = collect(call, wanted, generation, heard)
        left = until - loop.time()
        if batch["events"] or left <= 0:
            return batch
        await wait(call, wanted, left)
        await asyncio.sleep(0.005)


async def wait(call: Call, wanted: Interest, seconds: float) -> None:
    """Until something that `wanted` covers happens, the session ends, or so many seconds passed."""
    change = call.db.watch(Interest(wanted.classes, wanted.refs | {call.session.ref}))
    try:
        await asyncio.wait({change}, timeout=seconds)
    finally:
        call.db.unwatch(change)


def collect(call: Call, wanted: Interest, generation: int, heard: int) -> dict[str, Any]:
    """Messages first: those that are gone, then new ones. The token tells of nothing that was not asked for, messages included."""
    changes = call.db.changes(generation, wanted)
    messages, talkative = call.pool.messages, wanted.covers("message", "")
    added, destroyed = messages.since(heard) if talkative else ([], [])
    events: list[Event] = [event("0", "message", "del", ref) for ref in destroyed]
    events += [event("0", "message", "add", ref, record) for ref, record in added]
    events += rows(changes)
    return {
        "events": events,
        "valid_ref_counts": call.db.counts(),
        "token": write_token(changes.last, max(heard, messages.generation) if talkative else 0),
    }


def rows(changes: Changes) -> list[Event]:
    """Adds, then mods, then dels."""
    found = [event(str(r.created), r.cls.lower(), "add", r.ref, r.record) for r in changes.added]
    found += [event(str(r.modified), r.cls.lower(), "mod", r.ref, r.record) for r in changes.modified]
    found += [event(str(d.deleted), cls.lower(), "del", d.ref) for cls, d in changes.deleted]
    return found


def event(number: str, cls: str, operation: str, ref: str, record: dict[str, Any] | None = None) -> Event:
    told: Event = {"id": number, "timestamp": "0.0", "class": cls, "operation": operation, "ref": ref}
    if record is not None:
        told["snapshot"] = record
    return told
