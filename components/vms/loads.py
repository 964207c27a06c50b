"""Four pictures of the last ten minutes: CPU, memory, disks, network; and those of longer ranges."""

from __future__ import annotations

from typing import Final

from components.charts import Chart, Curve, HistoryCharts, Unit, panels
from components.live import follow_facts
from components.ui import Card
from data.history import History
from data.views.vm import VMView
from xo_dash.i18n import _, ngettext, number, size

SIZES: Final = ("vcpus", "memory", "memory_least", "memory_is_fixed")


def loads(vm: VMView) -> None:
    """The cards; one without a sample says so. Longer ranges stand in their place."""
    idle, history, uuid = _("No measurements while it is not running."), vm.row.home.part(History), vm.row.uuid
    with HistoryCharts("vm", vm.key, panels.of_vm()):
        with Card(_("CPU")) as cpu:
            Chart(history, uuid, (Curve("cpu"),), Unit.SHARE, limit=1, idle=idle)
        with Card(_("Memory")) as memory:
            Chart(history, uuid, (Curve("memory_used"),), Unit.SIZE, limit=vm.memory, idle=idle)
        with Card(_("Disk throughput"), _("last 10 minutes")):
            Chart(history, uuid, (Curve("disk_read", _("read")), Curve("disk_write", _("write"))), Unit.RATE, idle=idle)
        with Card(_("Network throughput"), _("last 10 minutes")):
            Chart(history, uuid, (Curve("net_rx", _("in")), Curve("net_tx", _("out"))), Unit.BITS, idle=idle)

        def sizes() -> None:
            cpu.scope.text = ngettext("{n} vCPU", "{n} vCPUs", vm.vcpus).format(n=number(vm.vcpus)) + " · " + _("last 10 minutes")
            memory.scope.text = memory_text(vm)

        with cpu:
            follow_facts(vm, SIZES, sizes)


def memory_text(vm: VMView) -> str:
    """`of 8 GiB`, or `of 4 to 8 GiB` where it may shrink."""
    if vm.memory_is_fixed:
        return _("of {size}").format(size=size(vm.memory))
    return _("of {least} to {most}").format(least=size(vm.memory_least), most=size(vm.memory))
