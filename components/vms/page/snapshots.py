"""Snapshots of a VM: taking one, the tree of all, and what changed since."""

from __future__ import annotations

from nicegui import ui

from components.vms.snapshot_compare import SnapshotCompare
from components.vms.snapshot_taker import SnapshotTaker
from components.vms.snapshot_tree import SnapshotTree
from data.views.vm import VMView
from xo_dash.context import Context


def snapshots(context: Context, vm: VMView) -> None:
    with ui.element().classes("x-vm-snaps"):
        with ui.element().classes("x-stack").style("gap: 12px") as main:
            SnapshotTaker(context, vm)
        beside = SnapshotCompare(context, vm)
        with main:
            tree = SnapshotTree(context, vm, beside.show)
        beside.on_choose = tree.look_at
