"""Groups of users, and of groups, for an administrator."""

from __future__ import annotations

from nicegui import ui

from components.live import follow_source
from components.people.faults import administer, administer_or_notify
from components.ui import Button, ButtonKind, Card, Column, Dialog, Field, RecordTable, Value, buttons, confirm, menu, menu_item, several
from data.grants.grant import UserGroup
from data.texts import natural
from xo_dash.context import Context
from xo_dash.control.grant_words import role_text
from xo_dash.i18n import _, ngettext, number


class GroupList(Card):
    """Who is in each, and what it gives them."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Groups"), wide=True)
        self._context = context
        with self:
            columns = [Column(_("Name"), main=True), Column(_("Members")), Column(_("Grants")), Column("", number=True)]
            self._table = RecordTable(columns, _("No groups. A grant for a group applies to all its members."))
            with buttons():
                Button(_("Add group"), lambda: GroupDialog(context, None), icon="plus")
            follow_source(context.grants.table.observe, self._fill)

    def _fill(self) -> None:
        groups = sorted(self._context.grants.groups.all(), key=lambda group: natural(group.name))
        self.show_count(len(groups))
        self._table.show(map(self._row, groups))

    def _row(self, group: UserGroup) -> list[Value]:
        return [group.name, self._members(group), self._grants(group), lambda: self._verbs(group)]

    def _members(self, group: UserGroup) -> str:
        users = [user.name for one in group.users if (user := self._context.users.get(one))]
        groups = [_("group {name}").format(name=other.name) for one in group.groups if (other := self._context.grants.groups.get(one))]
        return ", ".join((*users, *groups)) or "–"

    def _grants(self, group: UserGroup) -> str:
        grants = [grant for grant in self._context.grants.grants.all() if grant.group_id == group.id]
        if not grants:
            return "–"
        roles = dict.fromkeys(str(role_text(grant.role, self._context.grants.table)) for grant in grants)
        count = ngettext("{n} grant", "{n} grants", len(grants)).format(n=number(len(grants)))
        return f"{count}: {', '.join(roles)}"

    def _verbs(self, group: UserGroup) -> None:
        with Button(icon="more", label=_("Actions for {name}").format(name=group.name), kind=ButtonKind.GHOST), menu(right=True):
            menu_item(_("Members") + "…", lambda: GroupDialog(self._context, group))
            menu_item(_("Remove"), lambda: self._remove(group), danger=True)

    async def _remove(self, group: UserGroup) -> None:
        with self:  # not in its row, which may be drawn anew meanwhile
            await self._ask_remove(group)

    async def _ask_remove(self, group: UserGroup) -> None:
        text = _("The grants of {name} end at once. Its members stay.").format(name=group.name)
        if not await confirm(_("Remove group"), text, yes=_("Remove"), no=_("Cancel")):
            return

        async def remove() -> None:
            await self._context.grants.groups.remove(group.id)
            await self._context.grants.refresh()

        await administer_or_notify(self._context, remove)


class GroupDialog(Dialog):
    """A new group, or who is in one that is there."""

    def __init__(self, context: Context, group: UserGroup | None) -> None:
        super().__init__(_("Add group") if group is None else _("Members of {name}").format(name=group.name))
        self._context, self._group = context, group
        self.on("hide", self.delete, [])
        users = {user.id: user.name for user in sorted(context.users.all(), key=lambda user: natural(user.name))}
        groups = {one.id: one.name for one in context.grants.groups.all() if group is None or one.id != group.id}
        with self:
            self._name = Field(_("Name")) if group is None else None
            self._users = several(users, [one for one in group.users if one in users] if group else [], label=_("Users"))
            self._groups = several(groups, [one for one in group.groups if one in groups] if group else [], label=_("Groups"))
            self._fault = ui.label().classes("x-critical")
        self.answers(_("Cancel"), _("Add") if group is None else _("Save"), self._submit)
        self.open()

    async def _submit(self) -> None:
        async def save() -> None:
            groups = self._context.grants.groups
            if self._group is None and self._name is not None:
                await groups.add(self._name.value, self._users.value, self._groups.value)
            elif self._group is not None:
                await groups.set_members(self._group.id, self._users.value, self._groups.value)
            await self._context.grants.refresh()

        fault = await administer(self._context, save)
        self._fault.text = fault or ""
        if not fault:
            self.close()
