"""One's own passkeys: added by the browser, listed, removed."""

from __future__ import annotations

import json
from typing import Final

from nicegui import ui

from components.live import follow_source
from components.people.faults import fault_of
from components.people.shown_once import own_address
from components.ui import Age, Button, ButtonKind, Card, Column, Dialog, Field, RecordTable, Tone, Value, buttons, confirm, notify
from data.stores.passkeys import Passkey
from xo_dash.auth.current import current_session, current_user
from xo_dash.auth.passkeys import PATIENCE, PasskeyQuestion
from xo_dash.auth.refused import Refused
from xo_dash.context import Context
from xo_dash.i18n import _

_CREATE: Final = """
try {{
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({options});
  const made = await navigator.credentials.create({{ publicKey }});
  return JSON.stringify(made.toJSON());
}} catch {{
  return "";
}}
"""


class PasskeyCard(Card):
    """Every handler asks again who acts."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Passkeys"))
        self._context = context
        site = context.auth.passkeys.site
        with self:
            text = _("Sign in with your fingerprint, face, PIN or security key. A passkey needs no password and no code.")
            ui.label(text).classes("x-dim")
            columns = [Column(_("Name"), main=True), Column(_("Added")), Column(_("Last used")), Column("", number=True)]
            self._table = RecordTable(columns)
            reason = ""
            if site is None:
                reason = _("Passkeys need a name and https. An administrator sets it: public_url in config.toml.")
            elif own_address() != site.origin:
                reason = _("Passkeys work only at {address}. Open xo-dash there.").format(address=site.origin)
            with buttons():
                Button(_("Add passkey") + "…", self._ask, icon="plus").allow(reason or None)
                if reason:
                    ui.label(reason).classes("x-dim x-grow").style("min-width: min(100%, 240px)")  # a phone shows no tip
            follow_source(context.auth.observe, self._fill)

    def _fill(self) -> None:
        passkeys = self._context.auth.passkeys.store.of_user(current_session().user_id)
        self.show_count(len(passkeys))
        self._table.show(map(self._row, passkeys))

    def _row(self, passkey: Passkey) -> list[Value]:
        return [
            passkey.name,
            lambda: Age(passkey.created),
            lambda: Age(passkey.used or None),
            lambda: Button(_("Remove"), lambda: self._remove(passkey), kind=ButtonKind.GHOST),
        ]

    def _ask(self) -> None:
        dialog = Dialog(_("Add passkey"))
        dialog.on("hide", dialog.delete, [])
        with dialog:
            name = Field(_("Name"), placeholder=_("my laptop"))
            password = Field(_("Current password"), password=True, autocomplete="current-password")
            password.set_visibility(bool(current_user().password_hash))

        async def submit() -> None:
            fault = await fault_of(lambda: self._add(name.value, password.value))
            name.fault(fault)
            if fault is None:
                dialog.close()
                self._context.auth.stir()

        dialog.answers(_("Cancel"), _("Add"), submit)
        dialog.open()

    async def _add(self, name: str, password: str) -> None:
        if not name.strip():
            raise Refused(_("Enter a name, to tell your passkeys apart."))
        auth = self._context.auth
        question = await auth.by_passkey.ask_new(current_session(), password)
        answer = await self._answer(question)
        await auth.by_passkey.add(current_session(), question.ticket, name, answer)

    async def _answer(self, question: PasskeyQuestion) -> str:
        """What the browser made. Raises Refused."""
        code = _CREATE.format(options=json.dumps(question.options))
        try:
            answer = await ui.run_javascript(code, timeout=PATIENCE)
        except TimeoutError as error:
            raise Refused(_("Too much time has passed. Try again.")) from error
        if not isinstance(answer, str) or not answer:
            raise Refused(_("No passkey was made. Try again, or choose another device."))
        return answer

    async def _remove(self, passkey: Passkey) -> None:
        with self:  # not in its row, which may be drawn anew meanwhile
            await self._ask_remove(passkey)

    async def _ask_remove(self, passkey: Passkey) -> None:
        text = _("{name} no longer signs you in. Remove it on the device as well.").format(name=passkey.name)
        if not await confirm(_("Remove passkey"), text, yes=_("Remove"), no=_("Cancel")):
            return
        if fault := await fault_of(lambda: self._context.auth.by_passkey.remove(current_session(), passkey.id)):
            notify(fault, Tone.CRITICAL)
        self._context.auth.stir()
