"""Who gives commands without signing in: the owner of the data directory, by the command line, and the scheduler."""

from __future__ import annotations

import getpass
from typing import Protocol

from data.stores.users import Role, User

LOCAL_ID = "local"
SYSTEM_ID = "system"


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


def system_user() -> User:
    """Who does what the scheduler begins: an administrator that no store has and nobody can sign in as."""
    return User(id=SYSTEM_ID, name="xo-dash (schedule)", password_hash="", role=Role.ADMIN, created=0.0, epoch="")


class WithLocalUser:
    """The store of users, and those that it does not have: the local one, and the scheduler."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._own = {user.id: user for user in (local_user(), system_user())}

    def get(self, record_id: str) -> User | None:
        return self._own.get(record_id) or self._users.get(record_id)
