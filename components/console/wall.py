"""Up to sixteen consoles beside each other: still pictures, and the chosen one live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import events, ui

from components.actions.run_command import run_command
from components.console.card import NAMES, console_refs
from components.console.document import console_path
from components.console.thumbnail import Thumbnail
from components.console.words import standing_words
from components.live import fresh_slot
from components.related import follow_related
from components.ui import Button, Mark
from components.urls import path_of
from components.vms.words import mark_of
from data.consoles import Standing, present
from data.identity import key_of
from data.names import name_of
from data.objects import VM, Host
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

    def __init__(self, context: Context, vm: VM, without: str) -> None:
        """`without`: the address of the wall that leaves it out."""
        super().__init__("section")
        self.classes("x-tile").props["aria-label"] = name_of(vm)
        self.vm = vm
        self._context, self._standing, self._is_live = context, Standing.GONE, False
        with self:
            with ui.element("header").classes("x-tile-head"):
                self._mark = Mark(mark_of(vm))
                self._name = ui.link(name_of(vm), f"{path_of(vm)}/console").classes("x-tile-name x-cut").props("dir=auto")
                self._host = ui.label().classes("x-dim x-cut")
                with ui.link(target=without).classes("x-tile-out") as out:
                    out.props["aria-label"] = out.props["data-tip"] = _("Leave out")
                    ui.label("×")
            with ui.element().classes("x-tile-body"):
                self._picture = Thumbnail(vm)
                self._live = ui.element().classes("contents")
                self._note = ui.element().classes("x-tile-note")
            follow_related(context.mirror, vm, console_refs, self._refresh, names=(*NAMES, "name_label"), after_its_end=True)

    def choose(self, chosen: bool) -> None:
        """Live while it is the chosen one."""
        self.props["aria-current"] = "true" if chosen else "false"
        self.update()
        self._is_live = chosen
        self._show_live()

    def _refresh(self) -> None:
        host = self.vm.home.one(Host, self.vm.resident_on)
        self._mark.show(mark_of(self.vm))
        self._name.text = name_of(self.vm)
        self._host.text = name_of(host) if host else ""
        self._picture.refresh()
        standing = present(self.vm).standing
        if standing is not self._standing:
            self._standing = standing
            self._show_note()
            self._show_live()

    def _show_live(self) -> None:
        with fresh_slot(self._live):
            if self._is_live and self._standing is Standing.READY:
                frame = ui.element("iframe").classes("x-tile-live")
                frame.props["src"] = console_path(self.vm, "tile")
                frame.props["title"] = _("Console of {vm}").format(vm=name_of(self.vm))

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
        await run_command(self._context, action("vm.start"), [self.vm])


class Wall(ui.element):
    """The tiles; arrows choose, Enter opens, Escape makes none live."""

    def __init__(self, context: Context, vms: Sequence[VM], columns: int) -> None:
        super().__init__()
        self.classes("x-wall").props("tabindex=0 role=group")
        self.props["aria-label"] = _("Consoles")
        self._chosen = -1
        self._columns = columns
        keys = [key_of(vm) for vm in vms]
        with self:
            self._tiles = [Tile(context, vm, wall_path([one for one in keys if one != key_of(vm)])) for vm in vms]
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
            ui.navigate.to(f"{path_of(self._tiles[self._chosen].vm)}/console")
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
