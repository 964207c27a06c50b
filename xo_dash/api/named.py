"""What a request names: users, groups, roles and objects, by name, id or key. All raise Problem for what is not there."""

from __future__ import annotations

from typing import TypeVar

from data.grants.grant import LEVELS, UserGroup
from data.identity import key_of
from data.stores.users import Role, User
from data.types import XapiObject
from xo_dash.api.asked import Asked, Problem
from xo_dash.i18n import _

T = TypeVar("T", bound=XapiObject)


def named_user(asked: Asked, name: str) -> User:
    user = asked.context.users.get(name) or asked.context.users.by_name(name)
    if user is None:
        raise Problem(404, _("there is no user “{name}”; GET /api/v1/users lists them").format(name=name[:80]))
    return user


def named_group(asked: Asked, name: str) -> UserGroup:
    group = asked.context.grants.groups.get(name) or asked.context.grants.groups.by_name(name)
    if group is None:
        raise Problem(404, _("there is no group “{name}”; GET /api/v1/groups lists them").format(name=name[:80]))
    return group


def named_role(asked: Asked, name: str) -> str:
    """What a grant keeps of it."""
    if name in LEVELS and name != Role.NONE:
        return name
    role = asked.context.grants.roles.get(name) or asked.context.grants.roles.by_name(name)
    if role is None:
        raise Problem(404, _("there is no role “{name}”; GET /api/v1/roles lists them").format(name=name[:80]))
    return role.id


def the_one(asked: Asked, kind: type[T], called: str, uuid: str) -> T:
    """The object that a uuid or key means. Raises Problem for what is in several pools, too."""
    found = asked.context.mirror.having(kind, uuid) if uuid else []
    if not found:
        sentence = _("there is no {kind} “{text}”; enter the UUID of one that is there")
        raise Problem(404, sentence.format(kind=called, text=uuid[:80]))
    if len(found) > 1:
        matches = sorted(map(key_of, found))
        sentence = _("“{key}” is in several pools; use one of these instead: {matches}")
        raise Problem(409, sentence.format(key=uuid[:80], matches=", ".join(matches)), matches=matches)
    return found[0]
