"""One object's access: a table of who may do what with the grant that gives it, and the grants that apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nicegui import ui

from components.access.columns import COLUMNS
from components.access.giving import GrantDialog, revoke_grant
from components.grant_texts import until_text
from components.live import follow, follow_source, fresh_slot
from components.ui import Button, ButtonKind, Card, Column, Icon, RecordTable, data_table
from data.grants.grant import SEE, VIEWER, Grant
from data.grants.rights import Rights
from data.grants.table import GrantTable
from data.grants.targets import kind_of
from data.grants.why import Basis, explain
from data.stores.users import Role, User
from data.texts import natural
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.grant_words import ROLES, grant_text, role_text, target_text, whose
from xo_dash.control.verbs import VERBS
from xo_dash.i18n import _, ngettext

PLACES: Final = ("tags", "resident_on", "affinity")
"""Fields by which grants come to hold or cease to."""
Ask = Callable[[User, str], object]
"""Called with the user and the verb that somebody wants to know more of."""


class WhoMayWhat(Card):
    """A row for each user: a tick, a dash for no grant, a cross for a deny. A cell leads to its explanation."""

    def __init__(self, context: Context, row: XapiObject, ask: Ask) -> None:
        super().__init__(_("Who may do what"), " ", wide=True)
        self._context, self._row, self._ask = context, row, ask
        self._columns = COLUMNS[kind_of(row)]
        with self:
            self._box = ui.element()
            with ui.element().classes("x-btns"):
                Button(_("Add grant"), lambda: GrantDialog(context, lambda: None, row), icon="plus")
            follow_source(context.grants.table.observe, self._fill)
            follow(context.mirror, [row], self._fill, names=PLACES)

    def _fill(self) -> None:
        users = sorted(self._context.users.all(), key=lambda user: natural(user.name))
        seeing, rows = 0, list[list[str | Callable[[], object]]]()
        for user in users:
            rights = self._context.grants.table.rights(user)
            seeing += rights.sees(self._row)
            rows.append([user.name, *self._answers(user, rights), self._reason(user, rights)])
        self.scope.text = ngettext("{seeing} of {n} user sees it", "{seeing} of {n} users see it", len(users)).format(
            seeing=seeing, n=len(users)
        )
        with fresh_slot(self._box):
            columns = [Column(_("Who"), main=True), *(Column(_(title)) for title, _verb in self._columns), Column(_("Reason"))]
            data_table(columns, rows)

    def _answers(self, user: User, rights: Rights) -> Sequence[Callable[[], object]]:
        return [self._answer(user, rights, verb_id) for _title, verb_id in self._columns]

    def _answer(self, user: User, rights: Rights, verb_id: str) -> Callable[[], object]:
        verb = VERBS[verb_id]
        told = explain(rights, verb_id, list(Role).index(verb.role), self._row)
        icon, word = ("check", _("yes")) if told.allowed else ("close", _("denied")) if told.basis is Basis.DENY else ("", _("no"))

        def draw() -> None:
            label = f"{user.name}: {_(verb.title)}: {word}"
            with Button(label=label, kind=ButtonKind.GHOST, on_click=lambda: self._ask(user, verb_id)).classes(
                f"x-access-{icon or 'none'}"
            ):
                Icon(icon) if icon else ui.label("–")

        return draw

    def _reason(self, user: User, rights: Rights) -> str:
        """What gives most of it: a deny, the role everywhere, or the nearest grant."""
        table, home = self._context.grants.table, self._row.home
        told = explain(rights, SEE, VIEWER, self._row)
        grant = next((one for one, _effect in told.says if one.deny), told.grant)
        if grant is not None:
            return str(grant_text(grant, table, home))
        return _(ROLES[user.role]) if told.allowed else _("no grant")


class GrantsHere(Card):
    """All grants that apply to the object, from those on it to those on its pool."""

    def __init__(self, context: Context, row: XapiObject) -> None:
        super().__init__(_("Grants that apply here"), _("nearest first"), wide=True)
        self._context, self._row = context, row
        with self:
            columns = [Column(_("Role"), main=True), Column(_("On")), Column(_("Who")), Column(_("Until")), Column("", number=True)]
            self._table = RecordTable(columns, _("No grants apply here. Only the roles of the users apply."))
            follow_source(context.grants.table.observe, self._fill)
            follow(context.mirror, [row], self._fill, names=PLACES)

    def _fill(self) -> None:
        table = self._context.grants.table
        self._table.show(self._line(grant, table) for grant in grants_here(table, self._row))

    def _line(self, grant: Grant, table: GrantTable) -> list[str | Callable[[], object]]:
        role, who = str(role_text(grant.role, table)), str(whose(grant, table, self._context.users))
        revoke = partial(Button, _("Revoke"), partial(revoke_grant, self._context, grant, who), kind=ButtonKind.GHOST)
        said = _("owner") if grant.owner else _("not {role}").format(role=role) if grant.deny else role
        return [said, str(target_text(grant, self._row.home)), who, until_text(grant), "" if grant.owner else revoke]


def grants_here(table: GrantTable, row: XapiObject) -> list[Grant]:
    """Those of everybody that say something of it and have not ended, the nearest first."""
    return Rights(0, [*table.valid(), *table.ownerships()], table.roles, fitting=table.fitting).grants_on(row.home.original(row))
