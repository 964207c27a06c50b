"""Signing in and out."""

from __future__ import annotations

import asyncio

from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..sessions import Session

PENALTY = 5.0  # seconds that wrong credentials cost, shortened by the clock's speed


async def _login(call: Call, user: str, password: str, originator: str, *, local: bool = False) -> Session:
    try:
        return call.pool.sessions.login(call.host, user, password, originator, local=local)
    except XapiError:
        await asyncio.sleep(PENALTY / max(call.clock.speed, 1.0) if call.clock.speed else 0.0)
        raise


@message("session.login_with_password")
async def login_with_password(call: Call, user: str, password: str, version: str = "1.0", originator: str = "") -> str:
    return (await _login(call, user, password, originator)).ref


@message("session.slave_local_login_with_password")
async def slave_local_login_with_password(call: Call, user: str, password: str) -> str:
    return (await _login(call, user, password, "", local=True)).ref


@message("session.logout")
def logout(call: Call) -> str:
    call.pool.sessions.logout(call.session.ref)
    return ""


@message("session.local_logout")
def local_logout(call: Call) -> str:
    call.pool.sessions.logout(call.session.ref)
    return ""


@message("session.get_all_subject_identifiers")
def get_all_subject_identifiers(call: Call) -> list[str]:
    return sorted({r["auth_user_sid"] for _, r in call.db.records("session") if r["auth_user_sid"]})


@message("session.logout_subject_identifier")
def logout_subject_identifier(call: Call, subject_identifier: str) -> str:
    for ref, record in call.db.records("session"):
        if record["auth_user_sid"] == subject_identifier and ref != call.session.ref:
            call.pool.sessions.logout(ref)
    return ""


@message("session.change_password")
def change_password(call: Call, old: str, new: str) -> str:
    if old != call.pool.password:
        raise XapiError("SESSION_AUTHENTICATION_FAILED", call.session.user, "Authentication failure")
    call.pool.password = new
    return ""
