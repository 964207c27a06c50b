"""Small classes that are little more than their rows: secrets, snapshot schedules."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..generic import constructor
from ..registry import message


@message("VMSS.create")
def create_schedule(call: Call, args: Record) -> str:
    fields = constructor(call.db.model, "VMSS", args)
    check_kept(fields.get("retained_snapshots", 7))
    return call.db.create("VMSS", fields)


def check_kept(count: int) -> None:
    if not 1 <= count <= 10:
        raise XapiError("INVALID_VALUE", "retained_snapshots", count)


@message("VMSS.set_retained_snapshots")
def set_retained_snapshots(call: Call, ref: str, value: int) -> str:
    check_kept(value)
    call.db.set(ref, retained_snapshots=value)
    return ""


@message("VMSS.set_frequency", "VMSS.set_schedule", "VMSS.set_type")
def set_schedule(call: Call, ref: str, value: object) -> str:
    call.db.set(ref, **{call.method.removeprefix("VMSS.set_"): value})
    return ""
