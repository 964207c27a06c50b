"""Who may do what: one pure function, asked by what a page offers, by what is sent, and by the runner, which is the authority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from data.grants.grant import SEE
from data.grants.table import GrantTable
from data.mirror import Subject
from data.server import Server
from data.stores.users import Role, User
from data.types import NOWHERE
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
DENIED = Verdict(False, lazy(N_("a grant denies you this here; ask an administrator")))
GONE = Verdict(False, lazy(N_("you are no longer signed in; sign in again")))


def may(user: User | None, guarded: Guarded, subject: Subject | None = None) -> Verdict:
    """Whether `user` may do `guarded` to `subject` (None: everywhere). Whoever is asked about is read anew by the caller."""
    if user is None:
        return GONE
    if subject is None or isinstance(subject, Server) or subject.home is NOWHERE:
        return ALLOWED if _RANK[user.role] >= _RANK[guarded.role] else _needs(user, guarded)
    rights, subject = subject.home.part(GrantTable).rights(user), subject.home.original(subject)  # tags of its host may not be seen
    verb, level = getattr(guarded, "id", SEE), _RANK[guarded.role]
    if rights.may(verb, level, subject):
        return ALLOWED
    if rights.decide(verb, level, subject).grant is not None:
        return DENIED
    return _needs(user, guarded)


def _needs(user: User, guarded: Guarded) -> Verdict:
    return Verdict(
        False,
        lazy(
            N_("this needs the role {needed}; yours is {role}. Ask an administrator"),
            needed=LazyText(ROLES[guarded.role]),
            role=LazyText(ROLES[user.role]),
        ),
    )
