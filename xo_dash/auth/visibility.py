"""What who came in may see."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.changes import Subject
from data.grants.table import GrantTable
from data.scope import everything, on_a_screen
from data.stores.users import CappedUser, Role, User, UserStore
from data.types import XapiObject
from data.visibility import Sees
from xo_dash.auth.sessions import is_screen


@dataclass(frozen=True, slots=True)
class PersonSees:
    """What one user may see, at most as `cap`: as of each moment, so that open pages go along."""

    user_id: str
    cap: Role
    _table: GrantTable = field(repr=False, compare=False)
    _users: UserStore = field(repr=False, compare=False)

    def __call__(self, subject: Subject) -> bool:
        user = self._users.get(self.user_id)
        return user is not None and self._table.rights_of(user.id, user.role, self.cap).sees(subject)

    def by_name(self, row: XapiObject) -> bool:
        """An SR or network that a quota of theirs allows."""
        return self._table.may_use(self.user_id, row)


class Visibility:
    """Of a screen what has its place on the map, of a person what their role and their grants come to."""

    def __init__(self, table: GrantTable, users: UserStore) -> None:
        self._table, self._users = table, users

    def __call__(self, user: User) -> Sees:
        if is_screen(user):
            return on_a_screen
        if self._table.rights(user).sees_everything:
            return everything
        return PersonSees(user.id, user.cap if isinstance(user, CappedUser) else Role.ADMIN, self._table, self._users)
