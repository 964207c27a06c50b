"""Four pictures of the last ten minutes: CPU, memory, disks, network; and those of longer ranges."""

from __future__ import annotations

from components.charts import Chart, Curve, HistoryCharts, Unit, panels
from components.live import follow
from components.ui import Card
from data.facts.vm import memory_of, vcpus_of
from data.history import History
from data.identity import key_of
from data.objects import VM, VMMetrics
from data.sight import Sight
from data.types import Home
from data.vms import has_fixed_memory
from xo_dash.i18n import _, ngettext, number, size


def loads(mirror: Sight, vm: VM, pool: Home) -> None:
    """The cards; one without a sample says so. Longer ranges stand in their place."""
    idle = _("No measurements while it is not running.")
    with HistoryCharts("vm", key_of(vm), panels.of_vm()):
        with Card(_("CPU")) as cpu:
            Chart(pool.part(History), vm.uuid, (Curve("cpu"),), Unit.SHARE, limit=1, idle=idle)
        with Card(_("Memory")) as memory:
            Chart(pool.part(History), vm.uuid, (Curve("memory_used"),), Unit.SIZE, limit=memory_of(vm), idle=idle)
        with Card(_("Disk throughput"), _("last 10 minutes")):
            Chart(pool.part(History), vm.uuid, (Curve("disk_read", _("read")), Curve("disk_write", _("write"))), Unit.RATE, idle=idle)
        with Card(_("Network throughput"), _("last 10 minutes")):
            Chart(pool.part(History), vm.uuid, (Curve("net_rx", _("in")), Curve("net_tx", _("out"))), Unit.BITS, idle=idle)

        def sizes() -> None:
            vcpus = vcpus_of(vm)
            cpu.scope.text = ngettext("{n} vCPU", "{n} vCPUs", vcpus).format(n=number(vcpus)) + " · " + _("last 10 minutes")
            memory.scope.text = memory_text(vm)

        with cpu:
            follow(
                mirror,
                (vm, vm.home.one(VMMetrics, vm.metrics)),
                sizes,
                names=("VCPUs_at_startup", "VCPUs_max", "memory_dynamic_max", "memory_dynamic_min", "VCPUs_number"),
            )


def memory_text(vm: VM) -> str:
    """`of 8 GiB`, or `of 4 to 8 GiB` where it may shrink."""
    if has_fixed_memory(vm):
        return _("of {size}").format(size=size(memory_of(vm)))
    return _("of {least} to {most}").format(least=size(vm.memory_dynamic_min), most=size(vm.memory_dynamic_max))
