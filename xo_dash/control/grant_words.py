"""Grants in words: the role, what it is on, and how somebody has it."""

from __future__ import annotations

from typing import Final, Protocol

from data.grants.grant import LEVELS, Grant, GrantKind
from data.grants.table import GrantTable
from data.grants.targets import target_seen_from
from data.names import name_of, pool_name
from data.objects import Pool
from data.stores.users import Role, User
from data.types import Home, XapiObject
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

ROLES: Final = {Role.NONE: N_("no role"), Role.VIEWER: N_("viewer"), Role.OPERATOR: N_("operator"), Role.ADMIN: N_("administrator")}
"""The roles in words."""
UUID_SHOWN: Final = 8


def role_text(role: str, table: GrantTable) -> LazyText:
    """What a grant gives: one of the roles that are always there, or the name of an own one."""
    if role in LEVELS:
        return LazyText(ROLES[Role(role)])
    own = table.roles.get(role)
    return lazy("{name}", name=own.name if own else "–")


def target_text(grant: Grant, home: Home) -> LazyText:
    """What it is on, as seen from a pool."""
    if grant.kind is GrantKind.TAG:
        return lazy(N_("tag {tag}"), tag=grant.key)
    if grant.kind is GrantKind.FILTER:
        return lazy(N_("filter {filter}"), filter=grant.key)
    row = target_seen_from(grant.kind, grant.key, home)
    if row is None:
        return lazy(N_("{uuid} (deleted)"), uuid=grant.key[:UUID_SHOWN])
    return lazy("{name}", name=pool_name(row.home) if isinstance(row, Pool) else name_of(row))


def grant_text(grant: Grant, table: GrantTable, home: Home) -> LazyText:
    """The role and what it is on, in one."""
    if grant.owner:
        return lazy(N_("owner of {target}"), target=target_text(grant, home))
    message = N_("a deny of {role} on {target}") if grant.deny else N_("{role} on {target}")
    return lazy(message, role=role_text(grant.role, table), target=target_text(grant, home))


def deny_text(deny: Grant, table: GrantTable, subject: XapiObject) -> LazyText | None:
    """The same, for whom it withholds `subject`; None where it would name what they may not see: another object's tag, a filter."""
    if deny.kind is GrantKind.FILTER or (deny.kind is GrantKind.TAG and deny.key not in getattr(subject, "tags", ())):
        return None
    return grant_text(deny, table, subject.home)


class UserNames(Protocol):
    """Where names of users are: the store."""

    def get(self, record_id: str) -> User | None: ...


def whose(grant: Grant, table: GrantTable, users: UserNames) -> LazyText:
    """The user or group that has it."""
    if grant.group_id:
        return source_text(grant, table)
    user = users.get(grant.user_id)
    return lazy("{name}", name=user.name if user is not None else "–")


def source_text(grant: Grant, table: GrantTable) -> LazyText:
    """How a user has it."""
    group = next((one for one in table.groups if one.id == grant.group_id), None)
    return lazy(N_("group {name}"), name=group.name) if group else LazyText(N_("direct"))
