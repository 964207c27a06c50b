"""The grants of everybody, as they are now."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from data.grants.grant import LEVELS, OWNER_ROLE, Grant, GrantKind, OwnRole, UserGroup, groups_of
from data.grants.quota import Owner, Quota
from data.grants.rights import Rights
from data.objects import SR, VDI, VM, Network
from data.observers import Observers
from data.sight import Sight
from data.storage import DiskKind, disk_kind
from data.types import XapiObject

log = logging.getLogger(__name__)
T = TypeVar("T", bound=XapiObject)


class Person(Protocol):
    """Somebody who may have grants: a user of ours."""

    @property
    def id(self) -> str: ...

    @property
    def role(self) -> str: ...


def owning(key: str, user_id: str) -> Grant:
    """Whoever owns a VM is its operator."""
    return Grant(id=f"owner {key}", user_id=user_id, role=OWNER_ROLE, kind=GrantKind.VM, key=key, owner=True)


class GrantTable:
    """Answers what a user's rights are. One for the mirror; whoever keeps the records calls `put`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.grants: tuple[Grant, ...] = ()
        self.groups: tuple[UserGroup, ...] = ()
        self.roles: dict[str, OwnRole] = {}
        self.compile: Callable[[str], Callable[[VM], bool]] | None = None
        """Makes of a filter's text a test of VMs; raises for what is none. Without it grants on filters give nothing."""
        self.quotas: tuple[Quota, ...] = ()
        self.owners: dict[str, str] = {}
        """{key of a VM or disk: the id of the user whose it is}"""
        self._of: dict[tuple[str, str, str], Rights] = {}  # by user, role and cap
        self._ends = 0.0  # when the next of them does; 0: none
        self._observers: Observers[[]] = Observers()

    def put(
        self, grants: Iterable[Grant], groups: Iterable[UserGroup] = (), roles: Iterable[OwnRole] = (), quotas: Iterable[Quota] = (),
        owners: Iterable[Owner] = (),
    ) -> None:  # fmt: skip
        """All there are; whoever observes is told."""
        self.grants, self.groups = tuple(grants), tuple(groups)
        self.roles = {role.id: role for role in roles}
        self.quotas, self.owners = tuple(quotas), {owner.id: owner.user_id for owner in owners}
        self._renew()

    def expire(self) -> None:
        """See whether one has ended by itself. Now and then."""
        if self._ends and self._clock() >= self._ends:
            self._renew()

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when somebody's rights may be others, until what is returned is called."""
        return self._observers.add(observer)

    def rights(self, person: Person) -> Rights:
        """What they may now, with the role that they have everywhere."""
        return self.rights_of(person.id, person.role, getattr(person, "cap", "admin"))

    def rights_of(self, user_id: str, role: str, cap: str = "admin") -> Rights:
        """`cap`: the most that a token may."""
        key = (user_id, role, cap)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = Rights(LEVELS[role], self.of(user_id), self.roles, LEVELS[cap], self.fitting)
        return found

    def fitting(self, grant: Grant) -> Callable[[VM], bool]:
        """Which VMs a grant on a filter is on; what cannot be understood gives nothing, and denies everything."""
        try:
            if self.compile is not None:
                return self.compile(grant.key)
        except Exception:
            log.warning("the filter of a grant is not understood: %s", grant.key)
        return lambda _vm: grant.deny

    def of(self, user_id: str) -> Sequence[Grant]:
        """Those that a user has, directly or by groups, and that have not ended."""
        groups = groups_of(user_id, self.groups)
        given = [grant for grant in self.valid() if grant.user_id == user_id or grant.group_id in groups]
        return given + [grant for grant in self.ownerships() if grant.user_id == user_id]

    def ownerships(self) -> Sequence[Grant]:
        """What everybody has as the owner of something."""
        return [owning(key, owner) for key, owner in self.owners.items()]

    def quotas_of(self, user_id: str) -> list[Quota]:
        """Their own, and those of the groups that they are in."""
        groups = groups_of(user_id, self.groups)
        return [quota for quota in self.quotas if quota.user_id == user_id or quota.group_id in groups]

    def is_for(self, quota: Quota, user_id: str) -> bool:
        """Whether what this user has counts towards it."""
        return quota.user_id == user_id or (bool(quota.group_id) and quota.group_id in groups_of(user_id, self.groups))

    def vms_of(self, quota: Quota, among: Sight) -> list[VM]:
        """Those that count towards it."""
        return self._owned(quota, VM, among)

    def disks_of(self, quota: Quota, among: Sight) -> list[VDI]:
        """The same, of disks that were made by themselves; images in a library are for everybody."""
        return [disk for disk in self._owned(quota, VDI, among) if disk_kind(disk) is not DiskKind.IMAGE]

    def _owned(self, quota: Quota, kind: type[T], among: Sight) -> list[T]:
        theirs = {user_id for user_id in self.owners.values() if self.is_for(quota, user_id)}
        return [row for key, owner in self.owners.items() if owner in theirs and (row := among.find(kind, key)) is not None]

    def may_use(self, user_id: str, row: XapiObject) -> bool:
        """Whether an SR or network is one of those that a quota of theirs names: then they know it by name."""
        return bool(self.quotas) and isinstance(row, SR | Network) and any(quota.names(row) for quota in self.quotas_of(user_id))

    def valid(self) -> Sequence[Grant]:
        """Those of everybody that have not ended."""
        now = self._clock()
        return [grant for grant in self.grants if grant.until is None or grant.until > now]

    def _renew(self) -> None:
        now = self._clock()
        self._of.clear()
        self._ends = min((grant.until for grant in self.grants if grant.until is not None and grant.until > now), default=0.0)
        self._observers.tell()
