"""What the lightness of a tile can say, and what the ends of its scale are called; the scales themselves are in `frames` and `fills.js`."""

from __future__ import annotations

from collections.abc import Mapping

from xo_dash.i18n import _, bits_rate, ngettext, number, percent, pgettext, rate

KIB, GIB = 1 << 10, 1 << 30


def fills() -> list[tuple[str, str]]:
    """(value, label) of each."""
    return [
        ("cpu", _("CPU")),
        ("memory", _("Memory")),
        ("disk", _("Disk")),
        ("network", _("Network")),
        ("latency", _("Disk latency")),
        ("snapshots", _("Snapshots")),
        ("none", pgettext("fill", "none")),
    ]


def scales() -> Mapping[str, tuple[str, str]]:
    """{fill: (where the lightest begins, where the strongest does)}; what has no scale is left out."""
    whole = percent(0.0), percent(1.0)
    return {
        "cpu": whole,
        "memory": whole,
        "disk": (rate(32 * KIB), rate(2 * GIB)),
        "network": (bits_rate(8 * 32 * KIB), bits_rate(8 * 2 * GIB)),
        "latency": (_milliseconds(0), _milliseconds(145)),
        "snapshots": (_("no snapshot"), ngettext("{n} day", "{n} days", 90).format(n=number(90))),
    }


def _milliseconds(n: int) -> str:
    return _("{n} ms").format(n=number(n))
