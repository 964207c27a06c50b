"""Dialogs: Esc leaves, Enter does the main thing, the keyboard stays inside."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Self
from weakref import WeakKeyDictionary, WeakSet

from nicegui import Client, events, ui

from components.ui.buttons import Button, ButtonKind
from components.ui.cards import heading

_FIELDS = (ui.input, ui.select, ui.checkbox)
_made: WeakKeyDictionary[Client, WeakSet[Dialog]] = WeakKeyDictionary()


def opened(client: Client) -> list[Dialog]:
    """The dialogs that are open on this page."""
    return [dialog for dialog in _made.get(client, ()) if dialog.value and not dialog.is_deleted]


class Dialog(ui.dialog):
    """A title, whatever is put in, and a foot for the buttons: `with dialog: ...`, `dialog.answers(...)`, `await dialog`.

    Awaited, it gives what `submit` was called with, None if it was left. Delete it when it is no longer wanted.
    What is asked on a page already is not asked a second time: such a dialog is deleted instead of opened.
    """

    def __init__(self, title: str, *, wide: bool = False) -> None:
        with ui.context.client.content:  # not where the button is that asks: a list drawn anew would take the dialog along
            super().__init__()
        self.props("transition-show=fade transition-hide=fade transition-duration=90")
        self._submitter: Callable[[], Any] | None = None
        self._answering = False
        self._headline = title
        _made.setdefault(self.client, WeakSet()).add(self)
        with self.default_slot, ui.element("section").classes("x-dialog" + (" x-dialog-wide" if wide else "")) as self._box:
            self._box.mark("dialog").props["aria-label"] = title
            self._box.on("keydown.enter", self._entered, [], js_handler=_ENTER)
            self.title = heading(title, 2).classes("x-dialog-title")
            self.body = ui.element().classes("x-stack").style("gap: 12px")
            self.foot = ui.element("footer").classes("x-dialog-foot").props("data-once")

    def __enter__(self) -> Dialog:
        self.body.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.body.__exit__()

    def open(self) -> Self:
        if any(other is not self and other._headline == self._headline for other in opened(self.client)):
            self.delete()
            return self
        return super().open()

    def answers(self, no: str, yes: str, on_yes: Callable[[], Any] | None = None, kind: ButtonKind = ButtonKind.PRIMARY) -> Button:
        """The two buttons of the foot; `on_yes`, which Enter calls as well, is `submit(True)` unless given. Returns the one of yes."""
        self._submitter = on_yes or (lambda: self.submit(True))
        if first := next((item for item in self.body.descendants() if isinstance(item, _FIELDS)), None):
            first.props["data-autofocus" if isinstance(first, ui.checkbox) else "autofocus"] = True  # one types at once
        with self.foot:
            Button(no, self.close)
            self._yes = Button(yes, self._answer, kind=kind)
        return self._yes

    def _entered(self, event: events.GenericEventArguments) -> None:
        if self._yes.enabled:
            events.handle_event(self._answer, events.ClickEventArguments(sender=self._yes, client=event.client))

    def _answer(self) -> Awaitable[None] | None:
        """Say yes: once, while it is open."""
        if self._submitter is None or self._answering or not self.value:
            return None
        result = self._submitter()
        if not inspect.isawaitable(result):
            return None
        self._answering = True
        return self._until(result)

    async def _until(self, answer: Awaitable[object]) -> None:
        try:
            await answer
        finally:
            self._answering = False


_ENTER = "(e) => { if (!e.target.closest('button, a, textarea, .q-select') && !e.isComposing) emit() }"


async def confirm(title: str, text: str, *, yes: str, no: str, kind: ButtonKind = ButtonKind.DANGER) -> bool:
    """Ask, and say what was answered; leaving it is a no."""
    dialog = Dialog(title)
    with dialog:
        ui.label(text).classes("x-dim")
    dialog.answers(no, yes, kind=kind)
    try:
        return bool(await dialog)
    finally:
        if not dialog.is_deleted:
            dialog.delete()
