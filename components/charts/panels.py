"""What is drawn of the past of a VM, a host, an SR and a pool, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass, field

from components.charts.units import Unit
from xo_dash.i18n import _


@dataclass(frozen=True, slots=True)
class ChartPanel:
    """One chart; `name` and those of its lines are the ones of data/archives.py."""

    name: str
    title: str
    unit: Unit
    lines: dict[str, str] = field(default_factory=dict)
    all: str = ""
    """All devices together, where one may choose one of them."""

    def wire(self) -> dict[str, object]:
        return {"name": self.name, "title": self.title, "unit": str(self.unit), "lines": self.lines, "all": self.all}


def of_vm() -> list[ChartPanel]:
    return [
        ChartPanel("cpu", _("CPU"), Unit.SHARE, all=_("all vCPUs")),
        ChartPanel("memory", _("Memory"), Unit.SIZE, {"used": _("used"), "given": _("allocated")}),
        ChartPanel("disk", _("Disk throughput"), Unit.RATE, _ways(), _("all disks")),
        ChartPanel("net", _("Network throughput"), Unit.BITS, _directions(), _("all NICs")),
        ChartPanel("iops", _("Disk IOPS"), Unit.COUNT, _ways(), _("all disks")),
        ChartPanel("latency", _("Disk latency"), Unit.SECONDS, _ways(), _("the slowest disk")),
    ]


def of_host() -> list[ChartPanel]:
    return [
        ChartPanel("cpu", _("CPU"), Unit.SHARE, all=_("all CPUs")),
        ChartPanel("memory", _("Memory used"), Unit.SIZE, {"used": _("in use"), "given": _("installed")}),
        ChartPanel("net", _("Network throughput"), Unit.BITS, _directions(), _("all NICs")),
        ChartPanel("disk", _("Disk throughput"), Unit.RATE, _ways(), _("all SRs")),
        ChartPanel("iops", _("Disk IOPS"), Unit.COUNT, _ways(), _("all SRs")),
        ChartPanel("latency", _("Disk latency"), Unit.SECONDS, _ways(), _("the slowest SR")),
        ChartPanel("load", _("Control domain load"), Unit.PLAIN),
    ]


def of_sr() -> list[ChartPanel]:
    return [
        ChartPanel("used", _("Space used"), Unit.SIZE),
        ChartPanel("disk", _("Throughput, all hosts"), Unit.RATE, _ways()),
        ChartPanel("iops", _("IOPS, all hosts"), Unit.COUNT, _ways()),
        ChartPanel("latency", _("Latency, slowest host"), Unit.SECONDS, _ways()),
    ]


def of_pool() -> list[ChartPanel]:
    return [
        ChartPanel("cpu", _("CPU, all hosts"), Unit.SHARE),
        ChartPanel("memory", _("Memory used"), Unit.SIZE, {"used": _("in use"), "given": _("installed")}),
        ChartPanel("net", _("Network throughput"), Unit.BITS, _directions()),
        ChartPanel("disk", _("Disk throughput"), Unit.RATE, _ways()),
        ChartPanel("iops", _("Disk IOPS"), Unit.COUNT, _ways()),
    ]


def _ways() -> dict[str, str]:
    return {"read": _("read"), "write": _("write")}


def _directions() -> dict[str, str]:
    return {"rx": _("in"), "tx": _("out")}
