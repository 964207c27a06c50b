"""Who may do what: one pure function, asked by what a page offers, by what is sent, and by the runner, which is the authority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from data.changes import Subject
from data.grants.grant import SEE, Grant
from data.grants.table import GrantTable
from data.grants.why import explain
from data.objects import Appliance
from data.server import Server
from data.stores.users import Role, User
from data.types import NOWHERE, XapiObject
from xo_dash.control.grant_words import ROLES, deny_text
from xo_dash.control.lazy_text import NOTHING, LazyText, lazy
from xo_dash.i18n import N_

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
DENIED = lazy(N_("a grant denies you this here; ask an administrator"))
OF_ALL = lazy(N_("you may not do this to every VM of the vApp; ask an administrator"))
VIEWING = Verdict(False, lazy(N_("you are viewing as another user; stop viewing to do this")))
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
    if isinstance(subject, Appliance) and subject.VMs:
        return Verdict(False, OF_ALL)
    if (deny := explain(rights, verb, level, subject).grant) is not None:
        return Verdict(False, _denied(deny, subject))
    return _needs(user, guarded)


def _denied(deny: Grant, subject: XapiObject) -> LazyText:
    grant = deny_text(deny, subject.home.part(GrantTable), subject)
    return lazy(N_("{grant} takes this away from you; ask an administrator"), grant=grant) if grant is not None else DENIED


def _needs(user: User, guarded: Guarded) -> Verdict:
    return Verdict(
        False,
        lazy(
            N_("this needs the role {needed}; yours is {role}. Ask an administrator"),
            needed=LazyText(ROLES[guarded.role]),
            role=LazyText(ROLES[user.role]),
        ),
    )
