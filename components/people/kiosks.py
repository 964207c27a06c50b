"""The links that show the map on a screen, for an administrator."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from nicegui import ui

from components.people.shown_once import own_address, show_once
from components.ui import Age, Button, ButtonKind, Card, Column, Dialog, Field, RecordTable, Tone, choice, confirm, notify
from data.stores.errors import RecordMissing, RecordRefused, StoreError
from data.stores.kiosks import Kiosk
from data.stores.users import Role
from xo_dash.auth.current import current_user
from xo_dash.auth.sessions import SignedOut
from xo_dash.context import Context
from xo_dash.i18n import _, date

DAY = 86400.0


class KioskList(Card):
    """A table of links; each is shown once, when it is made. Every handler asks again who acts."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Screens"), _("Links that show only the map"), wide=True)
        self._context = context
        with self:
            columns = [Column(_("Name"), main=True), Column(_("Created by")), Column(_("Created")), Column(_("Valid until")),
                       Column("", number=True)]  # fmt: skip
            self._table = RecordTable(columns, _("No links."))
            with ui.element().classes("x-btns"):
                Button(_("Create link"), self._ask_new, icon="plus")
        self._fill()

    def _fill(self) -> None:
        self._table.show(map(self._row, self._context.kiosks.all()))

    def _row(self, kiosk: Kiosk) -> list[str | Callable[[], object]]:
        until = _("revoked") if kiosk.until is None else date(kiosk.until)
        if kiosk.until is not None and kiosk.until < time.time():
            until = _("expired")
        revoke = partial(Button, _("Revoke"), partial(self._revoke, kiosk), kind=ButtonKind.GHOST)
        return [kiosk.name, kiosk.by, lambda: Age(kiosk.created), until, revoke]

    def _ask_new(self) -> None:
        dialog = Dialog(_("Create link"))
        dialog.on("hide", dialog.delete, [])
        with dialog:
            ui.label(_("Anyone with the link can see the map, with names, addresses and loads. They cannot change anything.")).classes(
                "x-dim"
            )
            name = Field(_("Name"), placeholder=_("hallway screen"))
            days = choice({0: _("until revoked"), 1: _("for 1 day"), 30: _("for 30 days"), 365: _("for 1 year")}, 0, label=_("Valid"))

        async def submit() -> None:
            try:
                user = current_user()
                if not user.role.includes(Role.ADMIN):
                    name.fault(_("Only an administrator can create links."))
                    return
                until = time.time() + DAY * float(days.value) if days.value else None
                secret, kiosk = await self._context.kiosks.add(name.value, user.name, until)
            except (RecordRefused, StoreError, SignedOut) as error:
                name.fault(str(error) or _("You have signed out."))
                return
            dialog.close()
            self._fill()
            self._show(kiosk, secret)

        dialog.answers(_("Cancel"), _("Create link"), submit)
        dialog.open()

    def _show(self, kiosk: Kiosk, secret: str) -> None:
        """The only time."""
        text = _("Open this on the screen. It won't be shown again.")
        show_once(kiosk.name, text, _("Link"), f"{own_address()}/kiosk#{secret}", mark="kiosk-link")

    async def _revoke(self, kiosk: Kiosk) -> None:
        text = _("Screens that use the link {name} stop showing the map at once.").format(name=kiosk.name)
        if not await confirm(_("Revoke"), text, yes=_("Revoke"), no=_("Cancel")):
            return
        try:
            if not current_user().role.includes(Role.ADMIN):
                notify(_("Only an administrator can revoke links."), Tone.CRITICAL)
                return
            await self._context.auth.by_link.revoke(kiosk.id)
        except (RecordMissing, StoreError, SignedOut) as error:
            notify(str(error) or _("You have signed out."), Tone.CRITICAL)
        self._fill()
