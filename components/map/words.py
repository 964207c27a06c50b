"""What the canvas says, in the reader's language; the browser has no catalogue of its own."""

from __future__ import annotations

from components.servers.words import state_word
from data.server import ServerState
from xo_dash.i18n import _, pgettext


def words() -> dict[str, object]:
    """{key: sentence or label} for `map.js`; fields in braces are filled in the browser."""
    return {
        "label": _("Map of all pools"),
        "keys": _(
            "Arrow keys move, Enter opens, Space selects, plus and minus zoom, 0 shows all. The list of VMs has the same in a table."
        ),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Show all"),
        "free": _("{size} free"),
        "more": _("{n} more networks"),
        "others": _("others {size}"),
        "ungrouped": _("without a group"),
        "moreGroups": _("{n} more groups"),
        "asOfAge": _("{state}, as of {age}"),
        "servers": {str(state): state_word(state) for state in ServerState},
        "lost": _("no sign of life"),
        "maintenance": _("maintenance"),
        "master": _("master"),
        "dom0": "dom0",
        "local": _("local"),
        "bench": pgettext("several VMs", "halted"),
        "states": [_("Halted"), _("Running"), _("Paused"), _("Suspended"), _("Unknown")],
        "asOf": _("As of"),
        "never": _("never"),
        "task": _("Task"),
        "host": _("Host"),
        "hosts": _("Hosts"),
        "address": _("Address"),
        "cpu": _("CPU"),
        "memory": _("Memory"),
        "freeMemory": _("Free"),
        "disk": _("Disk"),
        "network": _("Network"),
        "networks": _("Networks"),
        "srs": _("Storage"),
        "vms": _("VMs"),
        "used": _("Used"),
        "size": _("Size"),
        "promised": _("Promised"),
        "snapshots": _("Snapshots"),
        "unplugged": _("Not reached by"),
        "verdict": _("{n} of {all} hosts can fail"),
        "noLink": _("No link on"),
        "sizes": [_("MiB"), _("GiB"), _("TiB"), _("PiB")],
        "rates": [_("B/s"), _("KiB/s"), _("MiB/s"), _("GiB/s")],
    }
