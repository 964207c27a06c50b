"""What waits for a restart of a VM, in one line with both its exits."""

from __future__ import annotations

from components.actions import offer_undo, run_command, run_one, whoever
from components.live import draw_while, follow_facts
from components.ui import Button, ButtonKind, Notice
from components.vms.page.settings_rows import memory_now, pending_lines, vcpus_now
from data.facts.vm import VmState
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import why_not
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.request import Request
from xo_dash.control.run import RunState
from xo_dash.control.vm.memory import MEMORY_OF_VM
from xo_dash.control.vm.pending import APPLY, DISCARD
from xo_dash.control.vm.vcpus import VCPUS_OF_VM
from xo_dash.i18n import _, ngettext, number


def pending_notice(context: Context, vm: VMView) -> None:
    """There while something waits."""
    draw_while(vm, ("pending", "vcpus", "memory"), lambda: bool(pending_lines(vm)), lambda _waits: PendingNotice(context, vm))


class PendingNotice(Notice):
    """What waits, and what can be done with it."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__("")
        self._context, self._vm = context, vm
        self.mark("pending").classes("x-pending")
        with self:
            self._discard = Button(_("Discard"), self._dropped, kind=ButtonKind.GHOST).mark("discard-pending").props("data-once")
            self._apply = Button(_("Restart to apply"), self._applied, icon="reboot").mark("apply-pending").props("data-once")
            follow_facts(vm, ("pending", "vcpus", "memory", "state", "takes"), self._refresh)

    def _refresh(self) -> None:
        lines = pending_lines(self._vm)
        if not lines:
            return  # it goes
        halted = self._vm.state is VmState.HALTED
        count = len(lines)
        title = (
            ngettext("{n} change waits to be applied:", "{n} changes wait to be applied:", count)
            if halted
            else ngettext("{n} change applies after a restart:", "{n} changes apply after a restart:", count)
        ).format(n=number(count))
        self.text.text = f"{title} {' · '.join(lines)}"
        self._apply.set_text(_("Apply now") if halted else _("Restart to apply"))
        for row, button in ((APPLY, self._apply), (DISCARD, self._discard)):
            reason = why_not(row, self._vm.row, whoever())
            button.allow(str(reason) if reason else None)

    async def _applied(self) -> None:
        await run_command(self._context, APPLY, [self._vm.row])

    async def _dropped(self) -> None:
        """Undoable where one thing waited: it is noted again."""
        again, client = self._noting(), self.client
        item = await run_one(self._context, DISCARD, self._vm.row, DISCARD.request())
        if again is not None and item is not None and item.state is RunState.DONE:
            with client:
                offer_undo(self._context, DISCARD, self._vm.row, DISCARD.request(), again[1], again[0])

    def _noting(self) -> tuple[AnyAction, Request] | None:
        waiting = self._vm.pending
        if waiting.memory is not None and waiting.count == 1:
            return MEMORY_OF_VM, decode(MEMORY_OF_VM.request, memory_now(self._vm))
        if waiting.vcpus is not None and waiting.count == 1:
            return VCPUS_OF_VM, decode(VCPUS_OF_VM.request, vcpus_now(self._vm))
        return None
