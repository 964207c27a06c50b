"""A grant: a role for a user or a group, on one object and what is in it, or on a tag; or the opposite, which wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

UNTOLD: Final = {"untold": True}
"""Metadata of a field whose change says nothing to anybody; see data.stores.trace."""

NONE, VIEWER, OPERATOR, ADMIN = 0, 1, 2, 3
LEVELS: Final = {"none": NONE, "viewer": VIEWER, "operator": OPERATOR, "admin": ADMIN}
"""The roles that are there from the start: each may all that those below it may."""
OWNER_ROLE: Final = "operator"
"""What the owner of a VM may do with it."""
SEE: Final = "vm.see"
"""The verb of whoever may look at an object at all, of whatever kind: who may do anything with it may."""


CREATING: Final = frozenset({"vm.create", "pool.import_vm", "pool.import_ova"})
"""Verbs done to a pool that say nothing of what is in it: who may do no more there does not see its VMs."""


class GrantKind(StrEnum):
    """What a grant is on."""

    POOL = "pool"
    HOST = "host"
    VM = "vm"
    SR = "sr"
    NETWORK = "network"
    TAG = "tag"
    FILTER = "filter"  # of VMs, in the language of the lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """For a user or for a group, one of both."""

    id: str
    user_id: str = ""
    group_id: str = ""
    role: str  # of LEVELS, or the id of an own one
    kind: GrantKind
    key: str  # `uuid@pool`, see data.identity; a tag's or a filter's own text
    deny: bool = False  # takes the role away, with all that includes it
    until: float | None = None  # seconds since 1970; None: until it is revoked
    by: str = field(default="", metadata=UNTOLD)  # who made it
    created: float = field(default=0.0, metadata=UNTOLD)  # seconds since 1970
    owner: bool = field(default=False, metadata=UNTOLD)  # not given by anybody: whose a VM is, has it

    @property
    def name(self) -> str:
        """What the audit calls it."""
        return f"{'deny ' if self.deny else ''}{self.role} on {self.kind} {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRole:
    """A role of one's own: the verbs that it may, which are ids of actions, and `vm.see`, `vm.console.see`, `vm.console`."""

    id: str
    name: str
    verbs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """Users by their ids, and other groups, all of whose users are in it too."""

    id: str
    name: str
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def groups_of(user_id: str, groups: tuple[UserGroup, ...]) -> frozenset[str]:
    """The ids of all groups that a user is in, directly or by other groups."""
    found = {group.id for group in groups if user_id in group.users}
    while more := {group.id for group in groups if group.id not in found and found.intersection(group.groups)}:
        found |= more
    return frozenset(found)
