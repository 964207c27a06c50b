"""The tokens by which programs act for whoever looks; those of everybody for an administrator."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nicegui import ui

from components.people.faults import fault_of
from components.people.role_word import role_word
from components.people.shown_once import own_address, show_once
from components.ui import Age, Button, ButtonKind, Card, Column, Dialog, Field, RecordTable, Tone, choice, confirm, notify
from data.stores.tokens import ApiToken
from data.stores.users import Role
from xo_dash.auth.current import current_user
from xo_dash.auth.refused import Refused
from xo_dash.context import Context
from xo_dash.i18n import _, date

DAY: Final = 86400.0


class TokenList(Card):
    """A table of tokens; each is shown once, when it is made. Every handler asks again who acts."""

    def __init__(self, context: Context, *, everybody: bool = False) -> None:
        """`everybody`: those of all users, for an administrator."""
        super().__init__(_("Tokens"), _("For programs that use the API"), wide=True)
        self._context = context
        self._everybody = everybody
        with self:
            columns = [Column(_("Name"), main=True), Column(_("Acts as")), Column(_("At most")), Column(_("Last used")),
                       Column(_("Expires")), Column("", number=True)]  # fmt: skip
            self._table = RecordTable(columns, _("No tokens."))
            with ui.element().classes("x-btns"):
                Button(_("Create token"), self._ask_new, icon="plus")
                ui.link(_("API reference"), "/api/v1/docs").classes("x-link")
        self._fill()

    def _mine(self) -> Sequence[ApiToken]:
        user = current_user()
        store = self._context.tokens
        return store.all() if self._everybody and user.role is Role.ADMIN else store.of_user(user.id)

    def _fill(self) -> None:
        self._table.show(map(self._row, self._mine()))

    def _row(self, token: ApiToken) -> list[str | Callable[[], object]]:
        owner = self._context.users.get(token.user_id)
        expires = _("never") if token.until is None else _("expired") if token.has_expired else date(token.until)
        revoke = partial(Button, _("Revoke"), partial(self._revoke, token), kind=ButtonKind.GHOST)
        at_most = "–" if token.role is Role.ADMIN else role_word(token.role)
        used: str | Callable[[], object] = (lambda: Age(token.used)) if token.used else _("never")
        return [token.name, owner.name if owner else "–", at_most, used, expires, revoke]

    def _ask_new(self) -> None:
        dialog = Dialog(_("Create token"))
        dialog.on("hide", dialog.delete, [])
        roles = {role: role_word(role) for role in Role if role is not Role.NONE}
        with dialog:
            ui.label(_("Programs use it to act on your behalf, with your rights at most.")).classes("x-dim")
            name = Field(_("Name"), placeholder=_("home assistant"))
            role = choice({**roles, Role.ADMIN: _("my own role")}, Role.ADMIN, label=_("At most"))
            days = choice({30: _("for 30 days"), 90: _("for 90 days"), 365: _("for 1 year"), 0: _("until revoked")}, 90, label=_("Valid"))

        async def submit() -> None:
            made: list[tuple[str, ApiToken]] = []

            async def add() -> None:
                until = time.time() + DAY * float(days.value) if days.value else None
                made.append(await self._context.tokens.add(current_user().id, name.value, Role(role.value), until))

            name.fault(await fault_of(add))
            if made:
                dialog.close()
                self._fill()
                self._show(*made[0])

        dialog.answers(_("Cancel"), _("Create token"), submit)
        dialog.open()

    @staticmethod
    def _show(text: str, token: ApiToken) -> None:
        line = f'curl -H "Authorization: Bearer $TOKEN" "{own_address()}/api/v1/vms?fields=name_label,power_state"'
        hint = _("Copy it now. It is stored as a hash and won't be shown again.")
        show_once(token.name, hint, _("Token"), text, mark="token-text", example=line)

    async def _revoke(self, token: ApiToken) -> None:
        text = _("Programs that use the token {name} are refused at once.").format(name=token.name)
        if not await confirm(_("Revoke"), text, yes=_("Revoke"), no=_("Cancel")):
            return

        async def revoke() -> None:
            if token.id not in {one.id for one in self._mine()}:
                raise Refused(_("Only an administrator can revoke the tokens of others."))
            await self._context.auth.revoke_token(token.id)

        if fault := await fault_of(revoke):
            notify(fault, Tone.CRITICAL)
        self._fill()
