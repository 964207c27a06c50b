"""Names of files that people get: what any system takes, and no path."""

from __future__ import annotations

import re
from typing import Final

_UNFIT: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
LONGEST: Final = 150
"""Characters before the ending: file systems take 255 bytes."""


def file_name(name: str, ending: str) -> str:
    """`web-1`, `xva` -> `web-1.xva`, whatever a pool calls its objects."""
    plain = _UNFIT.sub("_", name).strip(" .")
    while len(plain.encode("utf-8", "replace")) > LONGEST:
        plain = plain[:-1]
    return f"{plain or 'unnamed'}.{ending}"
