"""How the browser writes numbers that it computes itself: the reader's signs and units, so that both sides write the same."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from components.bundles import register
from xo_dash.i18n import NNBSP, _, bits_rate, locale, number, percent, rate, size

STEPS: Final = 7
register("xo-charts", Path(__file__).parent / "modules")


class Unit(StrEnum):
    """What a number is of; the names are those of `modules/format.js`."""

    SHARE = "share"  # 0 to 1, shown in per cent
    SIZE = "size"  # bytes
    RATE = "rate"  # bytes a second
    BITS = "bits"  # measured in bytes a second, shown in bits a second
    SECONDS = "seconds"  # shown from µs on
    COUNT = "count"  # a second
    PLAIN = "plain"  # without a unit


def number_words() -> dict[str, object]:
    """What `formats` of xo-charts/format.js wants."""
    return {
        "language": locale(),
        "decimal": number(1.5, 1)[1],
        "percent": percent(0.11).replace("11", "{n}"),
        "size": [_unit(size(1024.0**step)) for step in range(STEPS)],
        "rate": [_unit(rate(1024.0**step)) for step in range(STEPS)],
        "bits": [_unit(bits_rate(1000.0**step)) for step in range(STEPS)],
        "seconds": [_("µs"), _("ms"), _("s")],
        "count": [_("IOPS"), _("k IOPS"), _("M IOPS")],
        "plain": ["", _("k"), _("M")],
    }


def _unit(text: str) -> str:
    return text.rpartition(NNBSP)[2]
