"""The dialog of a command: its fields, what it costs, what will happen, to which objects and to which not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
from nicegui import ui

from components.actions.fields import FieldBox, FileBox, box_for
from components.actions.offer import DroppedOut, Offer
from components.actions.preview import Preview
from components.live import fresh_slot
from components.ui import ButtonKind, Dialog, Field
from data.names import name_of
from data.types import XapiObject
from xo_dash.control.action import DIFFERENT, AnyAction
from xo_dash.control.eligibility import Eligibility
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.fields import InputKind
from xo_dash.control.requests.request import Request
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.i18n import _, ngettext, number

TYPED = 5
"""So many objects of a command that loses something take a typed confirmation."""
CHECKED = 100
"""Of so many objects a request is checked while one types; of all of them by the runner."""


def needs_asking(offered: Eligibility) -> bool:
    """A command that costs nothing, needs nothing and is for one object is simply done."""
    return bool(offered.action.warning or offered.action.fields or offered.total > 1)


async def ask(
    offer: Offer, exchange: Exchange, preset: Mapping[str, object] | None = None, dialog: type[ActionDialog] | None = None,
    quotas: Sequence[str] = (),
) -> Request | None:  # fmt: skip
    """The request; None if the dialog was left. `preset`: what its fields begin with, instead of the usual. `dialog`: one of its own.

    `quotas`: how much of them is used, in words.
    """
    question = (dialog or ActionDialog)(offer, exchange, preset or {})
    with question.quotas:
        for line in quotas:
            ui.label(line).classes("x-dim")
    request = None
    try:
        request = question.request if await question.dialog else None
        return request
    finally:
        if request is None:
            question.discard()
        if not question.dialog.is_deleted:
            question.dialog.delete()


class ActionDialog:
    """Made of the type of the command's request; says while one types what is wrong, and what will happen.

    It follows its objects: who can no longer be part of it is skipped, and a value that somebody else changes is shown.
    """

    wide = False

    def __init__(self, offer: Offer, exchange: Exchange, preset: Mapping[str, object]) -> None:
        """`exchange`: where a file that is chosen is offered."""
        self._offer, self._user = offer.now, offer.user
        self._exchange = exchange
        self._action = offer.action
        self._boxes: dict[str, FieldBox] = {}
        self._noted: list[str] = []
        self._hidden: set[str] = set()
        self.request: Request | None = None
        self.dialog = Dialog(_headline(self._offer), wide=self.wide)
        with self.dialog:
            self._dropped_out = DroppedOut()
            if self._action.warning:
                ui.label(_(self._action.warning)).classes("x-dim")
            self._fill_in(preset)
            self._elsewhere = ui.label().classes("x-editor-elsewhere").mark("changed-elsewhere")
            self._elsewhere.set_visibility(False)
            self.quotas = ui.element().classes("contents").mark("quotas")
            self._objects = ui.element().classes("contents")
            self._notes = ui.element("ul").classes("x-verb-notes").mark("notes")
            self._preview = Preview(self._action, self._offer.able)
            self._typed = self._typing()
        kind = ButtonKind.DANGER if self._action.danger else ButtonKind.PRIMARY
        self._yes = self.dialog.answers(_("Cancel"), _(self._action.title), self._answer, kind=kind)
        self._drawn: tuple[Eligibility, list[str]] | None = None
        with self.dialog:
            offer.follow(lambda: self._follow(offer))

    def discard(self) -> None:
        """It was left: what its fields hold is not wanted."""
        for box in self._boxes.values():
            box.discard()

    def _fill_in(self, preset: Mapping[str, object]) -> None:
        able = self._offer.able
        self._began = {name: value for name, value in self._action.begins_with(able, self._user).items() if name not in preset}
        values = {**self._began, **preset}
        differing = {name for name in self._action.differing(able) if name not in preset}
        unasked = self._action.unasked(able)
        for field in self._action.fields:
            if field.entry is InputKind.PART or field.part is not None or field.name in unasked:
                continue
            if field.entry is InputKind.FILE:
                self._boxes[field.name] = FileBox(field, self._exchange, self._changed)
                continue
            found = self._action.choices_for(field.name, able, self._user)
            box = self._boxes[field.name] = box_for(field, values.get(field.name, field.default), found, able, self._changed)
            if field.name in differing:
                box.differs()
        self._shown = {name: box.value for name, box in self._boxes.items()}

    def _draw_objects(self) -> None:
        """To whom it is done, what follows from that, and to whom not."""
        offered = self._offer
        with fresh_slot(self._objects):
            if offered.total > 1:
                names(_("Applies to:"), [name_of(subject) for subject in offered.able])
            names(_("Effects:"), [line for subject in offered.able for line in self._action.consequences(subject)])
            names(_("These disks are deleted with it:"), [name for subject in offered.able for name in self._action.also_removed(subject)])
            if offered.total > 1:
                names(_("Skipped:"), [f"{name_of(subject)}: {reason}" for subject, reason in offered.unable], quiet=True)

    def _follow(self, offer: Offer) -> None:
        """What others did to its objects, and what follows from that."""
        self._offer = offer.now
        if self._offer.able:
            self.dialog.title.text = _headline(self._offer)
        if self._offer.able == offer.first.able:  # else what they have in common is other than it was, and nobody changed it
            self._tell_changed()
        if (stands := (self._offer, [name_of(subject) for subject in self._offer.able])) != self._drawn:
            self._drawn = stands
            self._draw_objects()
            self._dropped_out.tell(offer)
        self._check_typed()
        self._changed()

    def _tell_changed(self) -> None:
        """Fields that nobody has touched take the new value; of those that somebody has, what is typed stays."""
        if not self._action.edits:
            return
        now, differing = self._action.begins_with(self._offer.able, self._user), self._action.differing(self._offer.able)
        for name, box in self._boxes.items():
            if name in self._began and not box.touched:
                box.renew(now.get(name))
                if name in differing:
                    box.differs()
                self._shown[name] = box.value
        changed = [name for name in self._boxes if name in self._began and now.get(name) != self._began[name]]
        shown = [f"{_(self._boxes[name].field.title)} {self._boxes[name].words(now.get(name))}" for name in changed]
        words = _("Changed by another user in the meantime; now: {value}").format(value=", ".join(shown)) if shown else ""
        self._elsewhere.text = words
        self._elsewhere.set_visibility(bool(words))

    @property
    def _word(self) -> str:
        """What is typed to confirm: how many they are, or the name of the one; "" where nothing is."""
        able = self._offer.able
        if self._action.danger and len(able) >= (2 if self._action.typed else TYPED):
            return str(len(able))
        return name_of(able[0]).strip() if self._action.typed and len(able) == 1 else ""

    def _typing(self) -> Field | None:
        return Field(_("Type {word} to confirm").format(word=self._word), on_change=self._check_typed) if self._word else None

    def _check_typed(self) -> None:
        """What stands against the answer: there is nothing left to do it to, or it is not confirmed yet."""
        if not self._offer.able:
            self._yes.allow(str(self._offer.reason))
        elif dead_end := next((box.dead_end for box in self._boxes.values() if box.dead_end), ""):
            self._yes.allow(dead_end)
        elif self._typed is not None and (word := self._word) and str(self._typed.value).strip() != word:
            self._typed.props["label"] = words = _("Type {word} to confirm").format(word=word)
            self._yes.allow(words)
        else:
            self._yes.allow()

    # while one types

    def _changed(self) -> None:
        """What is wrong so far is said at fields that were changed; the rest waits for the answer. What is chosen may be gone by now."""
        faults = self._look()
        self._hide_needless()
        for name, box in self._boxes.items():
            if box.touched or (box.field.entry is InputKind.OBJECT and box.value):
                box.fault(_first(faults, name))
        self._tell_notes()
        self._preview.show(self.request, subjects=self._offer.able)

    def _tell_notes(self) -> None:
        found = notes_of(self._action, self.request, self._offer.able) if self.request is not None else []
        if found == self._noted:
            return
        self._noted = found
        self._notes.clear()
        with self._notes:
            for text in found:
                ui.label(text).tag = "li"

    @property
    def _needless(self) -> Collection[str]:
        return self._action.needless({name: box.value for name, box in self._boxes.items()})

    def _hide_needless(self) -> None:
        needless = set(self._needless)
        for name in needless ^ self._hidden:
            self._boxes[name].show(name not in needless)
        self._hidden = needless

    def _look(self) -> list[Fault]:
        self.request = None
        try:
            request = self._asked()
            faults = faults_of(self._action, request, self._offer.able[:CHECKED])
        except BadRequest as error:
            empty = {name for name, box in self._boxes.items() if box.undecided}
            return [Fault(fault.field, lazy(DIFFERENT)) if fault.field in empty else fault for fault in error.faults]
        settled = {*request.left_as_is, *self._needless}
        undecided = (name for name, box in self._boxes.items() if box.undecided and not box.field.stays and name not in settled)
        faults += [Fault(name, lazy(DIFFERENT)) for name in undecided]
        if not faults:
            self.request = request
        return faults

    def _asked(self) -> Request:
        """What differs, and nobody said anything of, stays with each. Raises BadRequest."""
        values = {name: box.value for name, box in self._boxes.items()}
        is_said = any(value != self._shown.get(name) for name, value in values.items())
        kept = self._action.undecided(self._offer.able, [name for name, box in self._boxes.items() if not box.undecided]) if is_said else ()
        theirs = self._action.defaults(self._offer.able[:1]) if kept else {}
        for name in self._needless:  # as it was, whatever was typed there
            values[name] = self._began.get(name, self._boxes[name].field.default)
        request: Request = decode(self._action.request, values | {name: theirs[name] for name in kept})
        return msgspec.structs.replace(request, unchanged=kept) if kept else request

    def _answer(self) -> None:
        faults = self._look()
        for name, box in self._boxes.items():
            box.touched = True
            box.fault(_first(faults, name))
        if self.request is not None:
            self.dialog.submit(True)
        elif (wrong := next((box for name, box in self._boxes.items() if _first(faults, name) is not None), None)) is not None:
            wrong.focus()


def faults_of(action: AnyAction, request: Request, subjects: Sequence[XapiObject]) -> list[Fault]:
    """What is wrong with it for any of these. Raises BadRequest where a name makes a text too long."""
    return [fault for subject in subjects for fault in action.faults(action.for_each(request, subject), subject)]


def notes_of(action: AnyAction, request: Request, subjects: Sequence[XapiObject]) -> list[str]:
    """What to know before it, each sentence once. Of several objects each begins with the name."""
    found: dict[str, None] = {}
    for subject in subjects[:CHECKED]:
        name = name_of(subject)
        for said in action.notes(action.for_each(request, subject), subject):
            found[str(said) if len(subjects) == 1 else f"{name}: {said}"] = None
    return list(found)


def _first(faults: Sequence[Fault], name: str) -> LazyText | None:
    return next((fault.reason for fault in faults if fault.field == name), None)


def _headline(offered: Eligibility) -> str:
    verb, able = _(offered.action.title), offered.able
    if offered.total == 1:
        return f"{verb}: {name_of(able[0])}"
    if offered.unable:
        return _("{verb}: {able} of {total}").format(verb=verb, able=number(len(able)), total=number(offered.total))
    return counted(offered.action, len(able))


def counted(action: AnyAction, count: int) -> str:
    """`Start: 5 VMs`"""
    form = (
        ngettext("{verb}: {n} VM", "{verb}: {n} VMs", count)
        if action.id.startswith("vm.")
        else ngettext("{verb}: {n} snapshot", "{verb}: {n} snapshots", count)
        if action.id.startswith("snapshot.")
        else ngettext("{verb}: {n} template", "{verb}: {n} templates", count)
        if action.id.startswith("template.")
        else ngettext("{verb}: {n} object", "{verb}: {n} objects", count)
    )
    return form.format(verb=_(action.title), n=number(count))


def names(title: str, lines: Sequence[str], *, quiet: bool = False) -> None:
    """A list that scrolls when it is long; nothing for none."""
    if not lines:
        return
    with ui.element().classes("x-verb-names" + (" x-verb-quiet" if quiet else "")):
        if title:
            ui.label(title).classes("x-verb-names-title")
        with ui.element("ul"):
            for text in lines:
                line = ui.label(text)
                line.tag = "li"
