"""The files that an OVF without an archive names: each is chosen by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import asdict
from nicegui import ui

from components.live import fresh_slot
from components.transfers.picker import FilePicker
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.i18n import _


class BesidePickers(ui.element):
    """`values`: those that were chosen, as an import takes them."""

    def __init__(self, exchange: Exchange, on_complete: Callable[[], None]) -> None:
        super().__init__()
        self.classes("x-ova-beside")
        self._exchange = exchange
        self._completed = on_complete
        self._pickers: dict[str, FilePicker] = {}

    def _handle_delete(self) -> None:
        self._pickers.clear()
        del self._completed  # it calls back: a ring
        super()._handle_delete()

    @property
    def values(self) -> list[dict[str, object]]:
        return [{"file": asdict(picker.file)} for picker in self._pickers.values() if picker.file is not None]

    def ask(self, names: Sequence[str]) -> None:
        """For files of these names, unless it does so already; what was chosen before is let go of."""
        if names and self._pickers.keys() >= set(names):
            return
        self.withdraw()
        self._pickers.clear()
        with fresh_slot(self):
            if names:
                ui.label(_("The OVF names these files. Choose each of them.")).classes("x-dim")
            for name in names:
                self._pickers[name] = FilePicker(name, self._exchange, self._chosen).mark("beside")

    def withdraw(self) -> None:
        """They are not wanted after all, unless a command reads them."""
        for picker in self._pickers.values():
            picker.withdraw()

    def _chosen(self) -> None:
        for name, picker in self._pickers.items():
            other = picker.file is not None and picker.file.name != name
            picker.fault(_("choose the file {name}").format(name=name) if other else "")
        if all(picker.file is not None and picker.file.name == name for name, picker in self._pickers.items()):
            self._completed()
