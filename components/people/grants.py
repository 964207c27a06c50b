"""Who may do what on which object, for an administrator: grants, as they were given."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from nicegui import ui

from components.live import fresh_slot
from components.people.account import role_word
from components.people.faults import fault_of, need_administrator
from components.ui import Button, ButtonKind, Card, Column, Dialog, Field, Tone, check, choice, confirm, data_table, notify
from data.grants.grant import LEVELS, Grant, GrantKind
from data.grants.targets import named_target, target_of
from data.names import name_of
from data.stores.users import Role
from xo_dash.auth.current import current_user
from xo_dash.auth.refused import Refused
from xo_dash.context import Context
from xo_dash.i18n import N_, _, date

DAY: Final = 86400.0
KINDS: Final = {
    GrantKind.VM: N_("VM"), GrantKind.HOST: N_("Host"), GrantKind.POOL: N_("Pool"), GrantKind.SR: N_("SR"),
    GrantKind.NETWORK: N_("Network"), GrantKind.TAG: N_("Tag"),
}  # fmt: skip


class GrantList(Card):
    """A table of grants with what can be done to each; every handler asks again who acts."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Grants"), _("Roles on single objects, and what is in them"), wide=True)
        self._context = context
        with self:
            self._box = ui.element()
            with ui.element().classes("x-btns"):
                Button(_("Add grant"), self._ask_new, icon="plus")
        self._fill()

    def _fill(self) -> None:
        grants = self._context.grants.grants.all()
        with fresh_slot(self._box):
            if grants:
                columns = [Column(_("Who"), main=True), Column(_("Role")), Column(_("On")), Column(_("Until")), Column("", number=True)]
                data_table(columns, [self._row(grant) for grant in grants])
            else:
                ui.label(_("No grants. Roles apply everywhere.")).classes("x-dim")

    def _row(self, grant: Grant) -> list[str | Callable[[], object]]:
        may = self._role(grant.role)
        until = "–" if grant.until is None else _("expired") if grant.until < time.time() else date(grant.until)
        revoke = lambda: Button(_("Revoke"), lambda: self._revoke(grant), kind=ButtonKind.GHOST)  # noqa: E731
        return [self._who(grant), _("not {role}").format(role=may) if grant.deny else may, self._on(grant), until, revoke]

    def _who(self, grant: Grant) -> str:
        user, group = self._context.users.get(grant.user_id), self._context.grants.groups.get(grant.group_id)
        if group is not None:
            return _("group {name}").format(name=group.name)
        return user.name if user is not None else "–"

    def _role(self, role: str) -> str:
        own = self._context.grants.roles.get(role)
        return role_word(Role(role)) if role in LEVELS else own.name if own else "–"

    def _on(self, grant: Grant) -> str:
        if grant.kind is GrantKind.TAG:
            return _("tag {tag}").format(tag=grant.key)
        row = target_of(grant.kind, grant.key, self._context.mirror)
        return name_of(row) if row is not None else _("{uuid} (deleted)").format(uuid=grant.key[:8])

    def _ask_new(self) -> None:
        groups, roles = self._context.grants.groups.all(), self._context.grants.roles.all()
        people = {f"user {user.id}": user.name for user in self._context.users.all()}
        people |= {f"group {group.id}": _("group {name}").format(name=group.name) for group in groups}
        known = {role.value: role_word(role) for role in Role if role is not Role.NONE} | {role.id: role.name for role in roles}
        dialog = Dialog(_("Add grant"))
        dialog.on("hide", dialog.delete, [])
        with dialog:
            who = choice(people, next(iter(people)), label=_("Who"))
            role = choice(known, Role.VIEWER.value, label=_("Role"))
            kind = choice({kind: _(title) for kind, title in KINDS.items()}, GrantKind.VM, label=_("Kind"))
            on = Field(_("Name or UUID"))
            days = choice({0: _("until revoked"), 1: _("for 1 day"), 30: _("for 30 days"), 365: _("for 1 year")}, 0, label=_("Valid"))
            deny = check(_("Deny: withhold the role there, even if another grant gives it"))

        async def add() -> None:
            need_administrator(_("Only an administrator can change grants."))
            key = named_target(GrantKind(kind.value), on.value.strip(), self._context.mirror)
            if key is None:
                raise Refused(_("There is no such object, or several; enter the UUID of one."))
            whom, _space, id_ = str(who.value).partition(" ")
            await self._context.grants.grants.add(
                str(role.value), GrantKind(kind.value), key, user_id=id_ if whom == "user" else "", group_id=id_ if whom == "group" else "",
                deny=bool(deny.value), until=time.time() + DAY * float(days.value) if days.value else None, by=current_user().name,
            )  # fmt: skip
            await self._context.grants.refresh()

        async def submit() -> None:
            fault = await fault_of(add)
            on.fault(fault)
            if fault is None:
                dialog.close()
                self._fill()

        dialog.answers(_("Cancel"), _("Add"), submit)
        dialog.open()

    async def _revoke(self, grant: Grant) -> None:
        text = _("{name} loses these rights at once, also on open pages.").format(name=self._who(grant))
        if not await confirm(_("Revoke"), text, yes=_("Revoke"), no=_("Cancel")):
            return

        async def revoke() -> None:
            need_administrator(_("Only an administrator can change grants."))
            await self._context.grants.grants.remove(grant.id)
            await self._context.grants.refresh()

        if fault := await fault_of(revoke):
            notify(fault, Tone.CRITICAL)
        self._fill()
