"""The questions before a command: what it needs to know, what it costs, to what it is done and to what not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from components.ui import Dialog, Field, Kind, choice
from data.names import name_of
from data.types import XapiObject
from xo_dash.control.action import Action, Argument, Entry
from xo_dash.control.offers import Offer
from xo_dash.control.said import Said
from xo_dash.i18n import _, ngettext, number

TYPED = 5
"""So many objects of a command that loses something take a typed confirmation."""


def needs_asking(offered: Offer) -> bool:
    """A command that costs nothing, needs nothing and is for one object is simply done."""
    return bool(offered.action.loses or offered.action.arguments or offered.total > 1)


async def ask(offered: Offer) -> dict[str, str] | None:
    """The command's arguments; None if it was left."""
    question = Question(offered)
    try:
        answered = await question.dialog
        return question.arguments if answered else None
    finally:
        if not question.dialog.is_deleted:
            question.dialog.delete()


class Question:
    """The dialog of one command."""

    def __init__(self, offered: Offer) -> None:
        self._offer = offered
        self._action = offered.action
        self._values: dict[str, Callable[[], str]] = {}
        self._faults: dict[str, Callable[[str | None], None]] = {}
        self.dialog = Dialog(_headline(offered))
        with self.dialog:
            if self._action.loses:
                ui.label(_(self._action.loses)).classes("x-dim")
            for argument in self._action.arguments:
                self._argument(argument)
            if offered.total > 1:
                _names(_("To these:"), [name_of(subject) for subject in offered.able])
            _names(_("What follows:"), [line for subject in offered.able for line in self._action.foretells(subject)])
            _names(_("With it go these disks:"), [name for subject in offered.able for name in self._action.names_what_goes(subject)])
            if offered.unable:
                _names(_("Not to these:"), [f"{name_of(subject)}: {reason}" for subject, reason in offered.unable], quiet=True)
            self._typed = self._typing()
        kind = Kind.DANGER if self._action.danger else Kind.PRIMARY
        self._yes = self.dialog.answers(_("Not now"), _(self._action.title), self._answer, kind=kind)
        self._check_typed()

    @property
    def arguments(self) -> dict[str, str]:
        return {name: value() for name, value in self._values.items()}

    def _argument(self, argument: Argument) -> None:
        default = argument.default(self._offer.able)
        if argument.entry is not Entry.TEXT:
            self._choice(argument, default)
            return
        hint = _("{name} stands for the name of each") if len(self._offer.able) > 1 else ""
        field = Field(_(argument.title), default, hint=hint)
        self._values[argument.name] = lambda: str(field.value or "")
        self._faults[argument.name] = field.fault

    def _choice(self, argument: Argument, default: str) -> None:
        choices = argument.choices(self._offer.able)
        free = {host.value: host.label for host in choices if host.refused is None}
        if not free:
            several = len({subject.home.id for subject in self._offer.able}) > 1
            none = _("No host of the pool can take it now.") if argument.entry is Entry.HOST else _("The pool has no SR for disks of VMs.")
            text = _("They are in several pools; choose VMs of one pool.") if several else none
            ui.label(text).classes("x-critical")
        box = choice(free, default if default in free else None, label=_(argument.title))
        box.set_visibility(bool(free))
        self._values[argument.name] = lambda: str(box.value or "")
        self._faults[argument.name] = lambda text: setattr(box, "error", text)
        _names("", [f"{host.label}: {host.refused}" for host in choices if host.refused is not None], quiet=True)

    def _typing(self) -> Field | None:
        count = len(self._offer.able)
        if not self._action.danger or count < TYPED:
            return None
        return Field(_("Type {count} to confirm").format(count=count), on_change=self._check_typed)

    def _check_typed(self) -> None:
        if self._typed is not None:
            count = str(len(self._offer.able))
            self._yes.allow(None if str(self._typed.value).strip() == count else _("Type {count} to confirm").format(count=count))

    def _answer(self) -> None:
        good = [self._is_good(argument) for argument in self._action.arguments]  # all of them: each says what is wrong with it
        if all(good):
            self.dialog.submit(True)

    def _is_good(self, argument: Argument) -> bool:
        fault = _fault(argument, self._offer.able, self._values[argument.name]())
        self._faults[argument.name](str(fault) if fault else None)
        return fault is None


def _fault(argument: Argument, subjects: Sequence[XapiObject], value: str) -> Said | None:
    return next((fault for subject in subjects if (fault := argument.check(subject, value))), None)


def _headline(offered: Offer) -> str:
    verb, able = _(offered.action.title), offered.able
    if offered.total == 1:
        return f"{verb}: {name_of(able[0])}"
    if offered.unable:
        return _("{verb}: {able} of {total}").format(verb=verb, able=number(len(able)), total=number(offered.total))
    return counted(offered.action, len(able))


def counted(action: Action, count: int) -> str:
    """`Start: 5 VMs`"""
    form = (
        ngettext("{verb}: {n} VM", "{verb}: {n} VMs", count)
        if action.id.startswith("vm.")
        else ngettext("{verb}: {n} object", "{verb}: {n} objects", count)
    )
    return form.format(verb=_(action.title), n=number(count))


def _names(title: str, names: Sequence[str], *, quiet: bool = False) -> None:
    """A list that scrolls when it is long; nothing for none."""
    if not names:
        return
    with ui.element().classes("x-verb-names" + (" x-verb-quiet" if quiet else "")):
        if title:
            ui.label(title).classes("x-verb-names-title")
        with ui.element("ul"):
            for name in names:
                line = ui.label(name)
                line.tag = "li"
