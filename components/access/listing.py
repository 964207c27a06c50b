"""Who may do what on which object, for an administrator: grants, as they were given."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from components.access.giving import GrantDialog, revoke_grant
from components.grant_texts import on_text, until_text
from components.live import follow_source
from components.ui import Button, ButtonKind, Card, Column, RecordTable
from data.grants.grant import Grant
from xo_dash.context import Context
from xo_dash.control.grant_words import role_text, whose
from xo_dash.i18n import _


class GrantList(Card):
    """A table of grants with what can be done to each."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Grants"), _("Roles on single objects, and what is in them"), wide=True)
        self._context = context
        with self:
            columns = [Column(_("Who"), main=True), Column(_("Role")), Column(_("On")), Column(_("Until")), Column("", number=True)]
            self._table = RecordTable(columns, _("No grants. Only the roles of the users apply."))
            with ui.element().classes("x-btns"):
                Button(_("Add grant"), lambda: GrantDialog(context, lambda: None), icon="plus")
            follow_source(context.grants.table.observe, self._fill)

    def _fill(self) -> None:
        self._table.show(map(self._row, self._context.grants.grants.all()))

    def _row(self, grant: Grant) -> list[str | Callable[[], object]]:
        table = self._context.grants.table
        who, may = str(whose(grant, table, self._context.users)), str(role_text(grant.role, table))
        revoke = partial(Button, _("Revoke"), partial(revoke_grant, self._context, grant, who), kind=ButtonKind.GHOST)
        on, until = on_text(grant, self._context.mirror), until_text(grant)
        return [who, _("not {role}").format(role=may) if grant.deny else may, on, until, revoke]
