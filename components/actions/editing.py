"""Editing in place: the fields of a command where the value stands, what is wrong below them, and a way back for some seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from nicegui import events, ui

from components.actions.fields import FieldBox, box_for
from components.actions.run_command import whoever
from components.live import follow
from components.ui import Button, ButtonKind, Tone, notify
from data.names import name_of
from data.types import XapiObject
from xo_dash.auth.current import current_session
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.fields import InputKind
from xo_dash.control.requests.request import Request
from xo_dash.control.run import RunItem, RunState
from xo_dash.i18n import _

UNDO: Final = 8
"""Seconds in which an edit can be taken back."""
Values = Mapping[str, object]
Current = Callable[[], Values]
"""What a request would have that leaves everything as it is."""
Back = Callable[[Request], tuple[AnyAction, Request]]
"""What takes a request back."""

_KEYS: Final = """(e) => {
  const typing = e.target.closest('textarea, button, a, .q-select') || e.isComposing;
  if (e.key === 'Escape') { e.stopPropagation(); emit('cancel') }
  else if (e.key === 'Enter' && !typing) { e.preventDefault(); emit('save') }
}"""


class InlineEditor(ui.element):
    """The fields of a command for one object; gone once it is saved or left. Enter saves, Escape leaves everything as it was."""

    def __init__(
        self, context: Context, action: AnyAction, subject: XapiObject, current: Current, closed: Callable[[], object],
        only: tuple[str, ...] = (), back: Back | None = None, final: bool = False, restores: Current | None = None,
    ) -> None:  # fmt: skip
        """`only` some of its fields; the others stay as they are. `back`: what takes it back, where the same command cannot.

        `final`: nothing takes it back. `restores`: what takes it back has, where that is more than `current`.
        """
        super().__init__("section")
        self.classes("x-editor").mark(f"editor-{action.id}").props["aria-label"] = _(action.title)
        self.on("keydown", self._key, [], js_handler=_KEYS)
        self._context, self._action, self._subject, self._current, self._closed = context, action, subject, current, closed
        self._before: Values = dict(current())
        self._boxes: dict[str, FieldBox] = {}
        self._hidden: set[str] = set()
        self._back, self._restores = back, restores or current
        self._saving, self._final = False, final
        with self:
            self._fill_in(only)
            self._elsewhere = ui.label().classes("x-editor-elsewhere").mark("changed-elsewhere")
            self._elsewhere.set_visibility(False)
            self._says = ui.label().classes("x-editor-says")
            with ui.element().classes("x-editor-foot"):
                self._save = Button(_("Save"), self.save, kind=ButtonKind.PRIMARY).mark("save").props("data-once")
                Button(_("Cancel"), self.close).mark("cancel")
                for key in ("Enter", "Esc"):
                    ui.label(key).classes("x-kbd").tag = "kbd"
            follow(context.mirror, (subject,), self._look_elsewhere)
        self._look()
        self.focus()

    def _fill_in(self, only: tuple[str, ...]) -> None:
        for field in self._action.fields:
            if field.entry in (InputKind.PART,) or (only and field.name not in only):
                continue
            found = self._action.choices_for(field.name, [self._subject], whoever())
            self._boxes[field.name] = box_for(field, self._before.get(field.name, field.default), found, [self._subject], self._changed)

    def _handle_delete(self) -> None:
        self._boxes.clear()  # they call back: a ring
        super()._handle_delete()

    def focus(self) -> None:
        next(iter(self._boxes.values())).focus()

    # while one types

    def _changed(self) -> None:
        self._look()

    def _look(self) -> list[Fault]:
        faults, words = self._faults()
        for name, box in self._boxes.items():
            if box.touched:
                box.fault(next((fault.reason for fault in faults if fault.field == name), None))
        self._says.text = words
        needless = set(self._needless)
        for name in needless ^ self._hidden:
            self._boxes[name].show(name not in needless)
        self._hidden = needless
        return faults

    @property
    def _needless(self) -> Collection[str]:
        return self._action.needless({name: box.value for name, box in self._boxes.items()})

    def _faults(self) -> tuple[list[Fault], str]:
        """What is wrong, or what to know and what will be done."""
        try:
            request = self._request()
            faults = self._action.faults(request, self._subject)
        except BadRequest as error:
            return list(error.faults), ""
        steps = [] if faults else rehearse(self._action.plan(request, self._subject))
        notes = map(str, self._action.notes(request, self._subject)) if steps else ()
        return faults, " ".join([*notes, ". ".join(dict.fromkeys(str(step.says) for step in steps))])

    def _request(self) -> Request:
        """What is not asked for stays as it is by now, whoever changed it."""
        typed = {name: box.value for name, box in self._boxes.items() if name not in self._needless}
        request: Request = decode(self._action.request, {**self._current(), **typed})
        return request

    def _look_elsewhere(self) -> None:
        """Say what the values are now, where somebody else changed them; what is typed stays, and where nothing is the new one is shown."""
        now = self._current()
        for name, box in self._boxes.items():
            if name in now and not box.touched:
                box.renew(now[name])
        changed = [
            box.words(now.get(name)) for name, box in self._boxes.items() if not self._saving and now.get(name) != self._before.get(name)
        ]
        self._elsewhere.set_visibility(bool(changed))
        self._elsewhere.text = (
            _("Changed by another user in the meantime; now: {value}").format(value=", ".join(changed)) if changed else ""
        )

    # in the end

    async def _key(self, event: events.GenericEventArguments) -> None:
        if event.args == "cancel":
            self.close()
        else:
            await self.save()

    def close(self) -> None:
        if not self.is_deleted:
            self._closed()
            self.delete()

    async def save(self) -> None:
        """Do it; what stands against it is said at its field, and the editor stays."""
        if self._saving or self.is_deleted:
            return
        for box in self._boxes.values():
            box.touched = True
        faults = self._look()
        if faults:
            self._refuse(faults[0].reason, at=faults[0].field)
            return
        self._saving = True
        request = self._request()
        before = dict(self._restores())
        item = await run_one(self._context, self._action, self._subject, request)
        self._saving = False
        if self.is_deleted:
            return
        if item is None or item.state is not RunState.DONE:
            self._refuse(item.reason if item else None)
            return
        with self.client:
            if self._final:
                notify(_(self._action.done).format(name=name_of(self._subject)))
            else:
                back, undoing = self._back(request) if self._back is not None else (self._action, decode(self._action.request, before))
                offer_undo(self._context, self._action, self._subject, request, undoing, back)
        self.close()

    def _refuse(self, reason: LazyText | None, at: str = "") -> None:
        box = self._boxes.get(at) or next(iter(self._boxes.values()))
        box.fault(reason)
        box.focus()


async def run_one(context: Context, action: AnyAction, subject: XapiObject, request: Request) -> RunItem | None:
    """Do it at once, without a dialog; None if it cannot be, which is told."""
    user = whoever()
    reason = why_not(action, subject, user)
    if reason is not None or user is None:
        notify(f"{_(action.title)}: {reason}", Tone.WARNING)
        return None
    run = await context.runner.run(user, action, [subject], request, address=current_session().address)
    return run.items[0]


def offer_undo(
    context: Context,
    action: AnyAction,
    subject: XapiObject,
    done: Request,
    before: Request,
    back: AnyAction | None = None,
    *,
    seconds: int = UNDO,
    still: Callable[[], bool] | None = None,
) -> None:
    """A notice for some seconds: it is done, and can be taken back with `before`, by `back` or the same command. Ctrl+Z does it too.

    `still`: whether it is as it was made; unless given, whether its plan has nothing more to do.
    """
    client = ui.context.client
    for old in [element for element in client.elements.values() if isinstance(element, UndoNotice)]:
        old.delete()
    with client.content:
        UndoNotice(context, action, subject, still or (lambda: not rehearse(action.plan(done, subject))), before, back or action, seconds)


class UndoNotice(ui.element):
    """Goes by itself, as all that is `data-passing`; not while the pointer or the focus is on it."""

    def __init__(
        self, context: Context, action: AnyAction, subject: XapiObject, still: Callable[[], bool], before: Request, back: AnyAction,
        seconds: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.classes("x-undo").props(f"role=status data-passing={seconds}").mark("undo-notice")
        self._context, self._subject, self._still = context, subject, still
        self._before, self._back = before, back
        with self:
            ui.label(_(action.done).format(name=name_of(subject)))
            Button(_("Undo"), self._undo, icon="undo", kind=ButtonKind.GHOST).mark("undo").props("data-undo data-once")
            Button(icon="close", label=_("Dismiss"), kind=ButtonKind.GHOST, on_click=self.delete).props("data-dismiss")

    async def _undo(self) -> None:
        """Only what is still as it was made."""
        client = self.client
        self.delete()
        with client:
            if not self._still():
                notify(
                    _("{name}: not undone, another user has changed it in the meantime").format(name=name_of(self._subject)), Tone.WARNING
                )
                return
            item = await run_one(self._context, self._back, self._subject, self._before)
            if item is not None and item.state is not RunState.DONE:
                notify(f"{_(self._back.title)} {item.name}: {item.reason or ''}", Tone.CRITICAL)
