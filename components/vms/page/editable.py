"""Values that are edited where they stand: a pencil at the value, the editor below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from components.actions import InlineEditor, whoever
from components.cells import Cell, Facts, FactValue
from components.ui import Tone, notify
from components.vms.page.settings_rows import SettingEdit
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.i18n import _


def may_edit(edit: SettingEdit, vm: VMView) -> bool:
    """Whether the reader's role allows it; whoever may only look sees plain text."""
    return bool(may(whoever(), action(edit.action_id), vm.row))


def editing(value: ui.element, context: Context, vm: VMView, edit: SettingEdit, place: ui.element) -> None:
    """Have a click on `value`, or Enter, open the editor in `place`; behind the value, where that is in it."""
    row = action(edit.action_id)
    value.classes("x-edit").props("tabindex=0 aria-keyshortcuts=Enter").mark(f"edit-{edit.action_id}")
    if value.tag == "div":
        value.props("role=button")  # a heading or a definition that were a button would be none
    value.props["data-tip"] = value.props["aria-description"] = _(row.title)

    def opened() -> None:
        if (reason := why_not(row, vm.row, whoever())) is not None:
            notify(f"{_(row.title)}: {reason}", Tone.WARNING)
            return
        for old in [element for element in place.descendants() if isinstance(element, InlineEditor)]:
            old.close()
        with place:
            restores = edit.restores
            editor = InlineEditor(
                context, row, vm.row, lambda: edit.current(vm), lambda: value.run_method("focus"), edit.only,
                restores=None if restores is None else lambda: restores(vm),
            )  # fmt: skip
        if value in (inside := place.default_slot.children):
            editor.move(place, inside.index(value) + 1)

    value.on("click", opened, [], js_handler="(e) => { if (!e.target.closest('a, .x-copy')) emit() }")
    value.on("keydown.enter", opened, [], js_handler="(e) => { if (e.target === e.currentTarget) { e.preventDefault(); emit() } }")


class EditableFacts(Facts):
    """Names and values, of which some are edited in place."""

    def __init__(self, context: Context, vm: VMView, rows: Sequence[tuple[str, Cell | None]], edits: Mapping[str, SettingEdit]) -> None:
        super().__init__([name for name, _value in rows])
        self._context, self._vm, self._edits = context, vm, edits

    def _make(self, name: str) -> tuple[ui.label, FactValue]:
        term, place = super()._make(name)
        if (edit := self._edits.get(name)) is not None and may_edit(edit, self._vm):
            editing(place, self._context, self._vm, edit, self)
        return term, place
