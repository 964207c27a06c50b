"""Choosing a file, which is then offered to the server: nothing is sent before somebody reads it."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from nicegui import Client, events, ui

from components.browser import call
from xo_dash.auth.current import current_actor
from xo_dash.control.requests.file import File
from xo_dash.control.requests.types import LONGEST_NAME
from xo_dash.control.transfers.ends import GONE
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
                self._take("".join(letter for letter in name if letter.isprintable())[-LONGEST_NAME:] or "?", size)

    def _take(self, name: str, size: int) -> None:
        self.withdraw()
        self._upload = self._exchange.offer(name, size, current_actor().user_id)
        self.file = File(id=self._upload.id, name=name, size=size)
        self._props["size"] = size_in_words(size)
        self.update()
        self._sent_as(self._upload)
        self._changed()

    def _sent_as(self, upload: Upload) -> None:
        """The browser sends of it what is wanted, and is told when something is: this field may be gone by then."""
        page, url = weakref.ref(self.client), ROUTE + upload.id
        upload.asked = lambda: _tell(page(), url)
        self.run_method("offered", url)


class SameFile(FilePicker):
    """The file of an upload that nobody sends any more, chosen again: sending goes on where it was."""

    def __init__(self, exchange: Exchange, upload: Upload) -> None:
        super().__init__(_("To go on, choose {name} again").format(name=upload.name), exchange, _nobody)
        self._again = weakref.ref(upload)

    def _take(self, name: str, size: int) -> None:
        upload = self._again()
        if upload is None or upload.closed or upload.owner != current_actor().user_id:
            self.fault(str(GONE))
        elif (name, size) != (upload.name, upload.size):
            self.fault(_("this is another file; choose {name} of {size}").format(name=upload.name, size=size_in_words(upload.size)))
        else:
            self.fault("")
            self._sent_as(upload)


def _tell(page: Client | None, url: str) -> None:
    if page is not None and not page.is_deleted:
        call(page, "xo-upload", url)
