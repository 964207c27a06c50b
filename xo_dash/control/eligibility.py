"""What can be done to these objects now, by this user: pure, for buttons, and for the runner's last look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.mirror import PoolMirror
from data.names import pool_name
from data.stores.users import User
from data.types import XapiObject
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.conditions import residence_answers
from xo_dash.control.said import Said, say
from xo_dash.i18n import N_


def why_not(action: AnyAction, subject: XapiObject, user: User | None) -> Said | None:
    """Why `user` cannot do this to `subject` now; None if it can be tried."""
    verdict = may(user, action, subject)
    if not verdict:
        return verdict.reason
    return impossible(action, subject)


def impossible(action: AnyAction, subject: XapiObject) -> Said | None:
    """Why nobody can do this to `subject` now; None if it can be tried."""
    if not isinstance(subject, action.kind):
        return say(N_("this object does not support it"))
    return not_there(subject) or residence_answers(subject) or action.blocked(subject)


def not_there(subject: XapiObject) -> Said | None:
    """Why `subject` is only a memory: it was removed, or its pool cannot be reached."""
    home = subject.home
    if home.one(type(subject), subject.ref) is not subject:
        return say(N_("it no longer exists"))
    if isinstance(home, PoolMirror) and not home.server.is_live:
        return say(N_("{server} is not responding; its last known state is shown"), server=pool_name(home))
    return None


@dataclass(frozen=True, slots=True)
class Offer:
    """One command for several objects: those it can be done to, and why not to the others."""

    action: AnyAction
    able: tuple[XapiObject, ...]
    unable: tuple[tuple[XapiObject, Said], ...]

    @property
    def total(self) -> int:
        return len(self.able) + len(self.unable)

    @property
    def possible(self) -> bool:
        return bool(self.able)

    @property
    def reason(self) -> Said | None:
        """Why it is not possible at all: the reason of the first."""
        return None if self.able or not self.unable else self.unable[0][1]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of `total` a command can be done to, and why not to the first that it cannot."""

    action: AnyAction
    able: int
    total: int
    reason: Said | None


def tally(action: AnyAction, subjects: Sequence[XapiObject], user: User | None) -> Tally:
    """`offer` in numbers: for a selection of thousands, at every change."""
    unable = [subject for subject in subjects if not _can(action, subject, user)]
    reason = why_not(action, unable[0], user) if unable else None
    return Tally(action, len(subjects) - len(unable), len(subjects), reason)


def _can(action: AnyAction, subject: XapiObject, user: User | None) -> bool:
    return (
        isinstance(subject, action.kind)
        and action.can(subject)
        and bool(may(user, action, subject))
        and not_there(subject) is None
        and residence_answers(subject) is None
    )


def offer(action: AnyAction, subjects: Sequence[XapiObject], user: User | None) -> Offer:
    able: list[XapiObject] = []
    unable: list[tuple[XapiObject, Said]] = []
    for subject in subjects:
        reason = why_not(action, subject, user)
        if reason is None:
            able.append(subject)
        else:
            unable.append((subject, reason))
    return Offer(action, tuple(able), tuple(unable))
