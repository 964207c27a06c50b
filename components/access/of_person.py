"""All grants of one user, with where each is from."""

from __future__ import annotations

from collections.abc import Sequence

from components.grant_texts import on_text, until_text
from components.live import follow_source
from components.ui import Card, Column, RecordTable, Value
from data.grants.grant import Grant
from xo_dash.context import Context
from xo_dash.control.grant_words import role_text
from xo_dash.i18n import _


class GrantsOfPerson(Card):
    """All that they have, with where it is from."""

    def __init__(self, context: Context, user_id: str) -> None:
        super().__init__(_("Grants"), wide=True)
        self._context, self._id = context, user_id
        with self:
            columns = [Column(_("On"), main=True), Column(_("May")), Column(_("From")), Column(_("Until"))]
            self._table = RecordTable(columns, _("No grants. Only the role applies."))
            follow_source(context.grants.table.observe, self._fill)

    def _fill(self) -> None:
        grants = self._context.grants.table.of(self._id)
        self.show_count(len(grants))
        self._table.show(map(self._row, grants))

    def _row(self, grant: Grant) -> Sequence[Value]:
        may = str(role_text(grant.role, self._context.grants.table))
        group = self._context.grants.groups.get(grant.group_id)
        source = _("group {name}").format(name=group.name) if group else _("direct")
        return [
            on_text(grant, self._context.mirror), _("not {role}").format(role=may) if grant.deny else may,
            _("{source}, wins").format(source=source) if grant.deny else source, until_text(grant),
        ]  # fmt: skip
