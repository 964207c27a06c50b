"""Inviting somebody: the link is shown once, and whoever opens it chooses how they sign in."""

from __future__ import annotations

import time
from typing import Final

from nicegui import ui

from components.people.faults import administer, administer_or_notify
from components.people.role_word import role_word
from components.people.shown_once import own_address, show_once
from components.ui import Button, ButtonKind, Card, Field, buttons, choice, confirm, several
from data.stores.users import Role, User
from xo_dash.auth.by_invitation import PATH
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import _

DAY: Final = 86400.0


class InviteCard(Card):
    """A name, what they may, and the link."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Invite"))
        self._context = context
        groups = {group.id: group.name for group in context.grants.groups.all()}
        with self, ui.element().classes("x-stack").style("gap: 12px"):
            self._name = Field(_("Name"), on_enter=self._invite)
            self._role = choice({role: role_word(role) for role in Role}, Role.VIEWER, label=_("Role"))
            self._groups = several(groups, [], label=_("Groups")) if groups else None
            self._days = choice({1: _("for 1 day"), 7: _("for 7 days"), 30: _("for 30 days")}, 7, label=_("Valid"))
            text = _("You get a link that works once. Whoever opens it chooses their own password or passkey.")
            ui.label(text).classes("x-dim")
            with buttons():
                Button(_("Create link"), self._invite, kind=ButtonKind.PRIMARY, icon="link")

    async def _invite(self) -> None:
        made: list[tuple[str, User]] = []

        async def invite() -> None:
            until = time.time() + DAY * float(self._days.value)
            made.append(await self._context.auth.by_invitation.invite(self._name.value, Role(self._role.value), current_user().name, until))
            await self._context.grants.move(made[0][1].id, self._groups.value if self._groups else [])

        self._name.fault(await administer(self._context, invite))
        if made:
            self._name.value = ""
            show_link(self._context, *made[0])


async def new_link(context: Context, user: User) -> None:
    """Another link for somebody who is there: to choose a new password, or because the first one was lost."""
    text = _(
        "{name} sets a new password or adds a passkey with it. Earlier links stop working; "
        "the current password works until a new one is set."
    )
    if not await confirm(_("New sign-in link"), text.format(name=user.name), yes=_("Create link"), no=_("Cancel")):
        return
    made: list[str] = []

    async def renew() -> None:
        made.append(await context.auth.by_invitation.renew(user.id, current_user().name))

    if await administer_or_notify(context, renew):
        show_link(context, made[0], user)


def show_link(context: Context, secret: str, user: User) -> None:
    """The only time."""
    hint = _("Send this link to {name}. It works once and won't be shown again.").format(name=user.name)
    address = context.settings.public_url or own_address()
    show_once(user.name, hint, _("Link"), f"{address}{PATH}#{secret}", mark="invitation-link")
