"""Who gives commands from the command line: the owner of the data directory, who could make any user an administrator."""

from __future__ import annotations

import getpass
from typing import Protocol

from data.stores.users import Role, User

LOCAL_ID = "local"


class Users(Protocol):
    """Who they are now: `UserStore` is one."""

    def get(self, record_id: str) -> User | None: ...


def local_user() -> User:
    """An administrator that no store has and nobody can sign in as."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        name = "?"
    return User(id=LOCAL_ID, name=f"{name} (command line)", password_hash="", role=Role.ADMIN, created=0.0, epoch="")


class WithLocalUser:
    """The store of users, and the local one."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._local = local_user()

    def get(self, record_id: str) -> User | None:
        return self._local if record_id == LOCAL_ID else self._users.get(record_id)
