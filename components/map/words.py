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
            "Arrow keys move, Tab goes to the next host, Enter zooms in and then opens, Space selects, question mark lists "
            "all keys. Escape and Tab leave the map."
        ),
        "keyList": _keys(),
        "tableKeys": _table_keys(),
        "tableTitle": _("In tables"),
        "keyTitle": _("On the map"),
        "all": _("All"),
        "where": _("Location"),
        "noGroup": _("No group"),
        "fills": dict(fills()),
        "scales": scales(),
        "milliseconds": _("{n} ms"),
        "latency": _("Disk latency"),
        "oldest": _("oldest {age}"),
        "protected": _("High availability"),
        "device": _("Host device"),
        "agent": _("Guest agent"),
        "leaves": _("Migrating away"),
        "yes": _("yes"),
        "no": _("no"),
        "nothing": _("Nothing found."),
        "nothingSelected": _("Nothing selected."),
        "selected": _("Selected: {n}"),
        "carry": _("Drop it on a host, an SR, a network, or the halted VMs"),
        "hold": _("Choose a host, an SR, a network or the halted VMs with the arrow keys or a tap; Enter drops, Esc cancels"),
        "noTarget": _("not a target"),
        "drop": _("Drop here"),
        "cancel": _("Cancel"),
        "checking": _("Checking…"),
        "noHost": _("Select a host first."),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Show all"),
        "unorder": _("Reset order"),
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
        "states": [_("Halted"), _("Running"), _("Paused"), _("Suspended"), _("Unknown")],
        "asOf": _("Data from"),
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
        "promised": _("Provisioned"),
        "snapshots": _("Snapshots"),
        "unplugged": _("Not attached on"),
        "verdict": _("{n} of {all} host failures tolerated"),
        "noLink": _("Link down on"),
        "busiest": _("Busiest link"),
        "busy": [_("below {share}").format(share=percent(BUSY[0])), *(_("above {share}").format(share=percent(share)) for share in BUSY)],
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
        ("← ↑ → ↓", _("next tile; with Shift, extend the selection")),
        ("Tab", _("next host; with Shift, the previous one")),
        ("Enter", _("zoom in, then open")),
        ("Backspace", _("up one level")),
        ("Space", _("select; hold to drag the map")),
        ("Ctrl+A", _("select all results")),
        (".", _("commands")),
        ("s", _("snapshot")),
        ("m", _("move: arrows choose a host, SR or network, Enter drops, Alt+Enter opens Migrate; or drag a tile")),
        ("n N", _("next and previous problem")),
        ("x", _("simulate a failure of this host; hold or press")),
        ("< >", _("move the host, pool or group forwards or backwards")),
        ("p", _("pin to the list below, or unpin")),
        ("Ctrl+F", _("filter")),
        ("f", _("next fill; with Shift, the previous one")),
        ("e", _("save a picture")),
        ("+ - 0", _("zoom in, zoom out, show all")),
        ("g v", _("go to VMs; h hosts, p pool, s storage, n networks")),
        ("Esc", _("close what is shown, then clear the selection")),
    ]


def _table_keys() -> list[tuple[str, str]]:
    """The same while the table is shown."""
    return [
        ("↑ ↓", _("next row; with Shift, extend the selection")),
        ("→ ←", _("expand or collapse a row, then move from cell to cell")),
        ("Home End", _("first or last")),
        ("Enter", _("open")),
        ("Space", _("select")),
        ("Ctrl+A", _("select all results")),
        (".", _("commands")),
        ("Ctrl+F", _("filter")),
        ("*", _("expand all rows of this kind")),
        ("a … z", _("next name that begins with these letters")),
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
        ("auto", pgettext("size", "auto")),
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
        "tools": _("Map options"),
        "view": _("View"),
        "views": [("map", _("Map")), ("table", _("Table"))],
        "scales": scales(),
        "scale": _("From {low} to {high}"),
        "menus": [("fill", _("Fill"), fills()), ("group", _("Group"), groups), ("size", _("Size"), sizes)],
        "filter": _("Filter"),
        "grammar": _("Name, address or UUID; tag: os: state: host: pool: sr: net: is:alarm; a minus before a word excludes it"),
        "legend": _("Legend"),
        "only": _("Show only results"),
        "chooseAll": _("Select all results"),
        "clear": _("Clear filter"),
    }
