"""Signing in and out."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..login import LOGIN, penalty, sign_in
from ..registry import message
from ..sessions import Session


@message(LOGIN)
async def login_with_password(call: Call, user: str, password: str, version: str = "1.0", originator: str = "") -> str:
    return (await sign_in(call.pool, call.host, user, password, originator)).ref


@message("session.slave_local_login_with_password")
async def slave_local_login_with_password(call: Call, user: str, password: str) -> str:
    try:
        return call.pool.sessions.login(call.host, user, password, "", local=True).ref
    except XapiError:
        await penalty(call.pool)
        raise


@message("session.slave_login")
def slave_login(_call: Call, member: str, _secret: str) -> str:
    """What the hosts of a pool show each other, and nobody else knows."""
    raise XapiError("SESSION_AUTHENTICATION_FAILED", member, "Pool credentials invalid")


@message("session.slave_local_login")
def slave_local_login(_call: Call, _secret: str) -> str:
    raise XapiError("SESSION_AUTHENTICATION_FAILED", "localhost", "Pool credentials invalid")


@message("session.logout")
def logout(call: Call) -> str:
    call.pool.sessions.logout(call.session.ref)
    return ""


@message("session.local_logout")
def local_logout(call: Call) -> str:
    """One that is in the pool's database stays."""
    if call.session.local:
        call.pool.sessions.logout(call.session.ref)
    return ""


def subject_identifiers(call: Call, session: Session) -> set[str]:
    """The user's own, and that of the subject that let him in."""
    subject = call.db.get(session.ref, "subject")
    return {session.sid} | ({call.db.get(subject, "subject_identifier")} if call.db.exists(subject) else set())


@message("session.get_all_subject_identifiers")
def get_all_subject_identifiers(call: Call) -> list[str]:
    return sorted({sid for session in call.pool.sessions.of_directory() for sid in subject_identifiers(call, session)})


@message("session.logout_subject_identifier")
def logout_subject_identifier(call: Call, subject_identifier: str) -> str:
    for session in call.pool.sessions.of_directory():
        if session is not call.session and subject_identifier in subject_identifiers(call, session):
            call.pool.sessions.logout(session.ref)
    return ""


@message("session.change_password")
def change_password(call: Call, old: str, new: str) -> str:
    """The local superuser's; who is signed in as such need not know the old one."""
    call.pool.password = new
    return ""


@message("session.get_record")
def get_record(call: Call, ref: str) -> Record:
    return {**call.db.record("session", ref), "tasks": get_tasks(call, ref)}


@message("session.get_tasks")
def get_tasks(call: Call, ref: str) -> list[str]:
    session = call.pool.sessions.find(ref)
    return [task for task in session.tasks if call.db.exists(task)] if session else []
