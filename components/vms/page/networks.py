"""Networks: the NICs of a VM."""

from __future__ import annotations

from components.vms.devices import Nics
from data.objects import VM
from xo_dash.context import Context


def networks(context: Context, vm: VM) -> None:
    Nics(context.mirror, vm)
