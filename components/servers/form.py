"""The dialog that adds or edits a connection: nothing is stored, and no password sent, before the other side is trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from nicegui import ui

from components.servers.words import probe_fault
from components.ui import Button, ButtonKind, Dialog, Field, Notice, Tone, notify
from data.stores.errors import StoreError
from data.stores.servers import ServerRecord, TlsMode
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import _
from xo_dash.sync.probe import Probe
from xo_dash.xapi.errors import BadAddress

EXAMPLE: Final = "xcp1.lan"
MOMENT: Final = 1.5
"""Seconds in which a host lets in whoever has the right password, as a rule."""


def add_words() -> str:
    """What the way to the first server is called; "" for who may not add one."""
    return _("Add server") if is_administrator() else ""


def without_pools(text: str) -> str:
    """What ends that there is no pool: `text` for an administrator; to anybody else it may be that all are hidden."""
    return text if is_administrator() else _("Pools appear once an administrator adds a server and gives you access.")


class ServerForm:
    """Fields, a look at what is behind the address, a question if it cannot be trusted as it is, then the record."""

    def __init__(self, context: Context, record: ServerRecord | None = None) -> None:
        self._context = context
        self._record = record
        self._asked: tuple[str, Probe] | None = None  # the address as typed, and what the next press would say yes to
        self._dialog = Dialog(_("Edit server") if record else _("Add server"))
        self._dialog.on("hide", self._dialog.delete, [])  # a page that stays open must not keep passwords
        with self._dialog:
            self._address = Field(
                _("Address"),
                record.address if record else "",
                placeholder=EXAMPLE,
                hint=_("A name or IP address of any host of the pool"),
                on_change=self._forget_question,
            )
            self._user = Field(_("User"), record.user if record else "root")
            self._password = Field(
                _("Password"),
                password=True,
                autocomplete="new-password",
                hint=_("Leave empty to keep the current one") if record else "",
            )
            self._label = Field(_("Name"), record.label if record else "", placeholder=_("Pool's own name"), hint=_("Display name"))
            self._question = ui.element()
        self._yes = self._dialog.answers(_("Cancel"), self._usual, self._submit)

    @property
    def _usual(self) -> str:
        return _("Save") if self._record else _("Connect")

    def open(self) -> None:
        self._dialog.open()

    # ---- what the button does

    async def _submit(self) -> None:
        if not is_administrator():
            notify(_("Only an administrator can change servers."), Tone.WARNING)
            return
        if not self._complete():
            return
        self._yes.allow(_("Checking the address…"))
        try:
            await self._look()
        finally:
            self._yes.allow()

    def _complete(self) -> bool:
        password_needed = self._record is None and not self._password.value
        self._address.fault(None if self._address.value.strip() else _("Enter an address."))
        self._user.fault(None if self._user.value.strip() else _("Enter a user name."))
        self._password.fault(_("Enter a password.") if password_needed else None)
        return bool(self._address.value.strip() and self._user.value.strip() and not password_needed)

    async def _look(self) -> None:
        address, tls, fingerprint = self._address.value.strip(), *self._trust()
        try:
            password = self._password.value or (self._context.server_store.password(self._record.id) if self._record else "")
            looking = self._context.servers.probe(address, self._user.value.strip(), password, tls=tls, fingerprint=fingerprint)
            found = await self._patiently(looking)
        except (BadAddress, StoreError) as error:
            self._address.fault(_full(str(error)))
            return
        if not found.reachable or (found.trusted and found.pool is None):
            self._say(*probe_fault(found.error, address))
        elif not found.trusted:
            self._ask(found)
        else:
            await self._keep(found, tls, fingerprint)

    async def _patiently(self, looking: Coroutine[Any, Any, Probe]) -> Probe:
        """What is found; says what it waits for, where that is more than a moment."""
        task = asyncio.get_running_loop().create_task(looking)
        done, _pending = await asyncio.wait({task}, timeout=MOMENT)
        if not done:
            self._yes.allow(_("Waiting for the host; it takes 5 seconds to refuse a password"))
        return await task

    def _trust(self) -> tuple[TlsMode, str]:
        """What was said yes to, if the address is still the one that was asked about; else what the record trusts."""
        typed = self._address.value.strip()
        if self._asked is not None and self._asked[0] == typed:
            asked = self._asked[1]
            return (TlsMode.PLAIN, "") if asked.plain else (TlsMode.PINNED, asked.fingerprint)
        if self._record is not None and self._record.address == typed:
            return self._record.tls, self._record.fingerprint
        return TlsMode.CA, ""

    # ---- questions and faults

    def _say(self, field: str, sentence: str) -> None:
        self._password.fault(sentence if field == "password" else None)
        self._address.fault(sentence if field == "address" else None)

    def _forget_question(self) -> None:
        """It was about another address."""
        if self._asked is not None and self._asked[0] != self._address.value.strip():
            self._asked = None
            self._question.clear()
            self._yes.text = self._usual

    def _ask(self, found: Probe) -> None:
        """Show what would be trusted; the next press of the button is the yes."""
        before = self._record.fingerprint if self._record and self._record.tls is TlsMode.PINNED else ""
        self._asked = (self._address.value.strip(), found)
        self._say("", "")
        self._question.clear()
        with self._question:
            if found.plain:
                Notice(_("Plain HTTP sends the password unencrypted. Use it only in a network that you trust."), Tone.WARNING)
            else:
                Notice(_question(changed=bool(before)), Tone.CRITICAL if before else Tone.WARNING)
                _fingerprint(_("Fingerprint (SHA-256)"), found.readable_fingerprint)
                if before:
                    _fingerprint(_("Previously trusted"), ":".join(before[i : i + 2] for i in range(0, len(before), 2)).upper())
                ui.label(_("To see it, run on the host: {command}").format(command=_COMMAND)).classes("x-dim x-small")
        self._yes.text = _("Use plain HTTP") if found.plain else _("Trust this certificate")

    # ---- the record

    async def _keep(self, found: Probe, tls: TlsMode, fingerprint: str) -> None:
        address, user, servers = self._address.value.strip(), self._user.value.strip(), self._context.servers
        label = self._label.value.strip() or (found.pool.name if found.pool else "") or address
        tls = TlsMode.PLAIN if found.plain else tls
        if not is_administrator():  # no longer: looking took its time
            notify(_("Only an administrator can change servers."), Tone.WARNING)
            return
        if known := await self._known_as(found):
            self._say("address", _("Already added as {label}.").format(label=known))
            return
        try:
            if self._record is None:
                await servers.add(address, user, self._password.value, tls=tls, label=label, fingerprint=fingerprint)
            elif self._password.value:
                await servers.edit(
                    self._record.id,
                    address=address,
                    user=user,
                    label=label,
                    tls=tls,
                    fingerprint=fingerprint,
                    password=self._password.value,
                )
            else:
                await servers.edit(self._record.id, address=address, user=user, label=label, tls=tls, fingerprint=fingerprint)
        except (BadAddress, StoreError) as error:
            self._address.fault(_full(str(error)))
            return
        self._dialog.close()
        notify((_("{label} is saved.") if self._record else _("{label} is connected.")).format(label=label))

    async def _known_as(self, found: Probe) -> str:
        """What another connection to the same pool is called; "" if there is none."""
        return await self._context.servers.other_that_is(found.pool, self._record.id if self._record else "") if found.pool else ""


_COMMAND = "openssl x509 -noout -fingerprint -sha256 -in /etc/xensource/xapi-ssl.pem"


def _question(*, changed: bool) -> str:
    if changed:
        return _(
            "The certificate has changed: it was renewed, or somebody is intercepting the connection. Compare the "
            "fingerprint before you trust it."
        )
    return _("The certificate is self-signed or not trusted, which is usual for such hosts. Compare the fingerprint, then trust it.")


def _fingerprint(name: str, text: str) -> None:
    with ui.element().classes("x-fingerprint"):
        ui.label(name).classes("x-dim x-small")
        ui.label(text).classes("x-mono")


def open_form(context: Context, record: ServerRecord | None = None) -> None:
    """Ask for a new connection, or for what to change of `record`."""
    if not is_administrator():
        notify(_("Only an administrator can change servers."), Tone.WARNING)
        return
    ServerForm(context, record).open()


def add_button(context: Context) -> Button:
    return Button(_("Add server"), lambda: open_form(context), kind=ButtonKind.PRIMARY, icon="plus")


def _full(text: str) -> str:
    """A sentence with its full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
