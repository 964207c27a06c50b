"""What the canvas says, in the reader's language; the browser has no catalogue of its own."""

from __future__ import annotations

from components.map.fills import fills, scales
from components.map.key_words import map_keys, table_keys
from components.map.legend import legend_words
from components.map.picture import picture_words
from components.map.rows import BUSY
from components.map.table import table_words
from components.servers.words import state_word
from data.server import ServerState
from xo_dash.i18n import _, percent, pgettext


def words() -> dict[str, object]:
    """{key: sentence or label} for `map.js`; fields in braces are filled in the browser."""
    return {
        "keyTitle": _("On the map"),
        "keyList": map_keys(),
        "tableTitle": _("In tables"),
        "tableKeys": table_keys(),
        "fills": dict(fills()),
        "scales": scales(),
        "picture": picture_words(),
        "table": table_words(),
        "legend": legend_words(),
        **_controls(),
        **_carried(),
        **_drawn(),
        **_told(),
        **_units(),
    }


def _controls() -> dict[str, object]:
    """What one presses, and what a reader of the screen is told of it."""
    return {
        "label": _("Map of all pools"),
        "keys": _(
            "Arrow keys move, Tab goes to the next host, Enter zooms in and then opens, Space selects, question mark lists "
            "all keys. Escape and Tab leave the map."
        ),
        "all": _("All"),
        "where": _("Location"),
        "noGroup": _("No group"),
        "nothing": _("Nothing found."),
        "nothingSelected": _("Nothing selected."),
        "selected": _("Selected: {n}"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Show all"),
        "unorder": _("Reset order"),
        "noHost": _("Select a host first."),
        "milliseconds": _("{n} ms"),
    }


def _carried() -> dict[str, object]:
    """While something is dragged."""
    return {
        "carried": _("{n} VMs"),
        "carry": _("Drop it on a host, an SR, a network, or the halted VMs"),
        "hold": _("Choose a host, an SR, a network or the halted VMs with the arrow keys or a tap; Enter drops, Esc cancels"),
        "noTarget": _("not a target"),
        "noDisks": _("disks of VMs cannot be stored here"),
        "otherPool": _("in another pool: drop it on a host there"),
        "carryCancel": _("cancel"),
        "carryAsk": _("choose disks and networks first"),
        "carryCopy": _("copy instead of move"),
        "carryUndo": _("It can be undone for 10 min"),
        "ringLive": pgettext("a migration", "live"),
        "ringDisks": _("disks move too"),
        "ringNo": _("cannot"),
        "checkedOf": _("{n} of {all} hosts checked"),
        "checkedIn": _("{n} of {all} hosts checked in {time}"),
        "freeWith": _("{before} → {after} free"),
        "dropToHalt": _("halted: drop here to shut down"),
        "plans": {
            "migrate": _("Migrate {name} to {target}"),
            "copy": _("Copy {name} to {target}"),
            "start": _("Start {name} on {target}"),
            "moveDisks": _("Move the disks of {name} to {target}"),
            "connect": _("Connect {name} to {target}"),
            "shutDown": _("Shut down {name}"),
            "cannot": _("{name} cannot go to {target}"),
        },
        "drop": _("Drop here"),
        "cancel": _("Cancel"),
        "checking": _("Checking…"),
    }


def _drawn() -> dict[str, object]:
    """On the canvas."""
    return {
        "free": _("{size} free"),
        "more": _("{n} more networks"),
        "others": _("other {size}"),
        "ungrouped": _("No group"),
        "moreGroups": _("{n} more groups"),
        "asOfAge": _("{state}, last data {age}"),
        "servers": {**{str(state): state_word(state) for state in ServerState}, "offline": _("no connection to xo-dash")},
        "lost": _("not responding"),
        "maintenance": _("maintenance"),
        "master": _("master"),
        "dom0": "dom0",
        "local": _("local"),
        "bench": pgettext("several VMs", "halted"),
    }


def _told() -> dict[str, object]:
    """Beside what is pointed at."""
    return {
        "states": [_("Halted"), _("Running"), _("Paused"), _("Suspended"), _("Unknown")],
        "asOf": _("Data from"),
        "oldest": _("oldest {age}"),
        "task": _("Task"),
        "host": _("Host"),
        "hosts": _("Hosts"),
        "address": _("Address"),
        "cpu": _("CPU"),
        "memory": _("Memory"),
        "freeMemory": _("Free"),
        "disk": _("Disk"),
        "latency": _("Disk latency"),
        "network": _("Network"),
        "networks": _("Networks"),
        "srs": _("Storage"),
        "vms": _("VMs"),
        "used": _("Used"),
        "size": _("Size"),
        "promised": _("Provisioned"),
        "snapshots": _("Snapshots"),
        "unplugged": _("Not attached on"),
        "verdict": _("{n} of {all} host failures tolerated"),
        "without": _("Without {host}"),
        "bound": _("VMs tied to it: {n}"),
        "noRoom": _("VMs without memory elsewhere: {n}"),
        "noLink": _("Link down on"),
        "busiest": _("Busiest link"),
        "busy": [_("below {share}").format(share=percent(BUSY[0])), *(_("above {share}").format(share=percent(share)) for share in BUSY)],
        "protected": _("High availability"),
        "device": _("Host device"),
        "agent": _("Guest agent"),
        "leaves": _("Migrating away"),
        "yes": _("yes"),
        "no": _("no"),
    }


def _units() -> dict[str, object]:
    """Figures that the browser writes itself."""
    return {
        "about": _("≈ {figure}"),
        "sizes": [_("MiB"), _("GiB"), _("TiB"), _("PiB")],
        "rates": [_("B/s"), _("KiB/s"), _("MiB/s"), _("GiB/s")],
        "bitRates": [_("bit/s"), _("kbit/s"), _("Mbit/s"), _("Gbit/s"), _("Tbit/s")],
    }
