"""`xo-dash token`, `group`, `role`, `grant` and `quota`: what programs act by, and who may do what, from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Final

from data.grants.grant import LEVELS, Grant, GrantKind, UserGroup
from data.grants.quota import Quota
from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused
from data.stores.grants import GrantStore, GroupStore, RoleStore
from data.stores.moments import moment_of
from data.stores.quotas import QuotaStore
from data.stores.tokens import ApiToken, TokenStore
from data.stores.users import Role, User, UserStore
from xo_dash.cli_table import print_table
from xo_dash.i18n import _, date, size

Verb = Callable[[argparse.Namespace, DataDirectory], None]


def need_user(users: UserStore, name: str) -> User:
    """Raises RecordMissing."""
    user = users.by_name(name)
    if user is None:
        raise RecordMissing(_("there is no user named {name}; see: xo-dash user list").format(name=name))
    return user


def _add_token(given: argparse.Namespace, directory: DataDirectory) -> None:
    user = need_user(UserStore(directory), given.user)
    text, _token = TokenStore(directory).add_now(user.id, given.name, Role(given.role or Role.ADMIN), moment_of(given.expires))
    print(text)


def _list_tokens(given: argparse.Namespace, directory: DataDirectory) -> None:
    users = UserStore(directory)

    def name(token: ApiToken) -> str:
        user = users.get(token.user_id)
        return user.name if user else "–"

    rows = [
        (token.id, name(token), token.name, "–" if token.role is Role.ADMIN else token.role.value, _end(token),
         date(token.used) if token.used else _("never"))
        for token in TokenStore(directory).all()
    ]  # fmt: skip
    head = (_("id"), _("user"), _("name"), _("at most"), _("expires"), _("last used"))
    print_table(head, rows, _("there are no tokens; add one with: xo-dash token add USER --name NAME"))


def _end(token: ApiToken) -> str:
    if token.until is None:
        return _("never")
    return _("expired") if token.has_expired else date(token.until)


def _remove_token(given: argparse.Namespace, directory: DataDirectory) -> None:
    token = TokenStore(directory).remove_now(given.id)
    print(_("the token {name} is revoked").format(name=token.name))


def _add_group(given: argparse.Namespace, directory: DataDirectory) -> None:
    groups = GroupStore(directory)
    group = groups.add_now(given.name, *_members(given, directory, groups))
    print(_("the group {name} is added").format(name=group.name))


def _members(given: argparse.Namespace, directory: DataDirectory, groups: GroupStore) -> tuple[list[str], list[str]]:
    """The ids of users and of groups. Raises RecordMissing."""
    users = UserStore(directory)
    return [need_user(users, name).id for name in given.users], [_group(groups, name).id for name in given.groups]


def _set_members(given: argparse.Namespace, directory: DataDirectory) -> None:
    groups = GroupStore(directory)
    group = groups.set_members_now(_group(groups, given.name).id, *_members(given, directory, groups))
    print(_("the group {name} has other members").format(name=group.name))


def _list_groups(given: argparse.Namespace, directory: DataDirectory) -> None:
    users, groups = UserStore(directory), GroupStore(directory)
    rows = [
        (group.name, ", ".join(user.name for one in group.users if (user := users.get(one))) or "–",
         ", ".join(other.name for one in group.groups if (other := groups.get(one))) or "–")
        for group in groups.all()
    ]  # fmt: skip
    print_table((_("name"), _("users"), _("groups")), rows, _("there are no groups; add one with: xo-dash group add NAME --user USER"))


def _remove_group(given: argparse.Namespace, directory: DataDirectory) -> None:
    groups = GroupStore(directory)
    group = groups.remove_now(_group(groups, given.name).id)
    print(_("the group {name} and its grants are removed").format(name=group.name))


def _group(groups: GroupStore, name: str) -> UserGroup:
    """Raises RecordMissing."""
    group = groups.by_name(name)
    if group is None:
        raise RecordMissing(_("there is no group named {name}; see: xo-dash group list").format(name=name))
    return group


def _add_role(given: argparse.Namespace, directory: DataDirectory) -> None:
    from xo_dash.control.verbs import check_verbs

    check_verbs(given.verbs)
    role = RoleStore(directory).save_now(given.name, given.verbs)
    print(_("the role {name} allows {count} actions").format(name=role.name, count=len(role.verbs)))


def _list_roles(given: argparse.Namespace, directory: DataDirectory) -> None:
    rows = [(role.name, ", ".join(role.verbs)) for role in RoleStore(directory).all()]
    print_table((_("name"), _("actions")), rows, _("there are no roles besides viewer, operator and admin"))


def _remove_role(given: argparse.Namespace, directory: DataDirectory) -> None:
    roles = RoleStore(directory)
    role = roles.by_name(given.name)
    if role is None:
        raise RecordMissing(_("there is no role named {name}; see: xo-dash role list").format(name=given.name))
    roles.remove_now(role.id)
    print(_("the role {name} and its grants are removed").format(name=role.name))


def _add_grant(given: argparse.Namespace, directory: DataDirectory) -> None:
    kind, _colon, key = given.on.partition(":")
    if kind not in list(GrantKind) or not key:
        kinds = ", ".join(GrantKind)
        raise RecordRefused(_("a role cannot be given on “{text}”; write vm:UUID, with one of {kinds}").format(text=given.on, kinds=kinds))
    if bool(given.user) == bool(given.group):
        raise RecordRefused(_("a grant is for a user or a group; name one of them"))
    if kind == GrantKind.FILTER:
        _check_filter(key)
    grant = GrantStore(directory).add_now(
        _role(RoleStore(directory), given.role), GrantKind(kind), key,
        user_id=need_user(UserStore(directory), given.user).id if given.user else "",
        group_id=_group(GroupStore(directory), given.group).id if given.group else "",
        deny=given.deny, until=moment_of(given.expires), by="command line",
    )  # fmt: skip
    print(grant.id)


def _check_filter(text: str) -> None:
    """Raises RecordRefused."""
    from xo_dash.control.filters import BadFilter
    from xo_dash.control.vm_filter import vm_filter

    try:
        vm_filter(text)
    except BadFilter as error:
        raise RecordRefused(str(error)) from error


def _role(roles: RoleStore, name: str) -> str:
    """What a grant keeps of it. Raises RecordMissing."""
    own = roles.by_name(name)
    if LEVELS.get(name):
        return name
    if own is None:
        raise RecordMissing(_("there is no role named {name}; see: xo-dash role list").format(name=name))
    return own.id


def _list_grants(given: argparse.Namespace, directory: DataDirectory) -> None:
    users, groups, roles = UserStore(directory), GroupStore(directory), RoleStore(directory)

    def whom(grant: Grant) -> str:
        found = users.get(grant.user_id) or groups.get(grant.group_id)
        return found.name if found else "–"

    def role(grant: Grant) -> str:
        own = roles.get(grant.role)
        return own.name if own else grant.role

    rows = [
        (grant.id, whom(grant), _("denies") if grant.deny else _("allows"), role(grant), f"{grant.kind}:{grant.key}",
         _("never") if grant.until is None else date(grant.until))
        for grant in GrantStore(directory).all()
    ]  # fmt: skip
    head = (_("id"), _("user or group"), "", _("role"), _("on"), _("expires"))
    print_table(head, rows, _("there are no grants; add one with: xo-dash grant add --user USER --role ROLE --on vm:UUID"))


def _remove_grant(given: argparse.Namespace, directory: DataDirectory) -> None:
    GrantStore(directory).remove_now(given.id)
    print(_("the grant is revoked"))


def _set_quota(given: argparse.Namespace, directory: DataDirectory) -> None:
    quota = QuotaStore(directory).save_now(Quota(
        id="", user_id=need_user(UserStore(directory), given.user).id if given.user else "",
        group_id=_group(GroupStore(directory), given.group).id if given.group else "",
        vms=given.vms, vcpus=given.vcpus, memory=_bytes(given.memory), disk=_bytes(given.disk),
        srs=tuple(given.srs), networks=tuple(given.networks), running=given.running,
    ))  # fmt: skip
    print(quota.id)


def _bytes(text: str | None) -> int | None:
    """Raises RecordRefused."""
    from xo_dash.control.requests.sizes import parse_size

    amount = parse_size(text) if text is not None else None
    if isinstance(amount, int) or amount is None:
        return amount
    raise RecordRefused(_("“{text}” is not a size; enter bytes, or something like “32 GiB”").format(text=text))


def _list_quotas(given: argparse.Namespace, directory: DataDirectory) -> None:
    users, groups = UserStore(directory), GroupStore(directory)

    def whom(quota: Quota) -> str:
        found = users.get(quota.user_id) or groups.get(quota.group_id)
        return found.name if found else "–"

    def most(limit: int | None, unit: Callable[[int], str] = str) -> str:
        return "–" if limit is None else unit(limit)

    rows = [
        (quota.id, whom(quota), most(quota.vms), most(quota.vcpus), most(quota.memory, size), most(quota.disk, size),
         ", ".join(quota.srs) or "–", ", ".join(quota.networks) or "–")
        for quota in QuotaStore(directory).all()
    ]  # fmt: skip
    head = (_("id"), _("user or group"), _("VMs"), _("vCPUs"), _("memory"), _("disk"), _("SRs"), _("networks"))
    print_table(head, rows, _("there are no quotas; add one with: xo-dash quota set --user USER --vms 5"))


def _remove_quota(given: argparse.Namespace, directory: DataDirectory) -> None:
    QuotaStore(directory).remove_now(given.id)
    print(_("the quota is removed"))


VERBS: Final[Mapping[tuple[str, str], Verb]] = {
    ("token", "add"): _add_token,
    ("token", "list"): _list_tokens,
    ("token", "remove"): _remove_token,
    ("group", "add"): _add_group,
    ("group", "members"): _set_members,
    ("group", "list"): _list_groups,
    ("group", "remove"): _remove_group,
    ("role", "add"): _add_role,
    ("role", "list"): _list_roles,
    ("role", "remove"): _remove_role,
    ("grant", "add"): _add_grant,
    ("grant", "list"): _list_grants,
    ("grant", "remove"): _remove_grant,
    ("quota", "set"): _set_quota,
    ("quota", "list"): _list_quotas,
    ("quota", "remove"): _remove_quota,
}
