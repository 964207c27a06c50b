"""Who is it? The local superuser, or whom the directory knows and the pool lets in."""

from __future__ import annotations

import asyncio

from . import directory, failed_logins
from .classes.role import granted
from .directory import Account, Directory
from .errors import XapiError
from .origin import ORIGIN
from .pool import Endpoint, Pool
from .sessions import Session, subjects_of

PENALTY = 5.0  # seconds that a refusal takes, shortened by the clock's speed
LOGIN = "session.login_with_password"


async def sign_in(pool: Pool, host: Endpoint, user: str, password: str, originator: str) -> Session:
    """The local superuser first, then whom the directory knows."""
    try:
        known = directory.joined(pool)
        if known is None or user == pool.user:
            return pool.sessions.login(host, user, password, originator)
        account = authenticated(known, user, password)
        return admitted(pool, host, known, account, user, originator)
    except XapiError as error:
        if error.code == "SESSION_AUTHENTICATION_FAILED":
            failed_logins.count(pool, user, originator)
        await penalty(pool)
        raise


async def penalty(pool: Pool) -> None:
    speed = pool.clock.speed
    await asyncio.sleep(PENALTY / max(speed, 1.0) if speed else 0.0)


def authenticated(known: Directory, user: str, password: str) -> Account:
    account = known.named(user)
    if account is None:
        raise XapiError("SESSION_AUTHENTICATION_FAILED", user, f"couldn't get SID from username='{user}'")
    if not known.accepts(account, password):
        raise XapiError("SESSION_AUTHENTICATION_FAILED", user, f"failed to authenticate user '{known.logon(account)}'")
    return account


def admitted(pool: Pool, host: Endpoint, known: Directory, account: Account, user: str, originator: str) -> Session:
    """SESSION_AUTHORIZATION_FAILED if neither the user nor a group of his is a subject; RBAC_PERMISSION_DENIED if none has a role."""
    sid = known.sid(account)
    subjects = subjects_of(pool, known, account)
    if not subjects:
        reason = f"Subject {user} (identifier {sid}, from {ORIGIN.get()}) has no access rights in this pool"
        raise XapiError("SESSION_AUTHORIZATION_FAILED", user, reason)
    roles = {role for subject in subjects for role in pool.db.get(subject, "roles")}
    permissions = granted(pool, roles)
    if not permissions:
        raise XapiError("RBAC_PERMISSION_DENIED", LOGIN, f"Subject {user} (identifier {sid}) has no roles in this pool")
    return pool.sessions.open(host, (user, known.logon(account)), sid, subjects[0], permissions, originator)
