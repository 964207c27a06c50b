"""The last look before anything is sent: who, what, on what, with what; as it is now, not as it was when asked."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from data.mirror import Mirror
from data.stores.users import User, capped
from data.turns import give_way, in_turns_while
from data.types import XapiObject
from xo_dash.control.access import given, may, may_still
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import out_of_sight, why_not
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.local_user import Users
from xo_dash.control.plan import Step
from xo_dash.control.quota.desk import QuotaDesk
from xo_dash.control.rehearsal import rehearsing
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.run import Run, RunItem
from xo_dash.control.support import unsupported
from xo_dash.i18n import N_

Doing = tuple[str, str, str, bytes]
"""(server, uuid, command, request) of what is being done."""


class Admission:
    """Says of each object of a run with which request it may be begun, or why not."""

    def __init__(self, mirror: Mirror, users: Users, quotas: QuotaDesk) -> None:
        """`users`: as they are now."""
        self._mirror = mirror
        self._users = users
        self._quotas = quotas
        self._under_way: set[Doing] = set()

    def user(self, run: Run) -> User | None:
        """Whoever gave it, as they are now."""
        user = self._users.get(run.user_id)
        return None if user is None else capped(user, run.cap)

    async def request_for(self, run: Run, item: RunItem) -> Request | LazyText:
        """The item gets it, and its object as it is now; what it takes is held against the quotas until it has ended."""
        pool = self._mirror.pools.get(item.pool)
        subject = pool.by_uuid(run.action.kind, item.uuid) if pool and pool.uuid == item.pool_uuid else None
        if subject is None:
            return lazy(N_("{name} no longer exists"), name=item.name)
        item.subject = subject
        if reason := why_not(run.action, subject, user := self.user(run)):
            return reason
        try:
            request = run.action.settled(filled(run, item), subject, user)
        except BadRequest as error:
            return _told(error.faults, run.action)
        # what is not seen first: other faults say how things stand with what it names
        faults = out_of_sight(request, subject, user) or _not_theirs(request, subject, user)
        await give_way()  # whoever asked for it has looked for faults in the turn before
        faults = faults or await self._wrong(run.action, request, subject)
        await give_way()
        if faults:
            return _told(faults, run.action)
        item.request = request = run.action.pin(request, subject)
        if _doing(run, item) in self._under_way:
            return lazy(N_("it is already being done"))
        item.given = given(user, run.action, subject)
        faults = self._quotas.admit(item, user, run.action.id, request, subject) if user is not None else []
        return _told(faults, run.action) if faults else request

    async def _wrong(self, action: AnyAction, request: Request, subject: XapiObject) -> list[Fault]:
        """With it, or beyond what the release of its pool can do. Both look at every VM of a host that is emptied: in turns of the loop."""
        for is_last in (False, False, True):
            is_same = None if is_last else self._mirror.stands()
            faults: list[Fault] = []
            steps: list[Step] = []
            if await in_turns_while(is_same, _looking(action, request, subject, faults, steps)):
                break
        if not faults and (reason := unsupported(steps, subject.home)):
            return [Fault("", reason)]
        return faults

    @contextmanager
    def under_way(self, run: Run, item: RunItem) -> Generator[None]:
        """Meanwhile the same is not begun a second time."""
        doing = _doing(run, item)
        self._under_way.add(doing)
        try:
            yield
        finally:
            self._under_way.discard(doing)


def filled(run: Run, item: RunItem) -> Request:
    """The request for this object. Raises BadRequest for values that make none."""
    if run.request is None:
        raise BadRequest(run.faults)
    request: Request = run.action.for_each(run.request, item.subject)
    return request


def taken(run: Run, item: RunItem, user: User | None) -> LazyText | None:
    """Why whoever gave it may not go on with it any more, once there was a wait in the middle of it."""
    if not (verdict := may_still(user, run.action, item.subject, item.given)):
        return verdict.reason
    faults = _not_theirs(item.request, item.subject, user) if item.request is not None else []
    return faults[0].reason if faults else None


def _not_theirs(request: Request, subject: XapiObject, user: User | None) -> list[Fault]:
    """What it does besides that its user may not."""
    verdicts = ((field, may(user, action(row), other)) for field, row, other in request.also(subject))
    return [Fault(field, verdict.reason) for field, verdict in verdicts if not verdict]


def _looking(action: AnyAction, request: Request, subject: XapiObject, faults: list[Fault], steps: list[Step]) -> Iterator[None]:
    """All faults; where there are none, all steps. A piece at a time."""
    for fault in action.looking_for_faults(request, subject):
        faults += [fault] if fault is not None else []
        yield
    if not faults:
        for _depth, step in rehearsing(action.plan(request, subject)):
            steps.append(step)
            yield


def _doing(run: Run, item: RunItem) -> Doing:
    return (item.pool, item.uuid, run.action.id, msgspec.json.encode(item.request))


def _told(faults: Sequence[Fault], action: AnyAction) -> LazyText:
    """What is wrong with a request, as one reason: the first fault, with its field where that is not plain."""
    fault = faults[0]
    named = [field for field in action.fields if field.name == fault.field]
    if not named or len(action.fields) == 1:
        return fault.reason
    return lazy("{field}: {reason}", field=LazyText(named[0].title), reason=fault.reason)
