"""Who may do what: one pure function, asked by what a page offers, by what is sent, and by the runner, which is the authority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from data.changes import Subject
from data.grants.grant import LEVELS, SEE, Grant
from data.grants.table import GrantTable
from data.grants.why import Explanation, GrantEffect, explain
from data.objects import Appliance
from data.server import Server
from data.stores.users import Role, User
from data.types import NOWHERE, XapiObject
from xo_dash.control.grant_words import ROLES, deny_text, role_text
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
    found = explain(rights, verb, level, subject)
    if found.grant is not None:
        return Verdict(False, _denied(found.grant, subject))
    return _needs(user, guarded, _role_here(user, found, subject))


def given(user: User | None, guarded: Guarded, subject: XapiObject) -> frozenset[Grant]:
    """The grants by which `user` may."""
    if user is None:
        return frozenset()
    rights, subject = subject.home.part(GrantTable).rights(user), subject.home.original(subject)
    return rights.allowing(getattr(guarded, "id", SEE), _RANK[guarded.role], subject)


def may_still(user: User | None, guarded: Guarded, subject: XapiObject, by: frozenset[Grant]) -> Verdict:
    """Whether `user` may go on with what they began by these grants: it may have moved a VM out of them itself."""
    verdict = may(user, guarded, subject)
    if verdict or user is None:
        return verdict
    rights, subject = subject.home.part(GrantTable).rights(user), subject.home.original(subject)
    return ALLOWED if rights.may_still(getattr(guarded, "id", SEE), _RANK[guarded.role], subject, by) else verdict


def _denied(deny: Grant, subject: XapiObject) -> LazyText:
    grant = deny_text(deny, subject.home.part(GrantTable), subject)
    return lazy(N_("{grant} takes this away from you; ask an administrator"), grant=grant) if grant is not None else DENIED


def _role_here(user: User, found: Explanation, subject: XapiObject) -> LazyText | None:
    given = [grant for grant, effect in found.says if effect is GrantEffect.SILENT and not grant.deny]
    best = max(given, key=lambda grant: LEVELS.get(grant.role, 0), default=None)
    if best is None or LEVELS.get(best.role, 1) <= _RANK[user.role]:
        return None
    return role_text(best.role, subject.home.part(GrantTable))


def _needs(user: User, guarded: Guarded, here: LazyText | None = None) -> Verdict:
    """`here`: the role that a grant gives them on this object, where that is more than the one that holds everywhere."""
    words = N_("this needs the role {needed}; yours is {role}. Ask an administrator")
    if here is not None:
        words = N_("this needs the role {needed}; yours here is {role}. Ask an administrator")
    return Verdict(False, lazy(words, needed=LazyText(ROLES[guarded.role]), role=here or LazyText(ROLES[user.role])))
