"""Until when something holds, as people write it."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Final

from data.stores.errors import RecordInvalid
from xo_dash.i18n import _

WRITTEN: Final = r"^(\d{1,3}[hdwy])?$"
"""How long something holds, as a pattern; a date is the other way."""
_LASTS: Final = re.compile(r"(\d{1,4})([hdwy])")
_SECONDS: Final = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "y": 365 * 86400.0}


def moment_of(text: str) -> float | None:
    """Seconds since 1970 of `90d`, `12h`, `2w`, `1y` from now, or of a date `2027-01-31`; None for an empty text. Raises RecordInvalid."""
    if not text:
        return None
    try:
        moment = _moment(text.strip())
        dt.datetime.fromtimestamp(moment, dt.UTC)  # what no calendar has could be shown nowhere
    except (ValueError, OverflowError) as error:
        raise RecordInvalid(_("“{text}” is not a time; write 90d, 12h, or a date like 2027-01-31").format(text=text[:40])) from error
    return moment


def _moment(text: str) -> float:
    """Raises ValueError, OverflowError."""
    if found := _LASTS.fullmatch(text.lower()):
        return time.time() + int(found[1]) * _SECONDS[found[2]]
    parsed = dt.datetime.fromisoformat(text)
    return parsed.astimezone().timestamp() if parsed.tzinfo is None else parsed.timestamp()
