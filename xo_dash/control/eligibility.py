"""What can be done to these objects now, by this user: pure, for buttons, and for the runner's last look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.grants.table import GrantTable
from data.mirror import PoolMirror
from data.names import pool_name
from data.objects import SR, VM, Network
from data.stores.users import User
from data.types import XapiObject
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction, mentions
from xo_dash.control.conditions import residence_answers
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.support import lacking
from xo_dash.control.usable import at_hand
from xo_dash.i18n import N_


def why_not(action: AnyAction, subject: XapiObject, user: User | None) -> LazyText | None:
    """Why `user` cannot do this to `subject` now; None if it can be tried."""
    verdict = may(user, action, subject)
    if not verdict:
        return verdict.reason
    return impossible(action, subject)


def impossible(action: AnyAction, subject: XapiObject) -> LazyText | None:
    """Why nobody can do this to `subject` now; None if it can be tried."""
    if not isinstance(subject, action.kind):
        return lazy(N_("this object does not support it"))
    return not_there(subject, action) or residence_answers(subject) or lacking(subject.home, *action.needs) or action.blocked(subject)


def out_of_sight(request: Request, subject: XapiObject, user: User | None) -> list[Fault]:
    """The objects that a request names and that `user` may not see: they are told as those that are not there."""
    table = subject.home.part(GrantTable)
    rights = table.rights(user) if user is not None else None
    if user is None or rights is None or rights.sees_everything:
        return []
    named = [(one, row) for one in mentions(request, subject) if (row := one.row) is not None]
    # SRs and networks of a template that they see are there for what is made of it
    beside: set[XapiObject] = {
        row for _one, vm in named if isinstance(vm, VM) and rights.sees(vm) for row in at_hand(vm) if isinstance(row, SR | Network)
    }
    beside.update(at_hand(subject))
    return [one.not_found for one, row in named if not (rights.sees(row) or table.may_use(user.id, row) or row in beside)]


def not_there(subject: XapiObject, action: AnyAction | None = None) -> LazyText | None:
    """Why `subject` is only a memory: it was removed, or its pool cannot be reached, which does not matter to some commands."""
    home = subject.home
    if home.one(type(subject), subject.ref) is not subject:
        return lazy(N_("it no longer exists"))
    needs_pool = action is None or not action.without_pool
    if needs_pool and isinstance(home, PoolMirror) and not home.server.is_live:
        return lazy(N_("{server} is not responding; its last known state is shown"), server=pool_name(home))
    return None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One command for several objects: those it can be done to, and why not to the others."""

    action: AnyAction
    able: tuple[XapiObject, ...]
    unable: tuple[tuple[XapiObject, LazyText], ...]

    @property
    def total(self) -> int:
        return len(self.able) + len(self.unable)

    @property
    def possible(self) -> bool:
        return bool(self.able)

    @property
    def reason(self) -> LazyText | None:
        """Why it is not possible at all: the reason of the first."""
        return None if self.able or not self.unable else self.unable[0][1]


@dataclass(frozen=True, slots=True)
class ActionSummary:
    """How many of `total` a command can be done to, and why not to the first that it cannot."""

    action: AnyAction
    able: int
    total: int
    reason: LazyText | None


def summarize(action: AnyAction, subjects: Sequence[XapiObject], user: User | None) -> ActionSummary:
    """`eligibility` in numbers: for a selection of thousands, at every change."""
    unable = [subject for subject in subjects if not _can(action, subject, user)]
    reason = why_not(action, unable[0], user) if unable else None
    return ActionSummary(action, len(subjects) - len(unable), len(subjects), reason)


def _can(action: AnyAction, subject: XapiObject, user: User | None) -> bool:
    return (
        isinstance(subject, action.kind)
        and action.can(subject)
        and bool(may(user, action, subject))
        and not_there(subject, action) is None
        and residence_answers(subject) is None
        and lacking(subject.home, *action.needs) is None
    )


def eligibility(action: AnyAction, subjects: Sequence[XapiObject], user: User | None) -> Eligibility:
    able: list[XapiObject] = []
    unable: list[tuple[XapiObject, LazyText]] = []
    for subject in subjects:
        reason = why_not(action, subject, user)
        if reason is None:
            able.append(subject)
        else:
            unable.append((subject, reason))
    return Eligibility(action, tuple(able), tuple(unable))
