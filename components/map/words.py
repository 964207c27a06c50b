"""What the canvas says, in the reader's language; the browser has no catalogue of its own."""

from __future__ import annotations

from components.map.fills import scales
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
        "label": _("Map of all pools"),
        "keys": _(
            "Arrow keys move, Tab goes to the next host, Enter comes nearer and then opens, Space selects, question mark lists all keys. "
            "Escape and Tab leave the map."
        ),
        "keyList": _keys(),
        "tableKeys": _table_keys(),
        "tableTitle": _("In the table"),
        "keyTitle": _("On the map"),
        "all": _("All"),
        "where": _("Where you are"),
        "noGroup": _("Without a group"),
        "fills": dict(fills()),
        "scales": scales(),
        "milliseconds": _("{n} ms"),
        "latency": _("Disk latency"),
        "oldest": _("the oldest {age}"),
        "protected": _("High availability"),
        "device": _("Device of its host"),
        "agent": _("Guest agent"),
        "leaves": _("Leaves"),
        "yes": _("yes"),
        "no": _("no"),
        "nothing": _("Nothing is found."),
        "nothingSelected": _("Nothing is selected."),
        "selected": _("Selected: {n}"),
        "noHost": _("Point at a host first."),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Show all"),
        "unorder": _("Usual order again"),
        "free": _("{size} free"),
        "more": _("{n} more networks"),
        "others": _("others {size}"),
        "ungrouped": _("Without a group"),
        "moreGroups": _("{n} more groups"),
        "asOfAge": _("{state}, as of {age}"),
        "servers": {**{str(state): state_word(state) for state in ServerState}, "offline": _("no connection to xo-dash")},
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
        "busiest": _("Busiest line"),
        "busy": [_("under {share}").format(share=percent(BUSY[0])), *(_("over {share}").format(share=percent(share)) for share in BUSY)],
        "sizes": [_("MiB"), _("GiB"), _("TiB"), _("PiB")],
        "picture": picture_words(),
        "table": table_words(),
        "legend": legend_words(),
        "rates": [_("B/s"), _("KiB/s"), _("MiB/s"), _("GiB/s")],
        "about": _("≈ {figure}"),
        "bitRates": [_("bit/s"), _("kbit/s"), _("Mbit/s"), _("Gbit/s"), _("Tbit/s")],
    }


def _keys() -> list[tuple[str, str]]:
    """[(keys, what they do)]; a space is between keys that do alike."""
    return [
        ("← ↑ → ↓", _("to the next tile; with Shift it is selected")),
        ("Tab", _("to the next host; with Shift back")),
        ("Enter", _("come nearer, then open")),
        ("Backspace", _("back to what it is in")),
        ("Space", _("select; held, the pointer drags the map")),
        ("Ctrl+A", _("select all that is found")),
        (".", _("commands")),
        ("s", _("snapshot")),
        ("n N", _("next and previous problem")),
        ("x", _("what if this host fails; hold it or press it")),
        ("< >", _("move the host, the pool or the group before its neighbour or behind")),
        ("p", _("pin to the list below, or take it off")),
        ("Ctrl+F", _("filter")),
        ("f", _("next fill; with Shift the previous")),
        ("e", _("save a picture")),
        ("+ - 0", _("nearer, farther, all")),
        ("g v", _("to the VMs; h hosts, p pool, s storage, n networks")),
        ("Esc", _("end what is shown, then clear the selection")),
    ]


def _table_keys() -> list[tuple[str, str]]:
    """The same while the table is shown."""
    return [
        ("↑ ↓", _("to the next row; with Shift it is selected")),
        ("→ ←", _("open and close a row, then from cell to cell")),
        ("Home End", _("first and last")),
        ("Enter", _("open")),
        ("Space", _("select")),
        ("Ctrl+A", _("select all that is found")),
        (".", _("commands")),
        ("Ctrl+F", _("filter")),
        ("*", _("open all of these rows")),
        ("a … z", _("to the next name that begins so")),
    ]


def fills() -> list[tuple[str, str]]:
    """What the lightness of a tile can say: (value, label)."""
    return [
        ("cpu", _("CPU")),
        ("memory", _("Memory")),
        ("disk", _("Disk")),
        ("network", _("Network")),
        ("latency", _("Disk latency")),
        ("snapshots", _("Snapshots")),
        ("none", pgettext("fill", "none")),
    ]


def toolbar() -> dict[str, object]:
    """The same for `toolbar.js`."""
    sizes = [
        ("auto", pgettext("size", "automatic")),
        ("ram", _("RAM")),
        ("equal", pgettext("size", "equal")),
        ("vcpu", _("vCPUs")),
        ("disk", _("Disk")),
    ]
    groups = [
        ("placement", pgettext("group", "host")),
        ("tag", pgettext("group", "tag")),
        ("os", pgettext("group", "system")),
        ("network", pgettext("group", "network")),
        ("sr", pgettext("group", "SR")),
        ("folder", pgettext("group", "folder")),
    ]
    return {
        "tools": _("What the map shows"),
        "view": _("View"),
        "views": [("map", _("Map")), ("table", _("Table"))],
        "scales": scales(),
        "scale": _("From {low} to {high}"),
        "menus": [("fill", _("Fill"), fills()), ("group", _("Group"), groups), ("size", _("Size"), sizes)],
        "filter": _("Filter"),
        "grammar": _("Name, address or uuid; tag: os: state: host: pool: sr: net: is:alarm; a minus before a word turns it round"),
        "legend": _("Legend"),
        "only": _("Show only what is found"),
        "chooseAll": _("Select all that is found"),
        "clear": _("Clear the filter"),
    }
