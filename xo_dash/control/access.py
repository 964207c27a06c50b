"""Who may do what: one pure function, asked by what a page offers, by what is sent, and by the runner, which is the authority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from data.mirror import Subject
from data.stores.users import Role, User
from xo_dash.control.lazy_text import NOTHING, LazyText, lazy
from xo_dash.i18n import N_

ROLES = {Role.NONE: N_("no role"), Role.VIEWER: N_("viewer"), Role.OPERATOR: N_("operator"), Role.ADMIN: N_("administrator")}
"""The roles in words."""
_RANK = {role: rank for rank, role in enumerate(Role)}


class Guarded(Protocol):
    """Anything that asks for a role: an action of the table, a page."""

    @property
    def role(self) -> Role: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """True if it may be; else `reason` says why not."""

    allowed: bool
    reason: LazyText = NOTHING

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(True)
GONE = Verdict(False, lazy(N_("you are no longer signed in; sign in again")))


def may(user: User | None, guarded: Guarded, subject: Subject | None = None) -> Verdict:
    """Whether `user` may do `guarded` to `subject` (None: to anything). Whoever is asked about is read anew by the caller.

    Today a role holds everywhere; a grant on one object will be looked up here, along `subject` and what it is part of.
    """
    if user is None:
        return GONE
    if _RANK[user.role] >= _RANK[guarded.role]:
        return ALLOWED
    return Verdict(
        False,
        lazy(
            N_("this needs the role {needed}; yours is {role}. Ask an administrator"),
            needed=LazyText(ROLES[guarded.role]),
            role=LazyText(ROLES[user.role]),
        ),
    )
