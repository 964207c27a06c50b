"""Two-step sign-in: one's own, and whether everybody needs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from components.people.faults import fault_of, need_administrator
from components.ui import Button, ButtonKind, Card, Dialog, Field, buttons, check, notify, qr_code
from xo_dash.auth.current import current_session, current_user
from xo_dash.auth.two_step import REQUIRED, Enrolment
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number


class TwoStepCard(Card):
    """One's own: set it up with an app, get new recovery codes, turn it off."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Two-step sign-in"))
        self._auth = context.auth
        self._two_step = context.auth.two_step
        with self:
            self._state = ui.label().classes("x-dim")
            with buttons():
                self._on = Button(_("Set up") + "…", self._set_up, kind=ButtonKind.PRIMARY).mark("two-step-on")
                self._renew = Button(_("New recovery codes") + "…", self._renew_codes)
                self._off = Button(_("Turn off") + "…", self._turn_off).mark("two-step-off")
        self._refresh()

    def _refresh(self) -> None:
        user = current_user()
        is_on, left = self._two_step.is_on(user.id), self._two_step.recovery_left(user.id)
        if is_on:
            text = ngettext(
                "On: you sign in with your password and a code from your app. {n} recovery code left.",
                "On: you sign in with your password and a code from your app. {n} recovery codes left.",
                left,
            ).format(n=number(left))
        else:
            text = _("Off: you sign in with your password only. When it is on, nobody can sign in as you without your phone.")
        self._state.text = text
        self._on.set_visibility(not is_on)
        self._renew.set_visibility(is_on)
        self._off.set_visibility(is_on and not self._two_step.required())

    def _set_up(self) -> None:
        enrolment = self._two_step.begin(current_user())
        dialog = Dialog(_("Set up two-step sign-in"))
        dialog.on("hide", dialog.delete, [])
        with dialog:
            _shown(enrolment)
            code = Field(_("Code"), autocomplete="one-time-code", hint=_("The 6 digits that the app shows now"))

        async def submit() -> None:
            async def confirm() -> None:
                codes = await self._two_step.confirm(current_user(), enrolment, code.value)
                dialog.close()
                self._refresh()
                _show_recovery(codes)

            code.fault(await fault_of(confirm))

        dialog.answers(_("Cancel"), _("Turn on"), submit)
        dialog.open()

    def _renew_codes(self) -> None:
        async def renew(password: str) -> None:
            codes = await self._auth.renew_recovery_codes(current_session(), password)
            self._refresh()
            _show_recovery(codes)

        _ask_password(_("New recovery codes"), _("Your current recovery codes stop working."), _("New codes"), renew)

    def _turn_off(self) -> None:
        async def turn_off(password: str) -> None:
            await self._auth.turn_off_two_step(current_session(), password)
            self._refresh()
            notify(_("Two-step sign-in is off."))

        _ask_password(_("Turn off two-step sign-in"), _("You will then sign in with your password only."), _("Turn off"), turn_off)


class TwoStepForAll(Card):
    """For administrators: whether everybody needs it."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Sign-in"))
        self._context = context
        with self, ui.element().classes("x-stack").style("gap: 6px"):
            self._box = check(
                _("Require two-step sign-in for all users"), bool(context.setting_store.value(REQUIRED)), on_change=self._save
            ).mark("two-step-for-all")
            text = _("Users who have not set it up do so at their next sign-in. Links for screens and API tokens are not affected.")
            ui.label(text).classes("x-dim")

    async def _save(self) -> None:
        async def save() -> None:
            need_administrator(_("Only an administrator can change this."))
            await self._context.setting_store.set(REQUIRED, True if self._box.value else None)

        if fault := await fault_of(save):
            notify(fault)


def _shown(enrolment: Enrolment) -> None:
    ui.label(_("Scan this with an authenticator app, and type the code that it shows.")).classes("x-dim")
    ui.html(qr_code(enrolment.uri), sanitize=False).classes("x-qr")  # our own markup
    ui.label(_("Without a camera, type this key:")).classes("x-dim")
    ui.label(enrolment.spelled).classes("x-mono").mark("two-step-key")


def _show_recovery(codes: Sequence[str]) -> None:
    """The only time."""
    dialog = Dialog(_("Recovery codes"))
    dialog.on("hide", dialog.delete, [])
    with dialog:
        text = _("Each code works once, when you do not have your phone. Keep them in a safe place; they are not shown again.")
        ui.label(text).classes("x-dim")
        with ui.element().classes("x-recovery-codes"):
            for code in codes:
                ui.label(code).classes("x-mono").mark("recovery-code")

    def copy() -> None:
        ui.clipboard.write("\n".join(codes))
        notify(_("Copied"))

    with dialog.foot:
        Button(_("Copy"), copy)
        Button(_("I have saved them"), dialog.close, kind=ButtonKind.PRIMARY)
    dialog.open()


def _ask_password(title: str, text: str, yes: str, change: Callable[[str], Awaitable[None]]) -> None:
    """Whoever sits at somebody's browser does not know their password."""
    dialog = Dialog(title)
    dialog.on("hide", dialog.delete, [])
    with dialog:
        ui.label(text).classes("x-dim")
        password = Field(_("Current password"), password=True, autocomplete="current-password")

    async def submit() -> None:
        async def confirmed() -> None:
            await change(password.value)
            dialog.close()

        password.fault(await fault_of(confirmed))

    dialog.answers(_("Cancel"), yes, submit)
    dialog.open()
