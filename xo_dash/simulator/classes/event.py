"""Events: event.from, event.inject, and the old event.register and event.next."""

from __future__ import annotations

import asyncio
from typing import Any

from .. import events
from ..call import Call
from ..database import Interest
from ..errors import XapiError
from ..registry import message


@message("event.from")
async def from_(call: Call, classes: list[str], token: str, seconds: float) -> dict[str, Any]:
    return await events.since(call, classes, token, seconds)


@message("event.get_current_id")
def get_current_id(call: Call) -> int:
    return call.db.generation


@message("event.inject")
def inject(call: Call, cls: str, ref: str) -> str:
    """A token from just before the change it makes."""
    if call.db.class_of(ref) != cls:
        raise XapiError("HANDLE_INVALID", cls, ref)
    token = events.write_token(call.db.generation, 0)
    call.db.touch(ref)
    return token


@message("event.register")
def register(call: Call, classes: list[str]) -> str:
    held = call.session.registered
    if held is None:
        call.session.position = call.db.generation
    call.session.registered = (held or frozenset()) | {c.lower() for c in classes}
    return ""


@message("event.unregister")
def unregister(call: Call, classes: list[str]) -> str:
    held = call.session.registered or frozenset()
    gone = {c.lower() for c in classes}
    call.session.registered = None if "*" in gone or held <= gone else held - gone
    return ""


@message("event.next")
async def next_(call: Call) -> list[dict[str, Any]]:
    """Everything since the last time, coalesced; waits without end."""
    session = call.session
    while session.registered is not None and call.pool.sessions.alive(session):
        wanted = Interest(None if "*" in session.registered else session.registered)
        changes = call.db.changes(session.position, wanted)
        session.position = call.db.generation
        told = events.rows(changes)
        if told:
            return [{**e, "timestamp": f"{call.clock.now():.0f}."} for e in told]
        await events.wait(call, wanted, events.FOREVER)
        await asyncio.sleep(events.GATHER)
    if not call.pool.sessions.alive(session):
        raise XapiError("SESSION_INVALID", session.ref)
    raise XapiError("SESSION_NOT_REGISTERED", session.track)
