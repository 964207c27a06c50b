"""History: what happened to a VM."""

from __future__ import annotations

from components.vms.happened import Happened
from data.objects import VM
from xo_dash.context import Context


def history(context: Context, vm: VM) -> None:
    Happened(context.mirror, vm)
