"""Taking a snapshot on one line: its name by a pattern, with memory or without, and what it will be called and cost."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components import ui as our
from components.actions import give, whoever
from components.actions.dialog import notes_of
from components.live import follow_facts
from components.ui import Button, ButtonKind, Card
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.request import EACH
from xo_dash.control.vm.snapshot import DATE, TIME, TakeSnapshot
from xo_dash.i18n import _

PATTERN: Final = "{name} {date}"
FOLLOWED: Final = ("takes", "name", "disks")
KEPT: Final = "snapshots.pattern"
"""The user's preference: the pattern of the last snapshot."""


class SnapshotTaker(Card):
    """Enter takes it. The last pattern is kept for the person."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__()
        self.classes("x-taker")
        self._context, self._vm = context, vm
        user = whoever()
        kept = user.preferences.get(KEPT) if user else None
        with self:
            with ui.element().classes("x-taker-line"):
                self._name = our.Field(value=kept if isinstance(kept, str) else PATTERN, on_change=self._changed, on_enter=self._take)
                self._name.mark("snapshot-name").props["aria-label"] = _("Snapshot name")
                self._memory = our.check(_("With memory"), on_change=self._changed)
                self._quiesce = our.check(_("Quiesce"), on_change=self._changed)
                ui.element().classes("x-grow")
                self._button = Button(_("Take snapshot"), self._take, kind=ButtonKind.PRIMARY, icon="camera").mark("take-snapshot")
                self._button.props("data-once")
            self._says = ui.label().classes("x-dim x-small").props("dir=auto aria-live=polite")
            with ui.element().classes("contents"):
                follow_facts(vm, FOLLOWED, self._refresh)

    def _refresh(self) -> None:
        unasked = action("vm.snapshot").unasked([self._vm.row])
        self._memory.set_visibility("memory" not in unasked)
        self._quiesce.set_visibility("quiesce" not in unasked)
        self._changed()

    def _request(self) -> TakeSnapshot:
        """Raises BadRequest."""
        values = {"name": str(self._name.value or ""), "memory": self._memory.value and self._memory.visible,
                  "quiesce": self._quiesce.value and self._quiesce.visible}  # fmt: skip
        request = decode(TakeSnapshot, values)
        if faults := action("vm.snapshot").faults(request.for_each(self._vm.row), self._vm.row):
            raise BadRequest(faults)
        return request

    def _changed(self) -> None:
        reason = why_not(action("vm.snapshot"), self._vm.row, whoever())
        try:
            request = self._request()
        except BadRequest as error:
            said = str(error.faults[0].reason)
            self._name.fault(None)
            self._says.text = said
            self._says.classes("x-critical", remove="x-dim")
            self._button.allow(str(reason or said))
            return
        self._says.classes("x-dim", remove="x-critical")
        named = _("Will be named {name}.").format(name=request.for_each(self._vm.row).name)
        self._says.text = " ".join([named, *notes_of(action("vm.snapshot"), request, [self._vm.row])])
        self._button.allow(str(reason) if reason else None)

    async def _take(self) -> None:
        try:
            request = self._request()
        except BadRequest:
            return
        user = whoever()
        if user is None or not self._button.enabled:
            return
        if any(part in request.name for part in (EACH, DATE, TIME)):  # a name for once is no pattern
            await self._context.users.set_preferences(user.id, {KEPT: request.name})
        await give(self._context, action("vm.snapshot"), [self._vm.row], request)
