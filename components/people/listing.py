"""Everybody who can sign in, for an administrator."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.live import follow_source
from components.people.role_word import role_word
from components.people.ways import is_weak, last_seen, state, ways
from components.ui import Age, Card, Column, RecordTable, StateMark, Value
from data.grants.grant import UserGroup, groups_of
from data.stores.users import User
from data.texts import natural
from xo_dash.auth.view_as import person_path
from xo_dash.context import Context
from xo_dash.i18n import _

PEOPLE = "/people"


class PeopleList(Card):
    """A table of users; what can be done to each is on their page."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Users"), wide=True)
        self._context = context
        with self:
            columns = [
                Column(_("Name"), main=True), Column(_("State")), Column(_("Groups")), Column(_("Role")), Column(_("Signs in with")),
                Column(_("Last seen"), number=True),
            ]  # fmt: skip
            self._table = RecordTable(columns).classes("x-people")
            follow_source(context.auth.observe, self._fill)

    def _fill(self) -> None:
        users = sorted(self._context.users.all(), key=lambda user: natural(user.name))
        self.show_count(len(users))
        groups = self._context.grants.groups.all()
        self._table.show(self._row(user, groups) for user in users)

    def _row(self, user: User, groups: tuple[UserGroup, ...]) -> list[Value]:
        auth = self._context.auth
        return [
            lambda: ui.link(user.name, person_path(user)).classes("x-link"),
            lambda: StateMark(*state(auth, user)),
            ", ".join(group_names(user, groups)) or "–",
            role_word(user.role),
            self._ways(user),
            lambda: Age(last_seen(auth, user)),
        ]

    def _ways(self, user: User) -> Callable[[], object]:
        text = ways(self._context.auth, user)
        return lambda: ui.label(text).classes("x-warning" if is_weak(self._context.auth, user) else "")


def group_names(user: User, groups: tuple[UserGroup, ...]) -> list[str]:
    """Of all groups that a user is in, directly or by others."""
    mine = groups_of(user.id, groups)
    return [group.name for group in groups if group.id in mine]
