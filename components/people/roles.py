"""Roles: those that are always there, and one's own, made of actions."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components.live import follow_source
from components.people.faults import administer, administer_or_notify
from components.people.role_word import role_word
from components.ui import Button, ButtonKind, Card, Column, Dialog, Field, RecordTable, Value, buttons, confirm, menu, menu_item, several
from data.grants.grant import OwnRole
from data.stores.users import Role
from xo_dash.context import Context
from xo_dash.control.actions import BY_ID
from xo_dash.control.grant_words import whose
from xo_dash.control.verbs import check_verbs, verbs_of
from xo_dash.i18n import N_, _, ngettext, number

BUILT_IN: Final = {
    Role.VIEWER: N_("see"),
    Role.OPERATOR: N_("see, console, start, stop, snapshot, change, migrate"),
    Role.ADMIN: N_("everything"),
}
"""What those that are always there may, in short."""
SHOWN: Final = 6


def verb_text(verb: str) -> str:
    """An action by its title and id."""
    action = BY_ID.get(verb)
    return f"{_(action.title)} ({verb})" if action is not None else verb


class RoleList(Card):
    """What each may, and who has it."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Roles"), wide=True)
        self._context = context
        with self:
            self._table = RecordTable([Column(_("Name"), main=True), Column(_("May")), Column(_("Given to")), Column("", number=True)])
            with buttons():
                Button(_("Add role"), lambda: RoleDialog(context, None), icon="plus")
            follow_source(context.grants.table.observe, self._fill)
            follow_source(context.auth.observe, self._fill)

    def _fill(self) -> None:
        own = self._context.grants.roles.all()
        self.show_count(len(BUILT_IN) + len(own))
        built_in: list[list[Value]] = [[role_word(role), _(may), self._holders(role.value), ""] for role, may in BUILT_IN.items()]
        self._table.show([*built_in, *map(self._row, own)])

    def _row(self, role: OwnRole) -> list[Value]:
        more = len(role.verbs) - SHOWN
        text = ", ".join(role.verbs[:SHOWN])
        if more > 0:
            text = ngettext("{text} and {n} more", "{text} and {n} more", more).format(text=text, n=number(more))
        return [role.name, text, self._holders(role.id), lambda: self._verbs(role)]

    def _holders(self, role: str) -> str:
        """Users who have it everywhere, and users and groups who have it somewhere."""
        everywhere = [user.name for user in self._context.users.all() if user.role == role]
        table = self._context.grants.table
        granted = [str(whose(grant, table, self._context.users)) for grant in table.grants if grant.role == role and not grant.deny]
        return ", ".join(dict.fromkeys((*everywhere, *granted))) or "–"

    def _verbs(self, role: OwnRole) -> None:
        with Button(icon="more", label=_("Actions for {name}").format(name=role.name), kind=ButtonKind.GHOST), menu(right=True):
            menu_item(_("Edit") + "…", lambda: RoleDialog(self._context, role))
            menu_item(_("Remove"), lambda: self._remove(role), danger=True)

    async def _remove(self, role: OwnRole) -> None:
        with self:  # not in its row, which may be drawn anew meanwhile
            await self._ask_remove(role)

    async def _ask_remove(self, role: OwnRole) -> None:
        text = _("All grants with the role {name} stop working.").format(name=role.name)
        if not await confirm(_("Remove role"), text, yes=_("Remove"), no=_("Cancel")):
            return

        async def remove() -> None:
            await self._context.grants.roles.remove(role.id)
            await self._context.grants.refresh()

        await administer_or_notify(self._context, remove)


class RoleDialog(Dialog):
    """A new role, or what one that is there may."""

    def __init__(self, context: Context, role: OwnRole | None) -> None:
        super().__init__(_("Add role") if role is None else _("Role {name}").format(name=role.name), wide=True)
        self._context, self._role = context, role
        self.on("hide", self.delete, [])
        with self:
            self._name = Field(_("Name")) if role is None else None
            self._verbs = several({verb: verb_text(verb) for verb in verbs_of(Role.ADMIN)}, role.verbs if role else [], label=_("Actions"))
            ui.label(_("Any of these actions includes seeing the object.")).classes("x-dim")
            self._fault = ui.label().classes("x-critical")
        self.answers(_("Cancel"), _("Add") if role is None else _("Save"), self._submit)
        self.open()

    async def _submit(self) -> None:
        async def save() -> None:
            name = self._role.name if self._role is not None else self._name.value if self._name is not None else ""
            check_verbs(self._verbs.value)
            await self._context.grants.roles.save(name, self._verbs.value)
            await self._context.grants.refresh()

        fault = await administer(self._context, save)
        self._fault.text = fault or ""
        if not fault:
            self.close()
