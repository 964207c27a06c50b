"""The fields of a request, each as what a person fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from nicegui import ui

from components import ui as our
from components.transfers.source import FileSource
from data.types import XapiObject
from xo_dash.control.action import Choice
from xo_dash.control.lazy_text import LazyText, each_of
from xo_dash.control.requests.fields import InputKind, RequestField
from xo_dash.control.requests.file import File
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.i18n import _


class FieldBox:
    """One field. `touched`: the person changed it, so that what is wrong with it is said."""

    def __init__(self, field: RequestField, on_change: Callable[[], None]) -> None:
        self.field = field
        self.touched = False
        self.dead_end = ""  # why it cannot be filled in at all
        self.undecided = False  # its objects have different values, and nobody has said which one all are to have
        self._on_change = on_change

    @property
    def value(self) -> object:
        """As typed."""
        raise NotImplementedError

    def fill(self, value: str) -> None:
        """As if a person had typed or chosen it."""
        raise NotImplementedError

    def fault(self, reason: LazyText | None) -> None:
        """Say in one line what is wrong; None: nothing."""

    def renew(self, value: object) -> None:
        """Show another value, as if it had begun with that."""

    def words(self, value: object) -> str:
        """A value of it, as a person is told it."""
        return "–" if value in (None, "") else _("yes") if value is True else _("no") if value is False else _as_typed(value)

    def show(self, visible: bool) -> None:
        """Whether it is asked for now."""

    def focus(self, *, politely: bool = False) -> None:
        """Have the keyboard go there; `politely`: unless somebody types elsewhere."""

    def discard(self) -> None:
        """What it holds is not wanted."""

    def differs(self) -> None:
        """It was found with different values in the objects, and shows none of them."""
        self.undecided = True

    def _changed(self) -> None:
        self.touched, self.undecided = True, False
        self._on_change()


def _focus(box: ui.element, *, politely: bool) -> None:
    if politely:
        ui.run_javascript(f'document.activeElement?.matches("input, textarea") || getHtmlElement({box.id})?.focus()')
    else:
        box.run_method("focus")


class TextBox(FieldBox):
    """Text, numbers, sizes, and lists of texts with commas between them."""

    def __init__(self, field: RequestField, value: object, several: bool, on_change: Callable[[], None]) -> None:
        super().__init__(field, on_change)
        hints = [_(field.hint)] if field.hint else []
        if field.is_pattern and several:
            hints.append(_("{name} is replaced with the name of each"))
        self._box = our.Field(
            _(field.title), _as_typed(value), hint=". ".join(hints), password=field.secret, lines=field.is_lines, on_change=self._changed
        )

    @property
    def value(self) -> object:
        return str(self._box.value or "")

    def fill(self, value: str) -> None:
        self._box.value = value

    def renew(self, value: object) -> None:
        self._box.value = _as_typed(value)
        self.touched = False

    def show(self, visible: bool) -> None:
        self._box.set_visibility(visible)

    def fault(self, reason: LazyText | None) -> None:
        self._box.fault(str(reason) if reason else None)

    def focus(self, *, politely: bool = False) -> None:
        _focus(self._box, politely=politely)

    def differs(self) -> None:
        super().differs()
        self._box.props["placeholder"] = _("multiple values")


class SwitchBox(FieldBox):
    """Yes or no."""

    def __init__(self, field: RequestField, value: object, on_change: Callable[[], None]) -> None:
        super().__init__(field, on_change)
        with ui.element().classes("x-field-switch"):
            self._box = our.check(_(field.title), bool(value), on_change=self._changed)
            if field.hint:
                ui.label(_(field.hint)).classes("x-dim x-small")
            self._fault = ui.label().classes("x-critical x-small")
            self._fault.set_visibility(False)

    @property
    def value(self) -> object:
        return bool(self._box.value)

    def renew(self, value: object) -> None:
        if value is not None:  # else they differ by now, and off is no word for that
            self._box.value = bool(value)
        self.touched = False

    def fault(self, reason: LazyText | None) -> None:
        self._fault.text = str(reason or "")
        self._fault.set_visibility(reason is not None)


class OptionsBox(FieldBox):
    """One of several; each has its words."""

    _options: Mapping[str, str]
    _box: ui.select

    def words(self, value: object) -> str:
        return self._options.get(str(value or "")) or super().words(value)

    def renew(self, value: object) -> None:
        self._box.value = value if value in self._options else None
        self.touched = False

    def differs(self) -> None:
        super().differs()
        self._box.props["hint"] = _("multiple values")

    def fault(self, reason: LazyText | None) -> None:
        self._box.error = str(reason) if reason else None

    def focus(self, *, politely: bool = False) -> None:
        _focus(self._box, politely=politely)


class ChoiceBox(OptionsBox):
    """One of a few words."""

    def __init__(self, field: RequestField, value: object, on_change: Callable[[], None]) -> None:
        super().__init__(field, on_change)
        self._options = {key: _(words) for key, words in field.options.items()}
        self._box = our.choice(self._options, value if value in self._options else None, label=_(field.title), on_change=self._changed)
        if field.may_be_nothing:
            self._box.props("clearable")
        if field.hint:
            self._box.props["hint"] = _(field.hint)

    @property
    def value(self) -> object:
        return str(self._box.value or "") or None

    def show(self, visible: bool) -> None:
        self._box.set_visibility(visible)


class EachBox(FieldBox):
    """Yes or no for all, or for each as it is."""

    def __init__(self, field: RequestField, on_change: Callable[[], None]) -> None:
        super().__init__(field, on_change)
        options = {"": _("leave as it is"), "yes": _("yes"), "no": _("no")}
        self._box = our.choice(options, "", label=_(field.title), on_change=self._changed)
        if field.hint:
            self._box.props["hint"] = _(field.hint)

    @property
    def value(self) -> object:
        return {"yes": True, "no": False}.get(str(self._box.value))

    def fault(self, reason: LazyText | None) -> None:
        self._box.error = str(reason) if reason else None


class FileBox(FieldBox):
    """A file, sent or fetched once the command reads it."""

    def __init__(self, field: RequestField, exchange: Exchange, on_change: Callable[[], None]) -> None:
        super().__init__(field, on_change)
        self._source = FileSource(_(field.title), exchange, self._changed)

    @property
    def value(self) -> object:
        file = self._source.value
        return msgspec.structs.asdict(file) if isinstance(file, File) else file

    def fault(self, reason: LazyText | None) -> None:
        self._source.fault(str(reason) if reason else "")

    def discard(self) -> None:
        self._source.withdraw()


class ObjectBox(OptionsBox):
    """One object of the pool; those that cannot be are listed below with the reason."""

    def __init__(
        self, field: RequestField, value: object, choices: Sequence[Choice], subjects: Sequence[XapiObject], on_change: Callable[[], None]
    ) -> None:
        super().__init__(field, on_change)
        self._options = options = {choice.value: choice.label for choice in choices if choice.refused is None}
        if not options and field.required:
            self.dead_end = _no_choice(field, subjects)
            ui.label(self.dead_end).classes("x-critical")
        self._box = our.choice(options, value if value in options else None, label=_(field.title), on_change=self._changed)
        self._box.set_visibility(bool(options))
        if field.may_be_nothing:
            self._box.props("clearable")
        if field.hint:
            self._box.props["hint"] = _(field.hint)
        refused = [(choice.label, each_of(choice.refused)) for choice in choices if choice.refused is not None]
        if refused:
            with ui.element().classes("x-verb-names x-verb-quiet"), ui.element("ul"):
                for name, reasons in refused:
                    _refusal(name, reasons)

    @property
    def value(self) -> object:
        return str(self._box.value or "")


def _refusal(name: str, reasons: Sequence[LazyText]) -> None:
    """One line for one reason; several stand below the name."""
    if len(reasons) == 1:
        ui.label(f"{name}: {reasons[0]}").tag = "li"
        return
    with ui.element("li"):
        ui.label(name)
        with ui.element("ul"):
            for reason in reasons:
                ui.label(str(reason)).tag = "li"


def box_for(
    field: RequestField, value: object, choices: Sequence[Choice], subjects: Sequence[XapiObject], on_change: Callable[[], None]
) -> FieldBox:
    """What asks for `field`, here."""
    if field.entry is InputKind.OBJECT:
        return ObjectBox(field, value, choices, subjects, on_change)
    if field.entry is InputKind.SWITCH:
        if value is None and field.may_be_nothing:
            return EachBox(field, on_change)
        return SwitchBox(field, value, on_change)
    if field.entry is InputKind.CHOICE:
        return ChoiceBox(field, value, on_change)
    return TextBox(field, value, len(subjects) > 1, on_change)


def _as_typed(value: object) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _no_choice(field: RequestField, subjects: Sequence[XapiObject]) -> str:
    if len({subject.home.id for subject in subjects}) > 1:
        return _("They are in different pools; select VMs of one pool.")
    if len(subjects) > 1 and field.kind is type(subjects[0]):
        return _("They have no hosts in common; select a single VM.")
    kind = field.kind.xapi_class if field.kind is not None else ""
    if kind == "host":
        return _("No host of the pool can run it now.")
    return _("The pool has no SR for VM disks.") if kind == "SR" else _("There is nothing to choose from.")
