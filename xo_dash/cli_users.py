"""`xo-dash user` and `xo-dash ldap`: accounts from the command line, and whether the directory answers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Final

from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused
from data.stores.grants import GroupStore
from data.stores.invitations import InvitationStore, end_of
from data.stores.moments import moment_of
from data.stores.passkeys import PasskeyStore
from data.stores.second_factors import SecondFactorStore
from data.stores.users import Role, User, UserStore
from data.stores.vault import Vault
from xo_dash.auth.by_invitation import PATH
from xo_dash.auth.passwords import Passwords, complaint
from xo_dash.cli_people import need_user
from xo_dash.cli_table import ask_secret, print_table
from xo_dash.config import Settings
from xo_dash.i18n import _, date

Verb = Callable[[argparse.Namespace, Settings, DataDirectory], None]


def _add(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    users = UserStore(directory)
    if users.by_name(given.name):
        raise RecordRefused(_("the user {name} already exists").format(name=given.name))
    password = _new_password(given.name)
    user = users.add_now(given.name, Passwords().hash_now(password), Role(given.role))
    if user.role is Role.NONE:
        print(_("{name} can sign in now, and sees what grants give").format(name=user.name))
    else:
        print(_("{name} can sign in now, with the role {role}").format(name=user.name, role=user.role))


def _invite(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    groups = GroupStore(directory)
    wanted = [groups.by_name(name) for name in given.groups]
    for name, group in zip(given.groups, wanted, strict=True):
        if group is None:
            raise RecordMissing(_("there is no group named {name}; see: xo-dash group list").format(name=name))
    until = end_of(moment_of(given.expires))
    user = UserStore(directory).add_now(given.name, "", Role(given.role))
    groups.move_now(user.id, [group.id for group in wanted if group is not None])
    _print_link(settings, directory, user, until)


def _new_link(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    user = need_user(UserStore(directory), given.name)
    if user.external:
        raise RecordRefused(_("{name} signs in at a provider or a directory and has no password here").format(name=user.name))
    _print_link(settings, directory, user, moment_of(given.expires))


def _print_link(settings: Settings, directory: DataDirectory, user: User, until: float | None) -> None:
    """The only time."""
    secret, _invitation = InvitationStore(directory).add_now(user.id, user.name, "command line", until)
    print(f"{settings.link_base}{PATH}#{secret}")


def _set_password(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    users = UserStore(directory)
    user = need_user(users, given.name)
    users.set_password_now(user.id, Passwords().hash_now(_new_password(user.name)))
    print(_("{name} has a new password; open sessions of the old one end").format(name=user.name))


def _reset_two_step(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    user = need_user(UserStore(directory), given.name)
    SecondFactorStore(directory, Vault(directory, settings.secret_key)).remove_now(user.id)
    print(_("{name} can sign in with the password alone, and set up two-step sign-in again").format(name=user.name))


def _disable(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    users = UserStore(directory)
    user = users.set_disabled_now(need_user(users, given.name).id, disabled=True)
    print(_("{name} is signed out and cannot sign in; API tokens stop working too").format(name=user.name))


def _enable(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    users = UserStore(directory)
    user = users.set_disabled_now(need_user(users, given.name).id, disabled=False)
    print(_("{name} can sign in again").format(name=user.name))


def _list(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    passkeys, links = PasskeyStore(directory), InvitationStore(directory)

    def state(user: User) -> str:
        if user.disabled:
            return _("disabled")
        if user.password_hash or user.external or passkeys.of_user(user.id):
            return _("active")
        return _("invited") if links.of_user(user.id) else _("cannot sign in")

    rows = [
        (user.name, user.role.value, state(user), date(user.created), date(user.signed_in) if user.signed_in else _("never"))
        for user in UserStore(directory).all()
    ]
    head = (_("name"), _("role"), _("state"), _("created"), _("last sign-in"))
    print_table(head, rows, _("there are no users yet; xo-dash serve asks for the first one"))


def _new_password(name: str) -> str:
    password = ask_secret(_("Password for {name}: ").format(name=name), twice=True)
    if wrong := complaint(name, password):
        raise RecordRefused(wrong)
    return password


def _test_ldap(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    if settings.ldap is None:
        raise RecordRefused(_("no directory is set; set ldap_url in the configuration file"))
    from xo_dash.auth.by_directory import why_refused
    from xo_dash.auth.directory import LdapDirectory
    from xo_dash.auth.external import DirectoryAway, DirectoryRefusal, role_of

    ldap = LdapDirectory(settings.ldap)
    try:
        identity = ldap.identify_now(given.name, ask_secret(_("Password for {name}: ").format(name=given.name)))
    except DirectoryAway as error:
        raise RecordRefused(_("{url} cannot be asked: {reason}").format(url=settings.ldap.url, reason=error)) from error
    except DirectoryRefusal as error:
        raise RecordRefused(why_refused(error, settings.ldap.url)) from error
    finally:
        ldap.close()
    if identity is None:
        raise RecordRefused(_("{url} answers; the name or the password is wrong").format(url=settings.ldap.url))
    role = role_of(identity.groups, settings.ldap.roles)
    print(_("{url} knows {name}").format(url=settings.ldap.url, name=identity.name))
    print(_("groups with a role or a group here: {groups}").format(groups=", ".join(sorted(identity.groups)) or "–"))
    if role is None:
        raise RecordRefused(_("none of these groups may sign in; see ldap_roles"))
    print(_("can sign in with the role {role}").format(role=role.value))


VERBS: Final[Mapping[tuple[str, str], Verb]] = {
    ("user", "add"): _add,
    ("user", "invite"): _invite,
    ("user", "reset-password"): _new_link,
    ("user", "passwd"): _set_password,
    ("user", "reset-two-step"): _reset_two_step,
    ("user", "disable"): _disable,
    ("user", "enable"): _enable,
    ("user", "list"): _list,
    ("ldap", "test"): _test_ldap,
}
