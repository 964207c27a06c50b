"""The dialogs before an address or the management of a host changes, or a port goes: each line before and after, and how a cut one comes
back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nicegui import ui

from components.actions.dialog import ActionDialog
from components.actions.offer import Offer
from components.cells import CellTable, Marked
from components.ui import Column, Notice, Tone
from data.objects import PIF
from xo_dash.auth.current import current_session
from xo_dash.control.network.address import DHCP, KEEP, STATIC, TRY, SetAddress, host_of, why_no_trial
from xo_dash.control.network.address import paths_of as paths_of_address
from xo_dash.control.network.guard import UNCHANGED, GuardVerdict, PathChange, breaks
from xo_dash.control.network.management import UseForManagement
from xo_dash.control.network.management import paths_of as paths_of_management
from xo_dash.control.network.plug import LosePort
from xo_dash.control.network.plug import paths_of as paths_of_lost
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.i18n import _

MARKS: Final = {GuardVerdict.SAME: "live", GuardVerdict.CHECK: "warning", GuardVerdict.BREAKS: "critical"}


class GuardDialog(ActionDialog):
    """Asks only for what the chosen mode needs; for the host's name only where a line breaks for good."""

    wide = True

    def __init__(self, offer: Offer, exchange: Exchange, preset: Mapping[str, object]) -> None:
        self._paths: CellTable | None = None
        super().__init__(offer, exchange, preset)

    def _tell_notes(self) -> None:
        if self._paths is None:
            self._draw_paths()
        changes = self._changes()
        self._arrange(changes)
        cut = breaks(changes)
        self._cut.set_visibility(cut)
        assert self._paths is not None  # noqa: S101  # it was drawn above
        self._paths.set_visibility(bool(changes))
        rows = [(str(one.path), str(one.now), Marked(MARKS[one.verdict], str(one.after))) for one in changes]
        if self._moves_management():
            rows.insert(0, (_("You → xo-dash"), current_session().address, Marked("live", str(UNCHANGED))))
        self._paths.show([(str(number), row) for number, row in enumerate(rows)])

    def _draw_paths(self) -> None:
        with self._notes:
            self._cut = Notice(_("This breaks a connection of the host."), Tone.CRITICAL).mark("cut")
            self._no_trial = ui.label().classes("x-dim x-small")
            self._paths = CellTable((Column(_("Line"), main=True), Column(_("Now")), Column(_("After"))), "")
            self._paths.mark("paths")

    @property
    def _pif(self) -> PIF:
        (pif,) = self._offer.able or [subject for subject, _reason in self._offer.unable]
        assert isinstance(pif, PIF)  # noqa: S101  # its commands are for nothing else
        return pif

    def _moves_management(self) -> bool:
        return self._action.request is UseForManagement or self._pif.management

    def _changes(self) -> list[PathChange]:
        """Of what is typed so far, whether it is confirmed or not."""
        try:
            request = decode(self._action.request, {name: box.value for name, box in self._boxes.items()})
        except BadRequest:
            return []
        if isinstance(request, SetAddress):
            return paths_of_address(request, self._pif) if request.mode != STATIC or request.ip else []
        return paths_of_lost(self._pif) if isinstance(request, LosePort) else paths_of_management(self._pif)

    def _arrange(self, changes: list[PathChange]) -> None:
        mode, keep = (self._boxes[name].value if name in self._boxes else "" for name in ("mode", "keep"))
        for name in ("ip", "netmask", "gateway", "dns"):
            if name in self._boxes:
                self._boxes[name].show(mode == STATIC)
        reason = why_no_trial(host_of(self._pif), management=self._moves_management())
        if "keep" in self._boxes:
            self._boxes["keep"].show(reason is None and mode != DHCP)
        self._boxes["confirm"].show(breaks(changes) and (keep == KEEP or reason is not None))
        self._no_trial.text = str(reason) if reason is not None and self._moves_management() and breaks(changes) else ""
        self._yes.set_text(_("Try for 90 s") if keep == TRY and reason is None else _(self._action.title))


DIALOGS: Final[Mapping[str, type[ActionDialog]]] = dict.fromkeys(("pif.address", "pif.management", "pif.unplug", "pif.forget"), GuardDialog)
"""{command: the dialog that it has instead of the usual one}"""
