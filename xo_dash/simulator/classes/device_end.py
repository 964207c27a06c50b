"""Devices of VMs that go: by themselves, or with the group that they are of."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..registry import message


def detached(call: Call, cls: str, device: str) -> Record:
    """Its record; OPERATION_NOT_ALLOWED while the VM has it."""
    record = call.db.record(cls, device)
    if record["currently_attached"]:
        vm = call.db.get(record["VM"], "uuid")
        raise XapiError("OPERATION_NOT_ALLOWED", f"{cls} '{record['uuid']}' still attached to '{vm}'")
    return record


def remove(call: Call, device: str) -> None:
    """What its VM may do is told anew."""
    vm = call.db.get(device, "VM")
    call.db.destroy(device)
    if call.db.exists(vm):
        call.pool.refresh(vm)


@message("GPU_group.destroy", "USB_group.destroy")
def destroy_group(call: Call, group: str) -> str:
    """One of which no VM uses anything, and that no host has anything in; what VMs have of it otherwise goes with it."""
    db, kind = call.db, call.method.partition("_")[0]
    record = db.record(f"{kind}_group", group)
    attached = [device for device in record[f"V{kind}s"] if db.get(device, "currently_attached")]
    if attached:
        raise XapiError(f"{kind}_GROUP_CONTAINS_V{kind}", *attached)
    if record[f"P{kind}s"]:
        raise XapiError(f"{kind}_GROUP_CONTAINS_P{kind}", *record[f"P{kind}s"])
    for device in list(record[f"V{kind}s"]):
        remove(call, device)
    db.destroy(group)
    return ""
