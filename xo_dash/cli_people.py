"""`xo-dash token`: by what programs act for users, from the command line."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused
from data.stores.tokens import ApiToken, TokenStore
from data.stores.users import Role, User, UserStore
from xo_dash.cli_table import print_table
from xo_dash.i18n import _, date

_LASTS: Final = re.compile(r"(\d{1,4})([hdwy])")
_SECONDS: Final = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "y": 365 * 86400.0}

Verb = Callable[[argparse.Namespace, DataDirectory], None]


def moment_of(text: str) -> float | None:
    """Seconds since 1970 of `90d`, `12h`, `2w`, `1y` from now, or of a date `2027-01-31`; None for an empty text. Raises RecordRefused."""
    if not text:
        return None
    if found := _LASTS.fullmatch(text.strip().lower()):
        return time.time() + int(found[1]) * _SECONDS[found[2]]
    try:
        parsed = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RecordRefused(_("“{text}” is not a time; write 90d, 12h, or a date like 2027-01-31").format(text=text[:40])) from error
    return parsed.astimezone().timestamp() if parsed.tzinfo is None else parsed.timestamp()


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


VERBS: Final[Mapping[tuple[str, str], Verb]] = {
    ("token", "add"): _add_token,
    ("token", "list"): _list_tokens,
    ("token", "remove"): _remove_token,
}
