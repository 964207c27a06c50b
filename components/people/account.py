"""One's own account: password, second step, passkeys, sessions, and how one likes the pages."""

from __future__ import annotations

from nicegui import ui

from components.people.faults import fault_of
from components.people.passkeys import PasskeyCard
from components.people.preferences import PreferencesCard
from components.people.sessions import SessionList
from components.people.tokens import TokenList
from components.people.two_step import TwoStepCard
from components.ui import Button, ButtonKind, Card, Field, buttons, notify
from xo_dash.auth.by_password import DEMO
from xo_dash.auth.current import current_session, current_user
from xo_dash.auth.two_step import has_password
from xo_dash.context import Context
from xo_dash.i18n import _


def account_cards(context: Context) -> None:
    """For whoever looks."""
    user = current_user()
    if not user.external:
        PasswordCard(context)
    if has_password(user):
        TwoStepCard(context)
    if not user.external:
        PasskeyCard(context)
    PreferencesCard(context)
    SessionList(context, user.id).classes("x-wide")
    TokenList(context)


class PasswordCard(Card):
    """A new one takes the old one; who has none is given one by a link of an administrator."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Password"))
        self._context = context
        with self:
            user = current_user()
            if not user.password_hash:
                demo = user.name == DEMO and context.auth.demo_is_open()
                none = _("You have no password. Ask an administrator for a new sign-in link to choose one.")
                fixed = _("The password of the demo is “demo”. It cannot be changed.")
                ui.label(fixed if demo else none).classes("x-dim")
                return
            self._old = Field(_("Current password"), password=True, autocomplete="current-password")
            self._new = Field(_("New password"), password=True, autocomplete="new-password")
            self._again = Field(_("Repeat new password"), password=True, autocomplete="new-password", on_enter=self._submit)
            with buttons():
                Button(_("Change password"), self._submit, kind=ButtonKind.PRIMARY)

    async def _submit(self) -> None:
        self._again.fault(None)
        if self._new.value != self._again.value:
            self._again.fault(_("The passwords do not match."))
            return
        change = self._context.auth.change_own_password
        fault = await fault_of(lambda: change(current_session(), self._old.value, self._new.value))
        self._old.fault(fault)
        if fault is None:
            for field in (self._old, self._new, self._again):
                field.value = ""
            notify(_("The password is changed. Your other sessions are signed out."))
