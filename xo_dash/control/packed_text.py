"""Sentences as plain data: written down by one program and put into words by the next, for whoever reads them then."""

from __future__ import annotations

from typing import Any

from xo_dash.control.lazy_text import Amount, LazyText, ObjectName
from xo_dash.i18n import _

PackedText = dict[str, Any]
"""`{"message": ..., "values": {field: ...}}`, of one with numbers also `plural` and `count`."""


def packed(text: LazyText | None) -> PackedText | None:
    if text is None:
        return None
    values = {name: _packed_value(value) for name, value in text.values.items()}
    return {"message": text.message, "values": values} | ({"plural": text.plural, "count": text.count} if text.plural else {})


def _packed_value(value: object) -> object:
    if isinstance(value, LazyText):
        return {"text": packed(value)}
    if isinstance(value, Amount):
        return {"bytes": value.bytes}
    if isinstance(value, ObjectName):
        return value.name  # whoever looks at the moment this is written is not who reads it
    return value if isinstance(value, (str, int, float)) else str(value)


def unpacked(data: PackedText | None) -> LazyText | None:
    if data is None:
        return None
    values = {name: _unpacked_value(value) for name, value in data.get("values", {}).items()}
    return LazyText(str(data.get("message", "")), values, str(data.get("plural", "")), int(data.get("count", 0)))


def _unpacked_value(value: object) -> object:
    if isinstance(value, dict):
        return unpacked(value["text"]) if "text" in value else Amount(float(value.get("bytes", 0)))
    return value


KeptText = PackedText | str | None
"""As it stands in a file; a text is of an earlier version, which wrote it in English."""


def worded(kept: KeptText) -> str:
    """In the reader's words; "" if there is none."""
    return _(kept) if isinstance(kept, str) and kept else str(unpacked(kept) or "") if isinstance(kept, dict) else ""
