"""Everybody's accounts, for an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from components.live import fresh_slot
from components.people.account import role_word
from components.people.faults import fault_of, need_administrator
from components.people.view_as import view_as_item
from components.ui import Age, Button, ButtonKind, Card, Column, Dialog, Field, Tone, choice, confirm, data_table, menu, menu_item, notify
from data.stores.users import Role, User
from xo_dash.auth.current import current_session
from xo_dash.context import Context
from xo_dash.i18n import _


class PeopleList(Card):
    """A table of users with what can be done to each; every handler asks again who acts."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Users"), _("Who can sign in"), wide=True)
        self._context = context
        with self:
            self._box = ui.element()
            with ui.element().classes("x-btns"):
                Button(_("Add user"), self._ask_new, icon="plus")
                ui.link(_("Audit log"), "/audit").classes("x-link")
        self._fill()

    def _fill(self) -> None:
        users = sorted(self._context.users.all(), key=lambda user: user.name.casefold())
        with fresh_slot(self._box):
            data_table(
                [Column(_("Name"), main=True), Column(_("Role")), Column(_("Two-step")), Column(_("Added")), Column("", number=True)],
                [[user.name, role_word(user.role), self._second_step(user), self._age(user), self._verbs(user)] for user in users],
            )

    def _second_step(self, user: User) -> str:
        return _("on") if self._context.auth.two_step.is_on(user.id) else "–"

    @staticmethod
    def _age(user: User) -> Callable[[], object]:
        return lambda: Age(user.created)

    def _verbs(self, user: User) -> Callable[[], object]:
        def draw() -> None:
            with Button(icon="more", label=_("Actions for {name}").format(name=user.name), kind=ButtonKind.GHOST), menu(right=True):
                for role in Role:
                    menu_item(role_word(role), lambda role=role: self._set_role(user, role), chosen=role is user.role)
                view_as_item(user)
                menu_item(_("New password"), lambda: self._ask_password(user))
                if self._second_step(user) != "–":
                    menu_item(_("Reset two-step sign-in"), lambda: self._reset_two_step(user))
                menu_item(_("Remove"), lambda: self._remove(user), danger=True)

        return draw

    async def _set_role(self, user: User, role: Role) -> None:
        await self._acting(lambda: self._context.users.set_role(user.id, role))

    async def _remove(self, user: User) -> None:
        text = _("{name} is signed out at once and can no longer sign in.").format(name=user.name)
        if await confirm(_("Remove user"), text, yes=_("Remove"), no=_("Cancel")):
            await self._acting(lambda: self._context.auth.remove_user(user.id))

    async def _reset_two_step(self, user: User) -> None:
        text = _("{name} can then sign in with the password alone, and set it up again.").format(name=user.name)
        if await confirm(_("Reset two-step sign-in"), text, yes=_("Reset"), no=_("Cancel")):
            await self._acting(lambda: self._context.auth.reset_two_step(user.id))

    def _ask_new(self) -> None:
        dialog = Dialog(_("Add user"))
        dialog.on("hide", dialog.delete, [])
        with dialog:
            name = Field(_("Name"))
            password = Field(_("Password"), password=True, autocomplete="new-password")
            role = choice({role: role_word(role) for role in Role}, Role.VIEWER, label=_("Role"))

        async def submit() -> None:
            fault = await self._acting(lambda: self._context.auth.add_user(name.value, password.value, Role(role.value)), quiet=True)
            name.fault(fault)
            if fault is None:
                dialog.close()

        dialog.answers(_("Cancel"), _("Add"), submit)
        dialog.open()

    def _ask_password(self, user: User) -> None:
        dialog = Dialog(_("New password for {name}").format(name=user.name))
        dialog.on("hide", dialog.delete, [])
        with dialog:
            password = Field(_("Password"), password=True, autocomplete="new-password", hint=_("All sessions of this user will be closed."))

        async def submit() -> None:
            fault = await self._acting(lambda: self._set_password(user, password.value), quiet=True)
            password.fault(fault)
            if fault is None:
                dialog.close()

        dialog.answers(_("Cancel"), _("Set password"), submit)
        dialog.open()

    async def _set_password(self, user: User, password: str) -> None:
        await self._context.auth.set_password(user.id, password, here=current_session())

    async def _acting(self, change: Callable[[], Awaitable[object]], *, quiet: bool = False) -> str | None:
        """Do it as an administrator and draw the list anew; what went wrong in one sentence, told here unless `quiet`."""

        async def as_administrator() -> None:
            need_administrator(_("Only an administrator can change users."))
            await change()

        fault = await fault_of(as_administrator)
        if fault and not quiet:
            notify(fault, Tone.CRITICAL)
        if not fault:
            self._fill()
        return fault
