"""Overview: the daily look at a VM."""

from __future__ import annotations

from nicegui import ui

from components.console.card import console_card
from components.guidance import waiting_bands
from components.messages.recent import RecentMessages
from components.parts import part
from components.vms.about import DependencyCard, VmAbout
from components.vms.growth import VMGrowth
from components.vms.loads import loads
from components.vms.page.pending import pending_notice
from components.vms.page.protection import Protection
from data.views.vm import VMView
from xo_dash.context import Context


def overview(context: Context, vm: VMView) -> None:
    """Its load, snapshots and last changes; beside them what it is."""
    pending_notice(context, vm)
    waiting_bands(context, vm)
    with ui.element().classes("x-vm"):
        part(loads, vm)
        part(VMGrowth, context, vm)
        part(Protection, context, vm)
        part(lambda: RecentMessages(context.mirror, vm.row).classes("x-vm-last"))
        part(_aside, context, vm)


def _aside(context: Context, vm: VMView) -> None:
    with ui.element().classes("x-vm-aside"):
        part(console_card, vm)
        part(VmAbout, context, vm)
        part(DependencyCard, vm)
