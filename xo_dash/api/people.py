"""Users, groups, roles and grants. Administrators see and change all; others see what is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.responses import Response

from data.grants.grant import LEVELS, Grant, GrantKind, OwnRole, UserGroup, groups_of
from data.grants.targets import TARGETS, target_is_told
from data.identity import key_of, parse
from data.stores.grants import LONGEST_KEY, LONGEST_NAME
from data.stores.moments import WRITTEN, moment_of
from data.stores.users import Role, User
from data.types import XapiObject
from xo_dash.api.asked import Asked, Problem, told
from xo_dash.api.collections import Collection
from xo_dash.api.named import named_group, named_role, named_user, the_one
from xo_dash.control.filters import BadFilter
from xo_dash.control.verbs import VERBS, check_verbs, verbs_of
from xo_dash.control.vm_filter import vm_filter
from xo_dash.i18n import _

T = TypeVar("T", bound=XapiObject)
Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
TargetKey = Annotated[str, Meta(max_length=LONGEST_KEY)]
Until = Annotated[str, Meta(extra_json_schema={"anyOf": [{"pattern": WRITTEN}, {"format": "date"}]})]
"""Checked where it is read, which has a better sentence."""
FOR_ONE: Final = Meta(extra_json_schema={"oneOf": [
    {"required": ["user"], "properties": {"user": {"minLength": 1}, "group": {"maxLength": 0}}},
    {"required": ["group"], "properties": {"group": {"minLength": 1}, "user": {"maxLength": 0}}},
]})  # fmt: skip
"""Of what is for a user or a group."""
ON_WHAT: Final = {
    "anyOf": [
        {"properties": {"kind": {"enum": [kind.value for kind in TARGETS]}}},
        *({"required": [kind], "properties": {"kind": {"const": kind}, kind: {"minLength": 1}}} for kind in ("tag", "filter")),
    ]
}
"""A tag or a filter is given under its name."""


class On(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a grant is on: an object by its uuid or key, a tag, or VMs by a filter."""

    kind: GrantKind
    uuid: TargetKey = ""
    tag: TargetKey = ""
    filter: TargetKey = ""


class NewGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`user` or `group`: name or id. `until`: `90d`, `12h`, or a date."""

    user: str = ""
    group: str = ""
    role: str
    on: Annotated[On, Meta(extra_json_schema=ON_WHAT)]
    deny: bool = False
    until: Until = ""


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    password: str
    role: Role = Role.NONE


class NewGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members by name or id."""

    name: Name
    users: list[str] = []
    groups: list[str] = []


class GroupMembers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    users: list[str] = []
    groups: list[str] = []


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    verbs: Annotated[list[Annotated[str, Meta(extra_json_schema={"enum": list(VERBS)})]], Meta(extra_json_schema={"minItems": 1})]


def is_admin(asked: Asked) -> bool:
    return asked.user.role is Role.ADMIN


# ---- what is told


class _Told:
    """A record beside what names are looked up in."""

    def __init__(self, record: Any, asked: Asked) -> None:
        self.record, self.context, self._asked = record, asked.context, asked

    def user_name(self, user_id: str) -> str | None:
        user = self.context.users.get(user_id)
        return user.name if user else None

    def group_name(self, group_id: str) -> str | None:
        group = self.context.grants.groups.get(group_id)
        return group.name if group else None

    @property
    def is_told(self) -> bool:
        """Of a grant: whether who asks may know what it is on, and who made it."""
        return is_admin(self._asked) or target_is_told(self.record, self.context.mirror)

    def role_name(self, role: str) -> str | None:
        own = self.context.grants.roles.get(role)
        return role if role in LEVELS else own.name if own else None


def _mine(asked: Asked) -> frozenset[str]:
    return groups_of(asked.user.id, asked.context.grants.groups.all())


def wrapped(found: Iterable[Any], asked: Asked) -> list[_Told]:
    return [_Told(one, asked) for one in found]


def _users(asked: Asked) -> Iterable[_Told]:
    return wrapped((user for user in asked.context.users.all() if is_admin(asked) or user.id == asked.user.id), asked)


def _groups(asked: Asked) -> Iterable[_Told]:
    mine = _mine(asked)
    return wrapped((group for group in asked.context.grants.groups.all() if is_admin(asked) or group.id in mine), asked)


def _grants(asked: Asked) -> Iterable[_Told]:
    mine = {grant.id for grant in asked.context.grants.table.of(asked.user.id)}
    return wrapped((grant for grant in asked.context.grants.grants.all() if is_admin(asked) or grant.id in mine), asked)


def _roles(asked: Asked) -> Iterable[_Told]:
    built_in = [OwnRole(id=role.value, name=role.value, verbs=tuple(verbs_of(role))) for role in Role]
    return wrapped([*built_in, *asked.context.grants.roles.all()], asked)


def on_as_data(grant: Grant, *, told: bool) -> dict[str, object]:
    """What it is on; no more than the kind of that where it is not told."""
    if not told:
        return {"kind": grant.kind.value}
    if grant.kind in (GrantKind.TAG, GrantKind.FILTER):
        return {"kind": grant.kind.value, grant.kind.value: grant.key}
    key = parse(grant.key)
    return {"kind": grant.kind.value, "uuid": key.uuid, "pool": key.pool or (key.uuid if grant.kind is GrantKind.POOL else None)}


def collection(
    called: str, title: str, every: Callable[[Asked], Iterable[_Told]], /, **fields: Callable[[_Told], object]
) -> Collection[_Told]:
    told_fields: dict[str, Callable[[_Told], object]] = {
        "id": lambda one: one.record.id, "uuid": lambda one: one.record.id, **fields,
    }  # fmt: skip
    return Collection(
        name=called, title=title, all=every, always=("id",), order=lambda one: str(one.record.id),
        fields={key: _apart(value) for key, value in told_fields.items()},
    )  # fmt: skip


def _apart(value: Callable[[_Told], object]) -> Callable[[_Told, Any], object]:
    return lambda one, _sees: value(one)


USERS: Final = collection(
    "users", "Users; who is no administrator sees themselves", _users,
    name=lambda one: one.record.name, role=lambda one: one.record.role.value, created=lambda one: one.record.created,
    disabled=lambda one: one.record.disabled, last_sign_in=lambda one: one.record.signed_in or None,
)  # fmt: skip
GROUPS: Final = collection(
    "groups", "Groups of users", _groups,
    name=lambda one: one.record.name,
    users=lambda one: [name for user_id in one.record.users if (name := one.user_name(user_id))],
    groups=lambda one: [name for group_id in one.record.groups if (name := one.group_name(group_id))],
)  # fmt: skip
ROLES: Final = collection(
    "roles", "Roles, with the verbs that each may", _roles,
    name=lambda one: one.record.name, verbs=lambda one: list(one.record.verbs), own=lambda one: one.record.id not in LEVELS,
)  # fmt: skip
GRANTS: Final = collection(
    "grants", "Grants: a role for a user or a group on an object", _grants,
    user=lambda one: one.user_name(one.record.user_id), group=lambda one: one.group_name(one.record.group_id),
    role=lambda one: one.role_name(one.record.role), deny=lambda one: one.record.deny,
    on=lambda one: on_as_data(one.record, told=one.is_told),
    until=lambda one: one.record.until, created=lambda one: one.record.created, by=lambda one: one.record.by if one.is_told else None,
)  # fmt: skip
COLLECTIONS: Final = (USERS, GROUPS, ROLES, GRANTS)


# ---- what is changed, by administrators


async def made(asked: Asked, among: Collection[_Told], record: Any) -> Response:
    data = among.as_data(_Told(record, asked), asked.scope.sees)
    return await told(asked, data, 201, {"location": f"/api/v1/{among.name}/{record.id}"})


async def add_user(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(NewUser)
    return await made(asked, USERS, await asked.context.auth.add_user(body.name, body.password, body.role))


async def remove_user(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    await asked.context.auth.remove_user(named_user(asked, asked.path("uuid")).id)
    return await _changed(asked)


async def add_group(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(NewGroup)
    group = await asked.context.grants.groups.add(body.name, _ids(asked, body.users, named_user), _ids(asked, body.groups, named_group))
    await asked.context.grants.refresh()
    return await made(asked, GROUPS, group)


async def set_members(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(GroupMembers)
    group = named_group(asked, asked.path("uuid"))
    users, groups = _ids(asked, body.users, named_user), _ids(asked, body.groups, named_group)
    group = await asked.context.grants.groups.set_members(group.id, users, groups)
    await asked.context.grants.refresh()
    return await told(asked, GROUPS.as_data(_Told(group, asked), asked.scope.sees))


async def remove_group(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    await asked.context.grants.groups.remove(named_group(asked, asked.path("uuid")).id)
    return await _changed(asked)


async def save_role(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(NewRole)
    check_verbs(body.verbs)
    role = await asked.context.grants.roles.save(body.name, body.verbs)
    await asked.context.grants.refresh()
    return await made(asked, ROLES, role)


async def remove_role(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    await asked.context.grants.roles.remove(named_role(asked, asked.path("uuid")))
    return await _changed(asked)


async def add_grant(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(NewGrant)
    if bool(body.user) == bool(body.group):
        raise Problem(400, _("a grant is for a “user” or a “group”; name one of them"))
    grant = await asked.context.grants.grants.add(
        named_role(asked, body.role), body.on.kind, _target(asked, body.on), user_id=named_user(asked, body.user).id if body.user else "",
        group_id=named_group(asked, body.group).id if body.group else "", deny=body.deny, until=moment_of(body.until), by=asked.user.name,
    )  # fmt: skip
    await asked.context.grants.refresh()
    return await made(asked, GRANTS, grant)


async def remove_grant(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    await asked.context.grants.grants.remove(asked.path("uuid"))
    return await _changed(asked)


async def _changed(asked: Asked) -> Response:
    """Once nothing shows any more what was taken away."""
    await asked.context.grants.refresh()
    return Response(status_code=204)


def _ids(asked: Asked, names: Sequence[str], find: Callable[[Asked, str], User | UserGroup]) -> list[str]:
    return [find(asked, name).id for name in names]


def _target(asked: Asked, on: On) -> str:
    """The key of what a grant is on. Raises Problem for what is not there, or in several pools."""
    if on.kind is GrantKind.TAG:
        return on.tag or _asks(_("name the “tag” of the grant"))
    if on.kind is GrantKind.FILTER:
        try:
            vm_filter(on.filter)
        except BadFilter as error:
            raise Problem(400, str(error)) from error
        return on.filter
    return key_of(the_one(asked, TARGETS[on.kind], on.kind.value, on.uuid))


def _asks(sentence: str) -> str:
    raise Problem(400, sentence)
