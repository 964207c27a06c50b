"""Single writes to a record, each with what takes it back: a field, and one key of a map, so that the keys of other tools stay."""

from __future__ import annotations

from collections.abc import Mapping

from data.types import XapiObject
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.plan import Call, Plan, one


def setting(row: XapiObject, field: str, value: object, old: object, says: LazyText, *, asynchronous: bool = False) -> Plan:
    """Set `field` (`name_label`), unless it is so already; `old` is what it is now."""
    if value != old:
        method = f"{row.xapi_class}.set_{field}"
        yield Call(method, row.ref, value, says=says, undo=lambda _: one(method, row.ref, old, says=says, asynchronous=asynchronous),
                   asynchronous=asynchronous)  # fmt: skip


def setting_key(row: XapiObject, field: str, key: str, value: str | None, says: LazyText) -> Plan:
    """Give `key` of the map `field` a value, or none; nothing where it is so already.

    Source: add_to_* of a key that is there fails with MAP_DUPLICATE_KEY; set_* of the whole map would undo what others write meanwhile.
    """
    held: Mapping[str, str] = getattr(row, field)
    old = held.get(key)
    if value == old:
        return
    add, remove = f"{row.xapi_class}.add_to_{field}", f"{row.xapi_class}.remove_from_{field}"
    if old is not None:
        yield Call(remove, row.ref, key, says=says, undo=lambda _: one(add, row.ref, key, old, says=says, asynchronous=False),
                   asynchronous=False)  # fmt: skip
    if value is not None:
        yield Call(add, row.ref, key, value, says=says, undo=lambda _: one(remove, row.ref, key, says=says, asynchronous=False),
                   asynchronous=False)  # fmt: skip
