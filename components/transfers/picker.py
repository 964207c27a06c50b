"""Choosing a file, which is then offered to the server: nothing is sent before somebody reads it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import events, ui

from xo_dash.auth.current import current_actor
from xo_dash.control.requests.file import File
from xo_dash.control.requests.types import LONGEST_NAME
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.transfers.upload import Upload
from xo_dash.i18n import _
from xo_dash.i18n import size as size_in_words

ROUTE = "/transfers/in/"


def _nobody() -> None:
    """Of a field that is gone."""


class FilePicker(ui.element, component="picker.js"):
    """`file` is the one that was chosen; it stays offered until it is sent, or withdrawn."""

    def __init__(self, label: str, exchange: Exchange, on_change: Callable[[], None], *, accept: str = "") -> None:
        """`accept`: endings of files, as HTML has them."""
        super().__init__()
        self._exchange = exchange
        self._changed = on_change
        self._upload: Upload | None = None
        self.file: File | None = None
        self._props["words"] = {"label": label, "button": _("Choose a file"), "drop": _("or drop it here")}
        self._props["accept"] = accept
        self.on("chosen", self._chosen)

    def _handle_delete(self) -> None:
        self._changed = _nobody  # a ring; a dialog that went with its page withdraws the file after this
        super()._handle_delete()

    def fault(self, text: str) -> None:
        """Say in one line what is wrong with it."""
        self._props["fault"] = text
        self.update()

    def withdraw(self) -> None:
        """It is not wanted after all."""
        if self._upload is not None and not self._upload.is_begun:
            self._exchange.withdraw(self._upload)

    def _chosen(self, event: events.GenericEventArguments) -> None:
        match event.args:  # what a browser sends may be anything
            case {"name": str(name), "size": int(size)} if 0 <= size < 1 << 50:
                name = "".join(letter for letter in name if letter.isprintable())[-LONGEST_NAME:] or "?"
            case _:
                return
        self.withdraw()
        self._upload = self._exchange.offer(name, size, current_actor().user_id)
        self.file = File(id=self._upload.id, name=name, size=size)
        self._props["size"] = size_in_words(size)
        self.update()
        self.run_method("offered", ROUTE + self._upload.id)
        self._changed()
