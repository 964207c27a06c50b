"""What an administrator sees of one user, and can do to them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from nicegui import ui

from components.audit.rows import done_to
from components.audit.words import result, what
from components.live import follow_source, fresh_slot
from components.people.faults import administer_or_notify
from components.people.invite import new_link
from components.people.listing import PEOPLE, group_names
from components.people.role_word import role_word
from components.people.view_as import view_as_button
from components.people.ways import last_seen, state, ways
from components.ui import (
    Age,
    Button,
    ButtonKind,
    Card,
    Column,
    PageHead,
    RecordTable,
    StateMark,
    Value,
    buttons,
    chip,
    choice,
    confirm,
    data_table,
    key_values,
)  # fmt: skip
from data.stores.users import Role, User
from xo_dash.context import Context
from xo_dash.control.audit import AuditEntry
from xo_dash.control.audit_search import Query, search
from xo_dash.i18n import _, ngettext, number

RECENT: Final = 8
"""Lines of the audit log."""


class PersonHead(PageHead):
    """Who it is, whether they can sign in, and what can be done to the account."""

    def __init__(self, context: Context, user_id: str) -> None:
        self._context, self._id = context, user_id
        super().__init__(context.users.need(user_id).name, icon="user")
        with self.verbs:
            self._view_as = ui.element().classes("contents")
            self._link = Button(_("New sign-in link") + "…", lambda: new_link(context, context.users.need(user_id)), icon="link")
            self._enable = Button(_("Enable"), lambda: self._do(lambda: context.auth.enable(user_id)))
            self._disable = Button(_("Disable") + "…", self._ask_disable)
            Button(_("Remove") + "…", self._ask_remove, kind=ButtonKind.DANGER)
        follow_source(context.auth.observe, self._fill)

    def _fill(self) -> None:
        user = self._context.users.get(self._id)
        if user is None:
            ui.navigate.to(PEOPLE)
            return
        with fresh_slot(self.marks):
            StateMark(*state(self._context.auth, user))
            for name in group_names(user, self._context.grants.groups.all()):
                chip(name)
        self.note.text = _("Signs in with: {ways}").format(ways=ways(self._context.auth, user))
        with fresh_slot(self._view_as):
            view_as_button(user)
        self._link.set_visibility(not user.external and not user.disabled)
        self._enable.set_visibility(user.disabled)
        self._disable.set_visibility(not user.disabled)

    async def _do(self, change: Callable[[], Awaitable[object]]) -> None:
        await administer_or_notify(self._context, change)

    async def _ask_disable(self) -> None:
        user = self._context.users.need(self._id)
        text = _("{name} is signed out at once and cannot sign in until you enable the account. API tokens stop working too.")
        if await confirm(_("Disable user"), text.format(name=user.name), yes=_("Disable"), no=_("Cancel")):
            await self._do(lambda: self._context.auth.disable(user.id))

    async def _ask_remove(self) -> None:
        user = self._context.users.need(self._id)
        text = _("{name} is signed out at once and can no longer sign in.").format(name=user.name)
        if await confirm(_("Remove user"), text, yes=_("Remove"), no=_("Cancel")):
            await self._do(lambda: self._context.auth.remove_user(user.id))


class AccountCard(Card):
    """Role, second step, and how often they were here."""

    def __init__(self, context: Context, user: User) -> None:
        super().__init__(_("Account"))
        self._context, self._id = context, user.id
        with self, ui.element().classes("x-stack").style("gap: 12px"):
            self._role = choice({role: role_word(role) for role in Role}, user.role, label=_("Role"), on_change=self._set_role)
            self._box = ui.element()
            with buttons():
                self._reset = Button(_("Reset two-step sign-in") + "…", self._reset_two_step)
            follow_source(context.auth.observe, self._fill)

    def _fill(self) -> None:
        auth, user = self._context.auth, self._context.users.get(self._id)
        if user is None:
            return
        if self._role.value is not user.role:
            self._role.set_value(user.role)
        is_on = auth.two_step.is_on(user.id)
        self._reset.set_visibility(is_on)
        passkeys = [one.name for one in auth.passkeys.store.of_user(user.id)]
        origin = auth.origin_of(user)
        with fresh_slot(self._box):
            key_values([
                (_("Password"), _("set") if user.password_hash else _("none")),
                (_("Two-step"), _("on") if is_on else _("off")),
                (_("Passkeys"), ", ".join(passkeys) or _("none")),
                *([(_("Provider"), origin)] if origin else []),
                (_("Added"), lambda: Age(user.created)),
                (_("Last seen"), lambda: Age(last_seen(auth, user))),
            ])  # fmt: skip

    async def _set_role(self) -> None:
        user, role = self._context.users.get(self._id), Role(self._role.value)
        if user is None or role is user.role:
            return
        if not await administer_or_notify(self._context, lambda: self._context.users.set_role(user.id, role)):
            self._role.set_value(user.role)

    async def _reset_two_step(self) -> None:
        user = self._context.users.need(self._id)
        text = _("{name} can then sign in with the password alone, and set it up again.").format(name=user.name)
        if await confirm(_("Reset two-step sign-in"), text, yes=_("Reset"), no=_("Cancel")):
            await administer_or_notify(self._context, lambda: self._context.auth.reset_two_step(user.id))


class RecentActivity(Card):
    """What they did last, as the audit log has it."""

    def __init__(self, context: Context, user: User) -> None:
        super().__init__(_("Recent activity"), wide=True)
        self._context, self._user = context, user
        with self:
            columns = [Column(_("When")), Column(_("What"), main=True), Column(_("Object")), Column(_("Result"), number=True)]
            self._table = RecordTable(columns, _("Nothing in the audit log."))
            with buttons():
                ui.link(_("Audit log"), "/audit").classes("x-link")
        ui.timer(0, self._read, once=True)

    async def _read(self) -> None:
        query = Query(user=self._user.id)
        found = await asyncio.to_thread(lambda: search(self._context.audit.files(), query, RECENT))
        if not self.is_deleted:
            self._table.show(map(self._activity, found.entries))

    def _activity(self, entry: AuditEntry) -> Sequence[Value]:
        moment = dt.datetime.fromisoformat(entry.at).timestamp()
        return [lambda: Age(moment), what(entry), done_to(entry, self._context) or "–", result(entry)]


class TokensOfPerson(Card):
    """By which programs act for them."""

    def __init__(self, context: Context, user_id: str) -> None:
        tokens = context.tokens.of_user(user_id)
        super().__init__(_("Tokens"), ngettext("{n} token", "{n} tokens", len(tokens)).format(n=number(len(tokens))) if tokens else "")
        with self:
            if tokens:
                data_table(
                    [Column(_("Name"), main=True), Column(_("Last used"), number=True)],
                    [[token.name, lambda token=token: Age(token.used)] for token in tokens],  # type: ignore[misc]
                )
            else:
                ui.label(_("No tokens.")).classes("x-dim")
