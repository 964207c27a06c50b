"""What a grant is on, until when, and whose a quota, a VM or a disk is, in the reader's language; the audit log says it too."""

from __future__ import annotations

import time
from collections.abc import Callable

from data.grants.grant import Grant, GrantKind
from data.grants.quota import Quota
from data.grants.targets import target_of
from data.identity import key_of
from data.names import name_of
from data.sight import Sight
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.i18n import _, date


def on_text(grant: Grant, mirror: Sight) -> str:
    """What it is on."""
    if grant.kind is GrantKind.TAG:
        return _("tag {tag}").format(tag=grant.key)
    if grant.kind is GrantKind.FILTER:
        return _("filter {filter}").format(filter=grant.key)
    row = target_of(grant.kind, grant.key, mirror)
    return name_of(row) if row is not None else _("{uuid} (deleted)").format(uuid=grant.key[:8])


def until_text(grant: Grant) -> str:
    return "–" if grant.until is None else _("expired") if grant.until < time.time() else date(grant.until)


def owner_text(context: Context, quota: Quota) -> str:
    group = context.grants.groups.get(quota.group_id)
    if group is not None:
        return _("group {name}").format(name=group.name)
    user = context.users.get(quota.user_id)
    return user.name if user is not None else "–"


def naming_owners(context: Context) -> Callable[[XapiObject], str]:
    """What names whose a VM or a disk is: to administrators whoever it is, to others only themselves; "" for nobody, and nobody known."""
    looks = context.users.get(context.viewer)

    def name(row: XapiObject) -> str:
        owner = context.grants.table.owners.get(key_of(row), "")
        if not owner or looks is None or (looks.role is not Role.ADMIN and looks.id != owner):
            return ""
        user = context.users.get(owner)
        return user.name if user is not None else ""

    return name
