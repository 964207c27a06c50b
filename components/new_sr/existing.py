"""SRs that lie already where the new one would be: one is attached unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from components.live import fresh_slot
from components.ui import Button, Card, Mark
from xo_dash.control.sr.found import FoundSR
from xo_dash.control.sr.kinds import KINDS, SRKind
from xo_dash.i18n import _

MOST = 5
"""SRs that are offered."""


class ExistingSRs(ui.element):
    """`on_choose` is told the uuid of the one to attach; "" for a new one beside it."""

    def __init__(self, pool: str, on_choose: Callable[[str], None]) -> None:
        """`pool`: its name."""
        super().__init__()
        self.classes("contents")
        self._pool = pool
        self.on_choose = on_choose  # let go of at the end, see components.release
        self._shown: object = None
        self._ways: dict[str, Button] = {}

    def show(self, lying: Sequence[FoundSR], attached: str | None, kind: SRKind) -> None:
        if (shown := (lying, kind)) != self._shown:
            self._shown = shown
            self._ways.clear()
            with fresh_slot(self):
                if lying:
                    self._draw(lying, kind)
        for uuid, button in self._ways.items():
            button.props["aria-checked"] = "true" if uuid == (attached or "") else "false"

    def _draw(self, lying: Sequence[FoundSR], kind: SRKind) -> None:
        with Card().classes("x-new-sr-callout").mark("existing"):
            ui.label(_("There is an SR already: attach it?")).classes("x-new-sr-question")
            ui.label(_("Attaching keeps all disks and adds them to {pool}; nothing is written.").format(pool=self._pool))
            with ui.element().classes("x-row"):
                Mark("warning")
                ui.label(
                    _("If another pool still uses it, both would write. Attach it only if that pool is gone or has detached it.")
                ).classes("x-warning")
            with ui.element().classes("x-btns").props("role=radiogroup"):
                for sr in lying[:MOST]:
                    text = _("Attach {name}").format(name=sr.name or sr.uuid[:8]) if len(lying) > 1 else _("Attach")
                    self._way(text, sr.uuid, "link")
                beside = _("Erase it and create a new SR") if KINDS[kind].formats else _("New SR beside it")
                self._way(beside, "", "plus")

    def _way(self, text: str, uuid: str, icon: str) -> None:
        self._ways[uuid] = Button(text, lambda: self.on_choose(uuid), icon=icon).props("role=radio").mark(f"way-{uuid or 'new'}")
