"""What a set of grants comes to. Pure; about a microsecond for each question.

A role holds on an object, and is inherited pool -> host -> VM; what is part of an object goes with it, as a disk with its VM and its SR.
A deny wins over whatever allows, from wherever it comes. Roles from the start are levels, and a verb has the level from which on it is
allowed; a role of one's own is a set of verbs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final, NamedTuple

from data.changes import Subject
from data.grants.grant import ADMIN, CREATING, LEVELS, SEE, VIEWER, Grant, GrantKind, OwnRole
from data.identity import parse
from data.messages import subject_of
from data.objects import (
    PBD,
    PCI,
    PGPU,
    PIF,
    PUSB,
    SR,
    VBD,
    VDI,
    VGPU,
    VIF,
    VM,
    VUSB,
    Appliance,
    Certificate,
    Console,
    Host,
    Message,
    Network,
    Pool,
)
from data.relations import edges
from data.server import Server
from data.types import Home, Ref, XapiObject

Fitting = Callable[[Grant], Callable[[VM], bool]]
"""Makes of a grant on a filter a test of whether a VM is meant."""
DEEPEST: Final = 4
"""Steps from a part to what it is part of: a snapshot's disk, its drive, the snapshot, its VM."""


class Entry(NamedTuple):
    """A grant, made ready to be asked."""

    grant: Grant
    level: int  # 0: `verbs` say what
    verbs: frozenset[str]
    deny: bool
    pool: str  # what the pool is called in the grant's key; empty: any

    def covers(self, verb: str, level: int) -> bool:
        """Whether it says something of a verb of that level."""
        if self.level:
            return level >= self.level if self.deny else level <= self.level
        return verb in self.verbs or (verb == SEE and not self.deny and not self.verbs <= CREATING)


class Rights:
    """Of one user: the level of the role that holds everywhere, and grants. `cap`: the most that a token may."""

    __slots__ = (
        "__weakref__",
        "_all",
        "_by_uuid",
        "_direct",
        "_filters",
        "_hosts",
        "_pools",
        "_tags",
        "cap",
        "grants",
        "has_denies",
        "level",
    )

    def __init__(
        self, level: int, grants: Iterable[Grant] = (), roles: Mapping[str, OwnRole] | None = None, cap: int = ADMIN,
        fitting: Fitting | None = None,
    ) -> None:  # fmt: skip
        """`fitting`: makes a test of VMs of a grant on a filter; without it such grants give nothing, and deny everything."""
        self.level = min(level, cap)
        self.cap = cap
        self.grants = tuple(grants)
        by_uuid: defaultdict[str, tuple[Entry, ...]] = defaultdict(tuple)
        pools: defaultdict[str, tuple[Entry, ...]] = defaultdict(tuple)
        tags: defaultdict[str, tuple[Entry, ...]] = defaultdict(tuple)
        filters: list[tuple[Callable[[VM], bool], Entry]] = []
        self._all = tuple(filter(None, (_entry(grant, roles or {}) for grant in self.grants)))
        for entry in self._all:
            grant = entry.grant
            if grant.kind is GrantKind.TAG:
                tags[grant.key] += (entry,)
            elif grant.kind is GrantKind.FILTER:
                filters.append((fitting(grant) if fitting is not None else lambda _vm, deny=grant.deny: deny, entry))  # type: ignore[misc]
            elif grant.kind is GrantKind.POOL:
                pools[grant.key] += (entry,)
            else:
                by_uuid[parse(grant.key).uuid] += (entry,)
        self._by_uuid, self._pools, self._tags = dict(by_uuid), dict(pools), dict(tags)
        self._filters = tuple(filters)
        self._hosts = any(grant.kind is GrantKind.HOST for grant in self.grants)
        self._direct = not (pools or tags or filters or self._hosts)
        """Whether a VM has what is said of itself alone."""
        self.has_denies = any(grant.deny for grant in self.grants)

    @property
    def sees_everything(self) -> bool:
        return self.level >= VIEWER and not self.has_denies

    def sees(self, subject: Subject) -> bool:
        """Whether it may be looked at, as such."""
        if self._direct and type(subject) is VM and subject.uuid not in self._by_uuid and not subject.is_a_snapshot:
            return self.level >= VIEWER  # what a list asks of thousands, of almost all of which nothing is said
        return self.may(SEE, VIEWER, subject)

    def may(self, verb: str, level: int, subject: Subject) -> bool:
        """`level`: from which role on the verb is allowed."""
        if level > self.cap:
            return False
        if verb != SEE and type(subject) is Appliance and subject.VMs:
            return self.missing_of(verb, level, subject) is None
        allowed = self.level >= level
        if allowed and not self.has_denies:
            return True
        for entry in self._entries(subject):
            if entry.covers(verb, level):
                if entry.deny:
                    return False
                allowed = True
        return allowed

    def allowing(self, verb: str, level: int, subject: Subject) -> frozenset[Grant]:
        """The grants by which it may be."""
        return frozenset(grant for grant, denies in self.effects(verb, level, subject) if denies is False)

    def may_still(self, verb: str, level: int, subject: Subject, given: Collection[Grant]) -> bool:
        """Whether `given`, by which it could be begun, still allow it, though they need not be on the subject any more."""
        is_denied = any(denies for _grant, denies in self.effects(verb, level, subject))
        return level <= self.cap and not is_denied and any(entry.grant in given and entry.covers(verb, level) for entry in self._all)

    def missing_of(self, verb: str, level: int, appliance: Appliance) -> VM | None:
        """The first of a vApp's VMs that it may not be done to: what is done to a vApp is done to all of them."""
        return next((vm for vm in appliance.all_of(VM, appliance.VMs) if not self.may(verb, level, vm)), None)

    def grants_on(self, subject: Subject) -> list[Grant]:
        """All that say something of it, the nearest first."""
        return list(dict.fromkeys(entry.grant for entry in self._entries(subject)))

    def effects(self, verb: str, level: int, subject: Subject) -> Iterator[tuple[Grant, bool | None]]:
        """The same, each with whether it denies the verb; None: it is about others."""
        entries = {entry.grant: entry for entry in self._entries(subject)}
        for grant, entry in entries.items():
            yield grant, entry.deny if entry.covers(verb, level) else None

    def _entries(self, subject: Subject) -> Iterable[Entry]:
        """Those on it, on what it is part of, on its host, on its pool, and on their tags."""
        if type(subject) is VM and not subject.is_a_snapshot:  # the way along references, made short for those that are thousands
            return self._of_vm(subject)
        if isinstance(subject, Server):
            return self._pools.get(subject.pool_uuid, ()) + self._pools.get(subject.id, ())
        return self._along(subject)

    def _of_vm(self, vm: VM) -> tuple[Entry, ...]:
        home, own = vm.home, self._by_uuid.get(vm.uuid, ())
        found = self._pools.get(home.key, ()) if self._pools else ()
        if self._hosts or self._tags:
            host = home.one(Host, vm.resident_on) or home.one(Host, vm.affinity)
            if host is not None:
                found = _in(self._by_uuid.get(host.uuid, ()), home) + self._tagged(host.tags) + found
            found = self._tagged(vm.tags) + found
        if self._filters:
            found = self._filtered(vm) + found
        return _in(own, home) + found if own else found

    def _tagged(self, tags: Iterable[str]) -> tuple[Entry, ...]:
        return tuple(entry for tag in tags for entry in self._tags.get(tag, ())) if self._tags and tags else ()

    def _filtered(self, vm: VM) -> tuple[Entry, ...]:
        return tuple(entry for fits, entry in self._filters if fits(vm))

    def _along(self, subject: XapiObject) -> tuple[Entry, ...]:
        found: tuple[Entry, ...] = ()
        home = subject.home
        for one in dict.fromkeys(wholes_of(subject)):
            if own := self._by_uuid.get(one.uuid, ()):
                found += _in(own, home)
            found += self._tagged(getattr(one, "tags", ()))
            if self._filters and isinstance(one, VM) and not one.is_a_snapshot:
                found += self._filtered(one)
        return found + self._pools.get(home.key, ())


def _in(entries: tuple[Entry, ...], home: Home) -> tuple[Entry, ...]:
    """Those of this pool: another may have an object of the same uuid."""
    return entries and tuple(entry for entry in entries if entry.pool in ("", home.key, home.id))


def _entry(grant: Grant, roles: Mapping[str, OwnRole]) -> Entry | None:
    """None for a role that is no longer there."""
    level, role = LEVELS.get(grant.role, 0), roles.get(grant.role)
    if not level and role is None:
        return None
    pool = "" if grant.kind in (GrantKind.TAG, GrantKind.FILTER, GrantKind.POOL) else parse(grant.key).pool
    return Entry(grant, level, frozenset(role.verbs) if role else frozenset(), grant.deny, pool)


def wholes_of(row: XapiObject, depth: int = DEEPEST) -> Iterator[XapiObject]:
    """It, and what it is part of or inherits from: the nearest first. Its pool is not among them."""
    yield row
    if depth:
        for one in _wholes(row):
            yield from wholes_of(one, depth - 1)


_WHOLES: Final[Mapping[type[XapiObject], tuple[str, ...]]] = {
    **dict.fromkeys((VBD, VIF, VGPU, VUSB, Console), ("VM",)),
    **dict.fromkeys((PCI, PGPU, PUSB, Certificate), ("host",)),
    VDI: ("VBDs", "SR"),
    PBD: ("host", "SR"),
    PIF: ("host", "network"),
    **dict.fromkeys((Pool, Host, SR, Network), ()),
}
"""{class: the fields that lead to what its objects are part of}; of other classes it is whoever names them, as a VM does its metrics."""


def _wholes(row: XapiObject) -> Iterable[XapiObject]:
    home = row.home
    if isinstance(row, VM):
        field = "snapshot_of" if row.is_a_snapshot else "resident_on" if home.one(Host, row.resident_on) else "affinity"
        return _behind(row, field)
    if isinstance(row, Message):
        about = subject_of(row)
        return () if about is None else (about,)
    if (fields := _WHOLES.get(type(row))) is not None:
        return chain.from_iterable(_behind(row, field) for field in fields)
    return [one for one in home.naming(row.ref) if type(one) is not type(row)]


def _behind(row: XapiObject, field: str) -> list[XapiObject]:
    value: Ref | list[Ref] = getattr(row, field)
    return row.all_of(edges(type(row))[field].target, value if isinstance(value, list) else [value])
