"""A part of the form that has several of a kind, a row each: disks, NICs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from nicegui import ui

from components.live import fresh_slot
from components.new_vm.model import Model
from components.new_vm.section import Section, fault
from components.ui import Button, ButtonKind
from xo_dash.control.vm.creation.blueprint import Blueprint

D = TypeVar("D")


class RowsSection(Section, Generic[D]):
    """Its one field is a list of the draft's, which is None while what follows from the template stands."""

    def suggested(self, plan: Blueprint) -> list[D]:
        """What follows from the template."""
        raise NotImplementedError

    def changed(self) -> bool:
        return getattr(self.form.draft, self.fields[0]) is not None

    def drafts(self, model: Model) -> list[D]:
        own = cast("list[D] | None", getattr(self.form.draft, self.fields[0]))
        return own or [] if own is not None or model.plan is None else self.suggested(model.plan)

    def own(self) -> list[D]:
        """The draft's list, begun with what follows from the template."""
        if not self.changed():
            setattr(self.form.draft, self.fields[0], self.drafts(self.form.model) if self.form.model is not None else [])
        return cast("list[D]", getattr(self.form.draft, self.fields[0]))

    def add(self, draft: D) -> None:
        self.own().append(draft)
        self.form.changed()

    def fill(self) -> None:
        self._drawn: list[object] = []
        self._rows = ui.element().classes("x-fold-rows")

    def draw(self, model: Model, shape: list[object], none: str, row: Callable[[int, D], None]) -> None:
        """Rows are drawn anew when `shape` is another; while one types they stay. `none` is said where there is no row."""
        if shape == self._drawn:
            return
        self._drawn = shape
        self.forget(f"{self.fields[0]}.")
        drafts = self.drafts(model)
        with fresh_slot(self._rows):
            if not drafts:
                ui.label(none).classes("x-dim")
            for at, draft in enumerate(drafts):
                row(at, draft)
        for place, box in self._boxes.items():
            fault(box, self.form.said(model, place))

    def put(self, at: int, name: str, text: str) -> None:
        """Somebody typed it into a field of row `at`."""
        setattr(self.own()[at], name, text)

    def remover(self, at: int, label: str) -> None:
        """The button at the end of row `at`."""

        def remove() -> None:
            self.own().pop(at)
            self.form.changed()

        Button(icon="close", kind=ButtonKind.GHOST, label=label, on_click=remove).classes("x-row-end")
