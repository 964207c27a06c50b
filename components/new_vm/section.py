"""A part of the form that folds: its line says in short what is in it, and how many fields are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from nicegui import ui

from components import ui as our
from components.new_vm.model import Model
from components.theme.icons import Icon
from components.ui import Mark
from xo_dash.control.lazy_text import LazyText
from xo_dash.i18n import ngettext, number

if TYPE_CHECKING:
    from components.new_vm.form import Form

Faulty = our.Field | ui.select
TYPED = "debounce=300"


class Section(ui.element):
    """`summary` and `fill` are its own; what is filled once stays, folded or not, so that nothing typed is lost."""

    title: ClassVar[Callable[[], str]]
    fields: ClassVar[tuple[str, ...]] = ()  # of the request, with their parts

    def __init__(self, form: Form) -> None:
        super().__init__("section")
        self.classes("x-fold")
        self.form = form
        self._boxes: dict[str, Faulty] = {}
        self._texts: dict[str, Callable[[Model], str]] = {}
        self._filled = False
        with self:
            with ui.element("button").classes("x-fold-line").props("type=button aria-expanded=false") as self._line:
                Icon("right").classes("x-fold-arrow")
                ui.label(type(self).title()).classes("x-fold-title")
                self._summary = ui.label().classes("x-fold-summary x-cut").props("dir=auto")
                with ui.element("span").classes("x-fold-wrong") as self._wrong:
                    Mark("critical")
                    self._count = ui.label()
            self._line.on("click", self.toggle, [])
            self._body = ui.element().classes("x-fold-body")
            self._body.set_visibility(False)
        self._wrong.set_visibility(False)

    # what each has

    def summary(self, model: Model) -> str:
        """One line; "" while nothing is known."""
        raise NotImplementedError

    def changed(self) -> bool:
        """Whether somebody typed something here."""
        return False

    def fill(self) -> None:
        """Draw what is in it."""
        raise NotImplementedError

    def refresh(self, model: Model) -> None:
        """After fields have their values and faults."""

    # what all do

    @property
    def is_open(self) -> bool:
        return bool(self._body.visible)

    def toggle(self) -> None:
        self.unfold(not self.is_open)

    def unfold(self, is_open: bool = True) -> None:
        if is_open and not self._filled:
            self._filled = True
            with self._body:
                self.fill()
        self._body.set_visibility(is_open)
        self._line.props["aria-expanded"] = "true" if is_open else "false"
        if is_open and self.form.model is not None:
            self.show(self.form.model)

    def show(self, model: Model) -> None:
        wrong = model.within(self.fields)
        text = self.summary(model)
        if self._summary.text != text:
            self._summary.text = text
        self._summary.classes(**{"add" if self.changed() else "remove": "x-fold-changed"})
        self._wrong.set_visibility(bool(wrong))
        if wrong:
            self._count.text = ngettext("{n} field to correct", "{n} fields to correct", len(wrong)).format(n=number(len(wrong)))
        if self.is_open:
            with self.form.filling():
                for place, derive in self._texts.items():
                    self._boxes[place].value = derive(model)
            for place, box in self._boxes.items():
                fault(box, self.form.said(model, place))
            self.refresh(model)

    def text(
        self,
        place: str,
        label: str,
        put: Callable[[str], None],
        derive: Callable[[Model], str] | None = None,
        *,
        value: str = "",
        **more: Any,
    ) -> our.Field:
        """A field for the request's `place`. `derive`: what it shows while nobody typed anything."""
        field = our.Field(label, value, on_change=self._change(place, put), **more).props(TYPED)
        self._boxes[place] = field
        if derive is not None:
            self._texts[place] = derive
        return field

    def choice(self, place: str, options: dict[str, str], value: str | None, put: Callable[[str], None], *, label: str = "") -> ui.select:
        """One of a few; an object that is gone stays as an empty field."""
        box = our.choice(options, value if value in options else None, label=label, on_change=self._change(place, put))
        self._boxes[place] = box
        return box

    def switch(self, text: str, value: bool, put: Callable[[bool], None]) -> ui.checkbox:
        def changed(event: Any) -> None:
            if not self.form.is_filling:
                put(bool(event.value))
                self.form.changed()

        return our.check(text, value, on_change=changed)

    def forget(self, prefix: str) -> None:
        """Fields that are drawn anew."""
        self._boxes = {place: box for place, box in self._boxes.items() if not place.startswith(prefix)}
        self._texts = {place: derive for place, derive in self._texts.items() if not place.startswith(prefix)}

    def focus(self, place: str) -> bool:
        """Go to the field; whether it is here."""
        box = next((box for name, box in self._boxes.items() if place == name or place.startswith(f"{name}.")), None)
        if box is not None:
            box.run_method("focus")
        return box is not None

    def _change(self, place: str, put: Callable[[str], None]) -> Callable[[Any], None]:
        def changed(event: Any) -> None:
            if not self.form.is_filling:
                put(str(event.value or ""))
                self.form.changed(place)

        return changed


def fault(box: Faulty, reason: LazyText | None) -> None:
    """Say it at the field; nothing is sent where that is said already."""
    text = str(reason) if reason is not None else None
    if box.error != text:
        box.error = text
