"""Up to sixteen consoles beside each other: still pictures, and the chosen one live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import events, ui

from components.actions.run_command import run_command
from components.console.document import console_path
from components.console.thumbnail import Thumbnail
from components.console.words import standing_words
from components.live import follow_facts, fresh_slot
from components.ui import Button, Mark
from components.urls import path_of
from components.vms.words import mark_of
from data.consoles import Standing
from data.views.view import PRESENT
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.i18n import _

MOST: Final = 16
KEYS: Final = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter", "Escape")
PRESSED: Final = f"(e) => {{ if ({list(KEYS)}.includes(e.key) && !e.target.closest('a, button')) {{ e.preventDefault(); emit(e.key) }} }}"


def wall_path(keys: Sequence[str]) -> str:
    """The page with these, by `key_of`; without any, with some that run."""
    return "/consoles" + ("?o=" + ",".join(f"vm:{key}" for key in keys) if keys else "")


class Tile(ui.element):
    """One VM: its mark and name, and below them its screen."""

    def __init__(self, context: Context, vm: VMView, without: str) -> None:
        """`without`: the address of the wall that leaves it out."""
        super().__init__("section")
        self.classes("x-tile").props["aria-label"] = vm.name
        self.vm = vm
        self._context, self._standing, self._is_live = context, Standing.GONE, False
        with self:
            with ui.element("header").classes("x-tile-head"):
                self._mark = Mark(mark_of(vm.row))
                self._name = ui.link(vm.name, f"{path_of(vm.row)}/console").classes("x-tile-name x-cut").props("dir=auto")
                self._host = ui.label().classes("x-dim x-cut")
                with ui.link(target=without).classes("x-tile-out") as out:
                    out.props["aria-label"] = out.props["data-tip"] = _("Leave out")
                    ui.label("×")
            with ui.element().classes("x-tile-body"):
                self._picture = Thumbnail(vm)
                self._live = ui.element().classes("contents")
                self._note = ui.element().classes("x-tile-note")
            follow_facts(vm, (PRESENT, "screen", "name", "host", "state", "operations"), self._refresh)

    def choose(self, chosen: bool) -> None:
        """Live while it is the chosen one."""
        self.props["aria-current"] = "true" if chosen else "false"
        self.update()
        self._is_live = chosen
        self._show_live()

    def _refresh(self) -> None:
        vm = self.vm
        self._mark.show(mark_of(vm.row))
        self._name.text = vm.name
        self._host.text = vm.host.name if vm.host else ""
        self._picture.refresh()
        standing = vm.screen if vm.present else Standing.GONE
        if standing is not self._standing:
            self._standing = standing
            self._show_note()
            self._show_live()

    def _show_live(self) -> None:
        with fresh_slot(self._live):
            if self._is_live and self._standing is Standing.READY:
                frame = ui.element("iframe").classes("x-tile-live")
                frame.props["src"] = console_path(self.vm.key, "tile")
                frame.props["title"] = _("Console of {vm}").format(vm=self.vm.name)

    def _show_note(self) -> None:
        with fresh_slot(self._note):
            if self._standing is Standing.READY:
                return
            title, text = standing_words(self.vm, self._standing)
            with ui.element().classes("x-tile-panel"):
                ui.label(title).classes("x-strong")
                ui.label(text).classes("x-dim")
                if self._standing is Standing.HALTED:
                    Button(_("Start"), self._start, icon="play")

    async def _start(self) -> None:
        await run_command(self._context, action("vm.start"), [self.vm.row])


class Wall(ui.element):
    """The tiles; arrows choose, Enter opens, Escape makes none live."""

    def __init__(self, context: Context, vms: Sequence[VMView], columns: int) -> None:
        super().__init__()
        self.classes("x-wall").props("tabindex=0 role=group")
        self.props["aria-label"] = _("Consoles")
        self._chosen = -1
        self._columns = columns
        keys = [vm.key for vm in vms]
        with self:
            self._tiles = [Tile(context, vm, wall_path([one for one in keys if one != vm.key])) for vm in vms]
        self.style(f"--columns: {columns}")
        self.on("click", self._clicked, js_handler=CLICKED)
        self.on("keydown", self._pressed, js_handler=PRESSED)

    def set_columns(self, columns: int) -> None:
        self._columns = columns
        self.style(f"--columns: {columns}")

    def _clicked(self, event: events.GenericEventArguments) -> None:
        if isinstance(event.args, int):
            self._choose(event.args)

    def _pressed(self, event: events.GenericEventArguments) -> None:
        if event.args == "Escape":
            self._choose(-1)
        elif event.args == "Enter" and self._chosen >= 0:
            ui.navigate.to(f"{path_of(self._tiles[self._chosen].vm.row)}/console")
        elif event.args in KEYS:
            step = {"ArrowLeft": -1, "ArrowRight": 1, "ArrowUp": -self._columns, "ArrowDown": self._columns}.get(str(event.args), 0)
            self._choose(max(0, min(len(self._tiles) - 1, self._chosen + step)))

    def _choose(self, index: int) -> None:
        if index == self._chosen or not -1 <= index < len(self._tiles):
            return
        before, self._chosen = self._chosen, index
        if before >= 0:
            self._tiles[before].choose(False)
        if index >= 0:
            self._tiles[index].choose(True)


CLICKED: Final = """(e) => {
  const tile = e.target.closest('.x-tile');
  if (tile && !e.target.closest('a, button')) emit([...tile.parentElement.children].indexOf(tile));
}"""
