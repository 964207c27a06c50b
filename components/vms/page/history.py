"""History: what happened to a VM."""

from __future__ import annotations

from nicegui import ui

from components.messages.recent import RecentMessages
from components.vms.journal import JournalCard
from data.views.vm import VMView
from xo_dash.context import Context


def history(context: Context, vm: VMView) -> None:
    """What changed, and beside it what XAPI noted."""
    with ui.element().classes("x-vm-history"):
        JournalCard(context, vm)
        RecentMessages(context.mirror, vm.row)
