"""What the map's symbols mean; the samples are painted in the browser, see `modules/legend.js`."""

from __future__ import annotations

from components.map.fills import scales
from xo_dash.i18n import _


def legend_words() -> dict[str, object]:
    """`rows` are by the names of the samples; of the VM's, {size} and {fill} are filled in the browser."""
    return {
        "title": _("Legend"),
        "close": _("Close the legend"),
        "scales": scales(),
        "scale": _("from {low} to {high}"),
        "sizes": {
            "auto": _("memory"), "ram": _("memory"), "equal": _("the same for all"), "vcpu": _("vCPUs"), "disk": _("disk size"),
        },
        "rows": {
            "vm": _("VM. Area: {size}; colour: {fill}; line at the bottom: memory used in the guest; line on the right: disk and network"),
            "curve": _("CPU of the last ten minutes"),
            "halted": _("halted"),
            "paused": _("paused"),
            "suspended": _("suspended"),
            "unknown": _("state unknown: its host is not heard"),
            "task": _("a task runs on it; the line shows how far it is"),
            "ghost": _("is moving away from this host"),
            "more": _("is in other groups too"),
            "stale": _("last known figures: no contact with the pool"),
            "snapshots": _("number of snapshots"),
            "protected": _("restarted by high availability"),
            "device": _("has a device of its host"),
            "agent": _("no guest agent"),
            "critical": _("critical"),
            "warning": _("warning"),
            "information": _("information"),
            "load": _("CPU of the host; tick: exceeded only 5% of the last ten minutes"),
            "master": _("pool master"),
            "dom0": _("control domain and Xen"),
            "free": _("free memory of the host"),
            "floor": _("local storage of the host, with the share used"),
            "tank": _("shared SR, with the share used; hatched: snapshots; thin line: promised to disks"),
            "unreached": _("notch: not reached by every host"),
            "network": _("network, with a dot for each host with a NIC in it"),
            "busy": _("the busier its links, the stronger the line"),
            "down": _("no link"),
            "degraded": _("a bond with a NIC without link"),
            "spare": _("no link, and no VM that needs it"),
        },
    }  # fmt: skip
