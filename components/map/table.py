"""What the map says as a table, in the reader's language: the words and drawings of `modules/table.js`."""

from __future__ import annotations

from components.theme.icons import drawing
from components.ui.marks import drawings, screens
from xo_dash.i18n import _, pgettext

ICONS = {
    "right": "right",
    "pool": "pool",
    "host": "host",
    "sr": "storage",
    "network": "network",
    "halted": "power",
    "srs": "storage",
    "networks": "network",
    "tag": "tag",
    "os": "vm",
    "folder": "folder",
}


def table_words() -> dict[str, object]:
    """{key: words, or markup of ours}; the columns are those of `modules/outline.js`, the levels those of findings."""
    return {
        "label": _("Pools, hosts, VMs, storage and networks"),
        "columns": {
            "name": _("Name"), "state": _("State"), "cpu": _("CPU"), "memory": _("Memory"), "disk": _("Disk"), "network": _("Network"),
            "address": _("Address"), "mark": _("Attention"),
        },
        "groups": {"halted": pgettext("several VMs", "Halted"), "srs": _("Storage"), "networks": _("Networks")},
        "levels": ["", _("Information"), _("Warning"), _("Critical")],
        "sort": _("Sort by"),
        "nothing": _("Nothing found."),
        "icons": {name: drawing(icon) for name, icon in ICONS.items()},
        "marks": drawings(),
        "screens": screens(),
    }  # fmt: skip
