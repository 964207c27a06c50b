"""One's own account: password and sessions."""

from __future__ import annotations

from nicegui import ui

from components.people.two_step import TwoStepCard
from components.ui import Age, Button, ButtonKind, Card, Column, Field, data_table, notify
from components.ui.facts import Value
from data.stores.users import Role, User
from xo_dash.auth.current import current_session, current_user
from xo_dash.auth.refused import Refused
from xo_dash.auth.sessions import Session
from xo_dash.context import Context
from xo_dash.control.grant_words import ROLES
from xo_dash.i18n import _


def role_word(role: Role) -> str:
    return _(ROLES[role])


def account_cards(context: Context) -> None:
    """For whoever looks; language and theme are chosen in the menu that leads here."""
    _password(context)
    TwoStepCard(context)
    _sessions(context, current_user())


def _password(context: Context) -> None:
    async def submit() -> None:
        old.fault(None)
        again.fault(None)
        if new.value != again.value:
            again.fault(_("The passwords do not match."))
            return
        try:
            await context.auth.change_own_password(current_session(), old.value, new.value)
        except Refused as refusal:
            old.fault(str(refusal))
            return
        for field in (old, new, again):
            field.value = ""
        notify(_("The password is changed. Your other sessions are signed out."))

    with Card(_("Password")):
        old = Field(_("Current password"), password=True, autocomplete="current-password")
        new = Field(_("New password"), password=True, autocomplete="new-password")
        again = Field(_("Repeat new password"), password=True, autocomplete="new-password", on_enter=submit)
        with ui.element().classes("x-btns"):
            Button(_("Change password"), submit, kind=ButtonKind.PRIMARY)


def _sessions(context: Context, user: User) -> None:
    here = current_session()
    mine = sorted((one for one in context.auth.sessions.all() if one.user_id == user.id), key=lambda one: -one.last_seen)

    def age(session: Session) -> Value:
        return _("this one") if session is here else lambda: Age(session.last_seen)

    with Card(_("Sessions"), str(len(mine))):
        data_table(
            [Column(_("Address"), main=True), Column(_("Sign-in time")), Column(_("Last active"))],
            [[session.address, lambda session=session: Age(session.created), age(session)] for session in mine],  # type: ignore[misc]
        )
        with ui.element().classes("x-btns"):
            Button(_("Sign out other sessions"), lambda: _sign_out_others(context))


def _sign_out_others(context: Context) -> None:
    here = current_session()
    context.auth.end_all_of(here.user_id, but=here)
    ui.navigate.reload()
