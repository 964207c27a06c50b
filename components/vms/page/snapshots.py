"""Snapshots of a VM."""

from __future__ import annotations

from components.vms.growth import Growth
from data.objects import VM
from xo_dash.context import Context


def snapshots(context: Context, vm: VM) -> None:
    Growth(context, vm)
