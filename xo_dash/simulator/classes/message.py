"""Messages, which people call alerts."""

from __future__ import annotations

from .. import filters
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..messages import TABLES
from ..registry import message


@message("message.create")
def create(call: Call, name: str, priority: int, cls: str, obj_uuid: str, body: str) -> str:
    if obj_uuid not in call.db.tables[TABLES[cls]].by_uuid:
        raise XapiError("UUID_INVALID", cls, obj_uuid)
    return call.message(name, priority, cls, obj_uuid, body)


@message("message.destroy")
def destroy(call: Call, ref: str) -> str:
    call.pool.messages.destroy(ref)
    return ""


@message("message.destroy_many")
def destroy_many(call: Call, refs: list[str]) -> str:
    for ref in refs:
        call.pool.messages.destroy(ref)
    return ""


@message("message.destroy_all")
def destroy_all(call: Call, filters: dict[str, str]) -> str:
    """`filters`: before and after (dates), priority; none = everything."""
    unknown = filters.keys() - {"before", "after", "priority"}
    if unknown:
        raise XapiError("INVALID_VALUE", "filters", min(unknown))
    for ref, record in call.pool.messages.items():
        when = call.pool.seconds(record["timestamp"])
        if "before" in filters and when >= call.pool.seconds(filters["before"]):
            continue
        if "after" in filters and when <= call.pool.seconds(filters["after"]):
            continue
        if "priority" in filters and str(record["priority"]) != filters["priority"]:
            continue
        call.pool.messages.destroy(ref)
    return ""


@message("message.get_all")
def get_all(call: Call) -> list[str]:
    return [ref for ref, _ in call.pool.messages.items()]


@message("message.get_all_records")
def get_all_records(call: Call) -> dict[str, Record]:
    return newest_first(call)


def newest_first(call: Call) -> dict[str, Record]:
    return dict(reversed(list(call.pool.messages.items())))


@message("message.get_all_records_where")
def get_all_records_where(call: Call, expression: str) -> dict[str, Record]:
    wanted = filters.parse(expression, "message")
    return {ref: record for ref, record in newest_first(call).items() if wanted(ref, record)}


@message("message.get_record")
def get_record(call: Call, ref: str) -> Record:
    return call.pool.messages.record(ref)


@message("message.get_by_uuid")
def get_by_uuid(call: Call, uuid: str) -> str:
    return call.pool.messages.by_uuid(uuid)


@message("message.get")
def get(call: Call, cls: str, obj_uuid: str, since: str) -> dict[str, Record]:
    if obj_uuid not in call.db.tables[TABLES[cls]].by_uuid:
        raise XapiError("UUID_INVALID")  # so does xapi, without a word more
    start = call.pool.seconds(since)
    mine = {ref: r for ref, r in newest_first(call).items() if r["cls"] == cls and r["obj_uuid"] == obj_uuid}
    return {ref: r for ref, r in mine.items() if call.pool.seconds(r["timestamp"]) > start}


@message("message.get_since")
def get_since(call: Call, since: str) -> dict[str, Record]:
    """With those of the very second: they are kept by parts of it, which their timestamps do not show."""
    start = call.pool.seconds(since)
    return {ref: r for ref, r in newest_first(call).items() if call.pool.seconds(r["timestamp"]) >= start}
