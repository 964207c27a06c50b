"""The grants of everybody, as they are now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from data.grants.grant import LEVELS, Grant, OwnRole, UserGroup, groups_of
from data.grants.rights import Rights


class Person(Protocol):
    """Somebody who may have grants: a user of ours."""

    @property
    def id(self) -> str: ...

    @property
    def role(self) -> str: ...


class GrantTable:
    """Answers what a user's rights are. One for the mirror; whoever keeps the records calls `put`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.grants: tuple[Grant, ...] = ()
        self.groups: tuple[UserGroup, ...] = ()
        self.roles: dict[str, OwnRole] = {}
        self._of: dict[tuple[str, str, str], Rights] = {}  # by user, role and cap
        self._ends = 0.0  # when the next of them does; 0: none
        self._observers: dict[int, Callable[[], None]] = {}
        self._serial = 0

    def put(self, grants: Iterable[Grant], groups: Iterable[UserGroup] = (), roles: Iterable[OwnRole] = ()) -> None:
        """All there are; whoever observes is told."""
        self.grants, self.groups = tuple(grants), tuple(groups)
        self.roles = {role.id: role for role in roles}
        self._renew()

    def expire(self) -> None:
        """See whether one has ended by itself. Now and then."""
        if self._ends and self._clock() >= self._ends:
            self._renew()

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when somebody's rights may be others, until what is returned is called."""
        self._serial += 1
        key = self._serial
        self._observers[key] = observer
        return lambda: self._observers.pop(key, None) and None

    def rights(self, person: Person) -> Rights:
        """What they may now, with the role that they have everywhere."""
        return self.rights_of(person.id, person.role, getattr(person, "cap", "admin"))

    def rights_of(self, user_id: str, role: str, cap: str = "admin") -> Rights:
        """`cap`: the most that a token may."""
        key = (user_id, role, cap)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = Rights(LEVELS[role], self.of(user_id), self.roles, LEVELS[cap])
        return found

    def of(self, user_id: str) -> Sequence[Grant]:
        """Those that a user has, directly or by groups, and that have not ended."""
        groups = groups_of(user_id, self.groups)
        return [grant for grant in self.valid() if grant.user_id == user_id or grant.group_id in groups]

    def valid(self) -> Sequence[Grant]:
        """Those of everybody that have not ended."""
        now = self._clock()
        return [grant for grant in self.grants if grant.until is None or grant.until > now]

    def _renew(self) -> None:
        now = self._clock()
        self._of.clear()
        self._ends = min((grant.until for grant in self.grants if grant.until is not None and grant.until > now), default=0.0)
        for observer in tuple(self._observers.values()):
            observer()
