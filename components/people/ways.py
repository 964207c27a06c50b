"""How somebody signs in, when they did so last, and whether they can, in words."""

from __future__ import annotations

from collections.abc import Iterator

from data.stores.users import User
from xo_dash.auth.service import AuthService
from xo_dash.i18n import _, ngettext, number


def ways(auth: AuthService, user: User) -> str:
    """`password, two-step`; a dash for who has none yet."""
    return ", ".join(_ways(auth, user)) or "–"


def _ways(auth: AuthService, user: User) -> Iterator[str]:
    if origin := auth.origin_of(user):
        yield origin
    if passkeys := len(auth.passkeys.store.of_user(user.id)):
        yield ngettext("{n} passkey", "{n} passkeys", passkeys).format(n=number(passkeys)) if passkeys > 1 else _("passkey")
    if user.password_hash or auth.is_demo_user(user):
        yield _("password")
    if auth.two_step.is_on(user.id):
        yield _("two-step")


def is_weak(auth: AuthService, user: User) -> bool:
    """Whether a password alone opens this account."""
    return bool(user.password_hash) and not user.disabled and not auth.two_step.is_on(user.id)


def last_seen(auth: AuthService, user: User) -> float | None:
    """Seconds since 1970; None for never."""
    seen = max((session.last_seen for session in auth.sessions.of_user(user.id)), default=0.0)
    return max(seen, user.signed_in) or None


def state(auth: AuthService, user: User) -> tuple[str, str]:
    """(shape of its mark, word)"""
    if user.disabled:
        return "disabled", _("disabled")
    if auth.sessions.of_user(user.id):
        return "running", _("signed in")
    if auth.can_sign_in(user):
        return "halted", _("signed out")
    invitation = auth.by_invitation.store.of_user(user.id)
    if invitation is None:
        return "warning", _("cannot sign in")
    return ("warning", _("invitation expired")) if invitation.has_expired else ("paused", _("invited"))
