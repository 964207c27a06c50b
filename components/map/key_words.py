"""The keys of the map and of its table, and what they do."""

from __future__ import annotations

from xo_dash.i18n import _


def map_keys() -> list[tuple[str, str]]:
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
        ("m", _("move: arrows choose a host, SR or network, Enter drops, Alt+Enter opens Migrate, Shift+Enter copies; or drag a tile")),
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


def table_keys() -> list[tuple[str, str]]:
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
