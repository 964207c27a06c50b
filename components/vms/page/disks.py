"""Disks: what a VM stores, and where."""

from __future__ import annotations

from components.vms.devices import Disks
from data.objects import VM
from xo_dash.context import Context


def disks(context: Context, vm: VM) -> None:
    Disks(context.mirror, vm)
