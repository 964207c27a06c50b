"""Settings: from which hosts inside the network files may be fetched."""

from __future__ import annotations

from nicegui import ui

from components import ui as our
from components.ui import Button, ButtonKind, Card, buttons, notify
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.control.transfers.allowed import MOST, SETTING, AllowedHosts
from xo_dash.i18n import _


class AllowedHostsSettings(Card):
    """A line for each."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Import from a URL"))
        self._context = context
        with self:
            text = _(
                "Files are fetched from public addresses over https. These hosts are allowed too, over http as well and inside the network:"
            )
            ui.label(text).classes("x-dim")
            entries = context.setting_store.value(SETTING, [])
            hint = _("One per line: mirror.lan, *.example.org, 10.1.0.0/16")
            self._box = our.Field(_("Allowed hosts"), "\n".join(entries), lines=True, hint=hint, on_change=self._look).mark("allowed-hosts")
            with buttons():
                Button(_("Save"), self._save, kind=ButtonKind.PRIMARY).mark("save-allowed-hosts")

    @property
    def _entries(self) -> list[str]:
        return [line.strip() for line in str(self._box.value or "").splitlines() if line.strip()]

    def _look(self) -> AllowedHosts | None:
        """None while something is wrong with it, which is said then."""
        fault = _("at most {most} entries").format(most=MOST) if len(self._entries) > MOST else None
        try:
            allowed = AllowedHosts.of(self._entries)
        except ValueError as error:
            fault = _("“{entry}” is neither a name nor an address nor a network").format(entry=str(error)[:80])
        self._box.fault(fault)
        return allowed if fault is None else None

    async def _save(self) -> None:
        allowed = self._look()
        if allowed is None or not is_administrator():
            return
        await self._context.setting_store.set(SETTING, self._entries or None)
        self._context.runner.exchange.allowed = allowed
        notify(_("Saved"))
