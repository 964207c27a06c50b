"""Grants, groups of users and roles of one's own: who may do what on which object, see data.grants."""

from __future__ import annotations

import time
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from data.grants.grant import LEVELS, Grant, GrantKind, OwnRole, UserGroup
from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordInvalid, RecordRefused
from data.stores.records import Records
from data.stores.users import name_key
from xo_dash.i18n import _

R = TypeVar("R", OwnRole, UserGroup)
LONGEST_NAME: Final = 64
LONGEST_KEY: Final = 255


def _cleaned(name: str) -> str:
    cleaned = unicodedata.normalize("NFKC", name).strip()
    if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
        raise RecordRefused(_("a name has 1 to {longest} visible characters").format(longest=LONGEST_NAME))
    return cleaned


def _named(records: Iterable[R], name: str) -> R | None:
    key = name_key(name)
    return next((record for record in records if name_key(record.name) == key), None)


class GrantStore(Records[Grant]):
    """grants.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "grants", Grant)

    def add_now(
        self, role: str, kind: GrantKind, key: str, *, user_id: str = "", group_id: str = "", deny: bool = False,
        until: float | None = None, by: str = "",
    ) -> Grant:  # fmt: skip
        """For a user or a group. The same once more is the one that is there, with the new end. Raises RecordRefused."""
        if until is not None and until <= time.time():
            raise RecordRefused(_("it would expire in the past; choose a later date"))
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
            raise RecordRefused(_("a grant needs an object or a tag"))
        new = Grant(
            id=str(uuid.uuid4()), user_id=user_id, group_id=group_id, role=role, kind=kind, key=key, deny=deny, until=until, by=by,
            created=time.time(),
        )  # fmt: skip

        def edit(records: dict[str, Grant]) -> Grant:
            same = next((one for one in records.values() if _says(one) == _says(new)), None)
            grant = replace(new, id=same.id) if same else new
            records[grant.id] = grant
            return grant

        return self._change("grant.add", edit, new.name)

    def remove_now(self, grant_id: str) -> Grant:
        """Raises RecordMissing."""
        return self._discard("grant.remove", grant_id)

    add = in_thread(add_now)
    remove = in_thread(remove_now)


def _says(grant: Grant) -> tuple[object, ...]:
    return grant.user_id, grant.group_id, grant.role, grant.kind, grant.key, grant.deny


class GroupStore(Records[UserGroup]):
    """groups.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "groups", UserGroup)

    def by_name(self, name: str) -> UserGroup | None:
        return _named(self.all(), name)

    def add_now(self, name: str, users: Iterable[str] = (), groups: Iterable[str] = ()) -> UserGroup:
        """Raises RecordRefused."""
        group = UserGroup(id=str(uuid.uuid4()), name=_cleaned(name), users=tuple(users), groups=tuple(groups))

        def edit(records: dict[str, UserGroup]) -> UserGroup:
            if _named(records.values(), group.name):
                raise RecordRefused(_("the group {name} already exists").format(name=group.name))
            records[group.id] = group
            return group

        return self._change("group.add", edit, group.name)

    def set_members_now(self, group_id: str, users: Iterable[str], groups: Iterable[str] = ()) -> UserGroup:
        """Raises RecordRefused for a group that would be in itself."""
        wanted_users, wanted_groups = tuple(dict.fromkeys(users)), tuple(dict.fromkeys(groups))

        def change(group: UserGroup) -> UserGroup:
            others = tuple(one for one in self._records.values() if one.id != group_id)
            edited = replace(group, users=wanted_users, groups=wanted_groups)
            if group_id in wanted_groups or _is_in(group_id, edited, others):
                raise RecordRefused(_("{name} would contain itself through another group; leave that group out").format(name=group.name))
            return edited

        return self._update("group.members", group_id, change)

    def move_now(self, user_id: str, into: Iterable[str], out_of: Iterable[str] = ()) -> bool:
        """Put a user into some groups and take them out of others, all by their ids; whether that was a change."""
        joined, left = set(into), set(out_of)
        before = self._records

        def edit(records: dict[str, UserGroup]) -> None:
            for group in list(records.values()):
                if group.id in joined and user_id not in group.users:
                    records[group.id] = replace(group, users=(*group.users, user_id))
                elif group.id in left and user_id in group.users:
                    records[group.id] = replace(group, users=tuple(one for one in group.users if one != user_id))

        self._change("group.members", edit)
        return self._records is not before

    def remove_now(self, group_id: str) -> UserGroup:
        """Raises RecordMissing."""
        return self._discard("group.remove", group_id)

    add = in_thread(add_now)
    set_members = in_thread(set_members_now)
    move = in_thread(move_now)
    remove = in_thread(remove_now)


def _is_in(group_id: str, edited: UserGroup, others: tuple[UserGroup, ...]) -> bool:
    """Whether the group is in itself by those that it has."""
    by_id = {one.id: one for one in others}
    found, layer = set[str](), set(edited.groups)
    while layer:
        found |= layer
        layer = {inner for one in layer if one in by_id for inner in by_id[one].groups} - found
    return group_id in found


class RoleStore(Records[OwnRole]):
    """roles.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "roles", OwnRole)

    def by_name(self, name: str) -> OwnRole | None:
        return _named(self.all(), name)

    def save_now(self, name: str, verbs: Iterable[str]) -> OwnRole:
        """A new one, or what one of this name may from now on. Raises RecordRefused."""
        cleaned, wanted = _cleaned(name), tuple(dict.fromkeys(verbs))
        if name_key(cleaned) in LEVELS:
            raise RecordRefused(_("{name} is a role that is always there; choose another name").format(name=cleaned))
        if not wanted:
            raise RecordInvalid(_("a role needs at least one action"))

        def edit(records: dict[str, OwnRole]) -> OwnRole:
            known = _named(records.values(), cleaned)
            role = OwnRole(id=known.id if known else str(uuid.uuid4()), name=cleaned, verbs=wanted)
            records[role.id] = role
            return role

        return self._change("role.save", edit, cleaned)

    def remove_now(self, role_id: str) -> OwnRole:
        """Raises RecordMissing."""
        return self._discard("role.remove", role_id)

    save = in_thread(save_now)
    remove = in_thread(remove_now)
