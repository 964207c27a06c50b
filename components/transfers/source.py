"""Where a file comes from: this computer, or an address on the web."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui import ui

from components.transfers.picker import FilePicker
from components.ui import Field
from components.ui.segments import Segments
from xo_dash.control.requests.file import File
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.i18n import _

COMPUTER: Final = "computer"
WEB: Final = "web"
SCHEME: Final = "https://"


class FileSource(ui.element):
    """`value` is the file, the address as typed, or None."""

    def __init__(self, label: str, exchange: Exchange, on_change: Callable[[], None], *, accept: str = "") -> None:
        super().__init__()
        self.classes("x-file-source").mark("file-source")
        self._changed = on_change
        with self:
            self._from = Segments(
                {COMPUTER: _("From this computer"), WEB: _("From a URL")}, COMPUTER, self._switched, label=_("Where the file comes from")
            )
            self._picker = FilePicker(label, exchange, on_change, accept=accept)
            hint = _("The server fetches it; addresses inside the network only if an administrator allows them")
            self._url = Field(label, placeholder=SCHEME, hint=hint, on_change=on_change).mark("file-url")
            self.with_url = ui.element()  # for what belongs to an address alone
        self._url.set_visibility(False)
        self.with_url.set_visibility(False)

    def _handle_delete(self) -> None:
        del self._from, self._url, self.with_url  # they call back: a ring
        super()._handle_delete()

    @property
    def value(self) -> File | str | None:
        return str(self._url.value or "").strip() or None if self._from.value == WEB else self._picker.file

    def fault(self, text: str) -> None:
        """Say in one line what is wrong with it."""
        self._picker.fault(text if self._from.value == COMPUTER else "")
        self._url.fault(text if self._from.value == WEB else None)

    def withdraw(self) -> None:
        """It is not wanted after all, unless a command reads it."""
        self._picker.withdraw()

    def _switched(self, _from: str) -> None:
        self._picker.set_visibility(self._from.value == COMPUTER)
        self._url.set_visibility(self._from.value == WEB)
        self.with_url.set_visibility(self._from.value == WEB)
        if self._picker.file is not None or self._url.value:  # else nothing is another than before
            self._changed()
