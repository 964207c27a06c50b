"""VMs: power. The pattern for every other family: a rule that says what may run now, and the operations themselves."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..operations import busy
from ..pool import Pool
from ..registry import allowed, message
from ..types import NULL

STATES = {"start": ("Halted",), "start_on": ("Halted",), "hard_shutdown": ("Running", "Paused", "Suspended")}


@allowed("VM")
def rule(pool: Pool, vm: str, record: Record, operation: str) -> XapiError | None:
    """Why `operation` cannot run now: blocked, power state, something else running, template."""
    if operation in record["blocked_operations"]:
        return XapiError("OPERATION_BLOCKED", vm, record["blocked_operations"][operation])
    states = STATES.get(operation)
    if states is None:
        return XapiError("NOT_IMPLEMENTED", operation)
    if record["power_state"] not in states:
        return XapiError("VM_BAD_POWER_STATE", vm, ", ".join(states).lower(), record["power_state"].lower())
    if record["current_operations"]:
        return busy("VM", vm, record)
    if record["is_a_template"]:
        return XapiError("VM_IS_TEMPLATE", vm, operation)
    return None


@message("VM.start")
async def start(call: Call, vm: str, start_paused: bool, force: bool) -> str:
    async with call.operation(vm, "start"):
        host = call.host.ref
        call.db.set(vm, scheduled_to_be_resident_on=host)
        await call.work(3.0)
        call.db.set(
            vm,
            power_state="Paused" if start_paused else "Running",
            resident_on=host,
            scheduled_to_be_resident_on=NULL,
        )
    tell(call, vm, "VM_STARTED", "started on host")
    return ""


@message("VM.hard_shutdown")
async def hard_shutdown(call: Call, vm: str) -> str:
    async with call.operation(vm, "hard_shutdown", cancellable=False):
        await call.work(1.0)
        call.db.set(vm, power_state="Halted", resident_on=NULL, domid=-1)
    tell(call, vm, "VM_SHUTDOWN", "shutdown forcibly")
    return ""


def tell(call: Call, vm: str, name: str, what: str) -> None:
    """The priority-5 message that each lifecycle call leaves."""
    record = call.db.record("VM", vm)
    call.message(name, 5, "VM", record["uuid"], f"VM '{record['name_label']}' (uuid: {record['uuid']}) {what}")
