"""The tags of a VM in the head of its page: each with a way to take it off, and a place for one more."""

from __future__ import annotations

from nicegui import ui

from components.actions import InlineEditor, offer_undo, run_one, whoever
from components.theme.icons import Icon
from components.ui import chip
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.requests.request import Request
from xo_dash.control.run import RunState
from xo_dash.control.vm.describe import ADD_TAG, REMOVE_TAG, AddTag, RemoveTag
from xo_dash.i18n import _


class Tags(ui.element):
    """Drawn anew when they change."""

    def __init__(self, context: Context, vm: VMView, tags: tuple[str, ...]) -> None:
        super().__init__()
        self.classes("x-row x-wrap")
        self._context, self._vm = context, vm
        allowed = bool(may(whoever(), ADD_TAG, vm.row))
        with self:
            for tag in tags:
                with ui.element("span").classes("x-tag"):
                    chip(tag).props("dir=auto")
                    if allowed:
                        self._button("close", _("Remove the tag {tag}").format(tag=tag), lambda tag=tag: self._remove(tag))
            if allowed:
                self._button("plus", _("Add tag"), self._add).classes("x-tag-add").mark("add-tag")
                self._place = ui.element().classes("x-tag-editor")

    @staticmethod
    def _button(icon: str, label: str, clicked: object) -> ui.element:
        button = ui.element("button").classes("x-tag-button").props("type=button data-once")
        button.props["aria-label"] = button.props["data-tip"] = label
        button.on("click", clicked, [])  # type: ignore[arg-type]
        with button:
            Icon(icon)
        return button

    def _add(self) -> None:
        self._place.clear()
        with self._place:
            InlineEditor(self._context, ADD_TAG, self._vm.row, lambda: {"tag": ""}, lambda: None, back=without)

    async def _remove(self, tag: str) -> None:
        client = self.client
        item = await run_one(self._context, REMOVE_TAG, self._vm.row, RemoveTag(tag=tag))
        if item is not None and item.state is RunState.DONE:
            with client:
                offer_undo(self._context, REMOVE_TAG, self._vm.row, RemoveTag(tag=tag), AddTag(tag=tag), ADD_TAG)


def without(request: Request) -> tuple[AnyAction, Request]:
    """What takes a tag off again that was added."""
    assert isinstance(request, AddTag)  # noqa: S101  # it is of the command that adds
    return REMOVE_TAG, RemoveTag(tag=request.tag)
