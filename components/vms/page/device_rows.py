"""Rows of devices: each drawn anew when it looks different, with its commands at the end and a place for an editor below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from nicegui import ui

from components.actions import InlineEditor, run_command, whoever
from components.actions.menu import offered_item
from components.live import fresh_slot
from components.ui import Button, ButtonKind, divider, menu
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import summarize
from xo_dash.i18n import _

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Offered:
    """A command of a device; `inline` ones are filled in below the row, with these values to begin with."""

    action: AnyAction
    subject: XapiObject
    inline: Callable[[], Values] | None = None
    final: bool = False


def offered(action_id: str, subject: XapiObject, inline: Callable[[], Values] | None = None, *, final: bool = False) -> Offered:
    return Offered(action(action_id), subject, inline, final)


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """`look`: compared with what is shown; `draw` fills the row's cells."""

    key: str
    name: str
    look: object
    draw: Callable[[DeviceLine], None]
    commands: Sequence[Offered] = field(default_factory=tuple)


class DeviceLine(ui.element):
    """One row."""

    def __init__(self, context: Context, kind: str) -> None:
        super().__init__()
        self.classes("x-device")
        self._context, self._kind = context, kind
        self._look: object = self
        self._commands: Sequence[Offered] = ()
        with self:
            self._cells = ui.element().classes("contents")
            self._below = ui.element().classes("x-device-below")

    def show(self, row: DeviceRow) -> None:
        self._commands = row.commands
        if row.look == self._look:
            return
        self._look = row.look
        with fresh_slot(self._cells), ui.element().classes(f"x-device-cells x-{self._kind}"):
            row.draw(self)
            if row.commands:
                with Button(icon="more", kind=ButtonKind.GHOST, label=_("Commands for {name}").format(name=row.name)).mark("device-menu"):
                    self._menu = menu(right=True).props("no-parent-event")
                slot = self._menu.parent_slot
                if slot is not None:
                    slot.parent.on("click", self._opened, [])

    def _opened(self) -> None:
        self._menu.clear()
        user = whoever()
        commands = [one for one in self._commands if one.action.applies_to(one.subject)]
        with self._menu:
            for number, one in enumerate(commands):
                if one.action.danger and number and not commands[number - 1].action.danger:
                    divider()
                offered_item(summarize(one.action, [one.subject], user), partial(self.do, one))
        self._menu.open()

    async def do(self, one: Offered) -> None:
        """Below the row, or through the usual dialog."""
        if one.inline is None:
            await run_command(self._context, one.action, [one.subject])
        else:
            self.edit(one)

    def edit(self, one: Offered) -> None:
        assert one.inline is not None  # noqa: S101  # it is filled in below the row
        self._below.clear()
        with self._below:
            InlineEditor(self._context, one.action, one.subject, one.inline, lambda: None, final=one.final)


class DeviceRows(ui.element):
    """All of them, in the order given; without one, a sentence."""

    def __init__(self, context: Context, kind: str, titles: Sequence[str], empty: str) -> None:
        """`kind`: of the grid that the style sheet has for it."""
        super().__init__()
        self.classes("x-devices")
        self._context, self._kind = context, kind
        self._lines: dict[str, DeviceLine] = {}
        with self:
            with ui.element().classes(f"x-device-cells x-device-head x-{kind}") as self._head:
                for title in titles:
                    ui.label(title)
            self._empty = ui.label(empty).classes("x-dim x-device-empty")

    def show(self, rows: Sequence[DeviceRow]) -> None:
        for gone in self._lines.keys() - {row.key for row in rows}:
            self._lines.pop(gone).delete()
        for at, row in enumerate(rows):
            if row.key not in self._lines:
                with self:
                    self._lines[row.key] = DeviceLine(self._context, self._kind)
                self._lines[row.key].move(self, at + 2)
            self._lines[row.key].show(row)
        self._head.set_visibility(bool(rows))
        self._empty.set_visibility(not rows)


def described(title: str, below: str = "") -> None:
    """Two lines of a cell."""
    with ui.element().classes("x-two"):
        ui.label(title or "–").classes("x-cut").props("dir=auto")
        ui.label(below).classes("x-cut x-dim x-small").props("dir=auto")
