"""One VM in the table of priorities: its name, its memory, and three fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from nicegui import ui

from components.ui import Field, Value, choice
from data.facts.vm import memory_of
from data.names import name_of
from data.objects import VM
from xo_dash.control.pool.ha import held
from xo_dash.control.vm.boot import PRIORITIES
from xo_dash.i18n import N_, _, size

FIGURES: Final[Mapping[str, str]] = {"order": N_("Start order"), "delay": N_("Pause, s")}

B = TypeVar("B", bound=Field | ui.select)
Put = Callable[[str, str, str], None]
"""Gets a VM's uuid, the field, and what somebody chose or typed."""


class PriorityRow:
    """Drawn once and then brought up to date: a list stays open, and a field keeps the focus."""

    def __init__(self, *, is_fixed: bool) -> None:
        """`is_fixed`: its fields are for reading, see `fix`."""
        self._is_fixed = is_fixed
        self._labels: list[ui.label] = []
        self._fields: dict[str, Field | ui.select] = {}

    def cells(self, vm: VM, changed: dict[str, str], put: Put) -> Iterator[Value]:
        """What draws each, for `data_table`. `put` is kept by the fields alone, which let go of it at their end."""
        uuid, now = vm.uuid, msgspec.structs.asdict(held(vm))

        def label() -> None:
            self._labels.append(ui.label())

        def worth() -> None:
            options = {key: _(text) for key, text in PRIORITIES.items()}
            box = choice(options, now["priority"], on_change=lambda event: put(uuid, "priority", str(event.value)))
            self._fields["priority"] = self._read_only(box).mark(f"priority-{uuid}")

        def figure(name: str) -> Callable[[], None]:
            def draw() -> None:
                box = Field("", str(now[name]), on_change=lambda event: put(uuid, name, str(event.value or "")))
                self._fields[name] = self._read_only(box).props("inputmode=numeric debounce=300").mark(f"{name}-{uuid}")

            return draw

        def last() -> None:
            figures[-1]()
            self.show(vm, changed)

        figures = [figure(name) for name in FIGURES]
        yield from (label, label, worth, *figures[:-1], last)

    def fix(self, is_fixed: bool) -> None:
        """Whether its fields can only be read."""
        self._is_fixed = is_fixed
        for box in self._fields.values():
            self._read_only(box)

    def _read_only(self, box: B) -> B:
        box.props["readonly"] = self._is_fixed
        return box

    def show(self, vm: VM, changed: dict[str, str]) -> None:
        """As it is in the pool, but for what was `changed` here and is not saved yet; nothing before its cells are drawn."""
        if not self._fields.keys() >= FIGURES.keys():
            return
        name = name_of(vm)
        for label, text in zip(self._labels, (name, size(memory_of(vm))), strict=True):
            label.text = text
        now: dict[str, Any] = msgspec.structs.asdict(held(vm)) | changed
        for field, box in self._fields.items():
            box.value = str(now[field])
            title = f"{_(FIGURES[field])}: {name}" if field in FIGURES else _("When the host of {name} fails").format(name=name)
            if box.props.get("aria-label") != title:
                box.props["aria-label"] = title
