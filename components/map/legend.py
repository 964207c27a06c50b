"""What the map's symbols mean; the samples are painted in the browser, see `modules/legend.js`."""

from __future__ import annotations

from components.map.fills import scales
from xo_dash.i18n import _


def legend_words() -> dict[str, object]:
    """`rows` are by the names of the samples; of the VM's, {size} and {fill} are filled in the browser."""
    return {
        "title": _("Legend"),
        "close": _("Close legend"),
        "scales": scales(),
        "scale": _("from {low} to {high}"),
        "sizes": {
            "auto": _("memory"), "ram": _("memory"), "equal": _("the same for all"), "vcpu": _("vCPUs"), "disk": _("disk size"),
        },
        "rows": {
            "vm": _("VM. Area: {size}; colour: {fill}; line at the bottom: guest memory used; line on the right: disk and network"),
            "curve": _("CPU, last 10 minutes"),
            "halted": _("halted"),
            "paused": _("paused"),
            "suspended": _("suspended"),
            "unknown": _("state unknown: its host is not responding"),
            "task": _("task in progress; the line shows its progress"),
            "ghost": _("is migrating away from this host"),
            "move": _("migration of a VM or of disks in progress; the dot shows its progress"),
            "more": _("also in other groups"),
            "stale": _("last known values: no contact with the pool"),
            "snapshots": _("number of snapshots"),
            "protected": _("restarted by HA"),
            "device": _("uses a host device"),
            "agent": _("no guest agent"),
            "critical": _("critical"),
            "warning": _("warning"),
            "information": _("information"),
            "load": _("Host CPU; tick: 95th percentile of the last 10 minutes"),
            "master": _("pool master"),
            "dom0": _("control domain and Xen"),
            "free": _("free memory of the host"),
            "floor": _("local SR of the host; filled part: used"),
            "tank": _("shared SR; filled part: used; hatched: snapshots; thin line: provisioned"),
            "unreached": _("notch: not attached on every host"),
            "network": _("network, with a dot for each host that has a NIC on it"),
            "busy": _("the busier its NICs, the thicker the line"),
            "down": _("no link"),
            "degraded": _("a bond with a NIC that has no link"),
            "spare": _("no link, not used by any VM"),
        },
    }  # fmt: skip
