"""Appliances: VMs that start and stop together, in the order of their `order`."""

from __future__ import annotations

import asyncio
import contextlib

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..operations import busy
from ..pool import Pool
from ..registry import allowed, message
from .vm_states import HALTED, RUNNING

# which VMs an operation is for, what to say when there are none of these, and what it does with each
WANTED = {
    "start": ((HALTED,), "There are no halted VMs in this appliance."),
    "clean_shutdown": ((RUNNING,), "There are no running VMs in this appliance."),
    "hard_shutdown": (("Running", "Paused", "Suspended"), "All VMs in this appliance are halted."),
    "shutdown": (("Running", "Paused", "Suspended"), "All VMs in this appliance are halted."),
}


@allowed("VM_appliance")
def refusal(pool: Pool, ref: str, record: Record, operation: str) -> XapiError | None:
    if record["current_operations"]:
        return busy("VM_appliance", ref, record)
    if not record["VMs"]:
        return XapiError("OPERATION_NOT_ALLOWED", "Appliance has no VMs.")
    states, nobody = WANTED[operation]
    if any(pool.db.get(vm, "power_state") in states for vm in record["VMs"]):
        return None
    return XapiError("OPERATION_NOT_ALLOWED", nobody)


async def attempted(call: Call, vm: str, operation: str, arguments: tuple[object, ...]) -> None:
    """What became of it is seen by the VM's state."""
    with contextlib.suppress(XapiError):
        await call.run(f"VM.{operation}", vm, *arguments)


@message("VM_appliance.start", "VM_appliance.clean_shutdown", "VM_appliance.hard_shutdown", "VM_appliance.shutdown")
async def perform(call: Call, ref: str, paused: bool = False) -> str:
    """All that are not yet where they are wanted, those of one order at once. OPERATION_PARTIALLY_FAILED if some did not get there."""
    operation = call.method.removeprefix("VM_appliance.")
    async with call.operation(ref, operation):
        goal = ("Paused" if paused else RUNNING) if operation == "start" else HALTED
        vms = [vm for vm in call.db.get(ref, "VMs") if call.db.get(vm, "power_state") != goal]
        arguments = (paused, False) if operation == "start" else ()
        for order in sorted({call.db.get(vm, "order") for vm in vms}, reverse=operation != "start"):
            group = [vm for vm in vms if call.db.exists(vm) and call.db.get(vm, "order") == order]
            await asyncio.gather(*(attempted(call, vm, operation, arguments) for vm in group))
        failed = [vm for vm in vms if call.db.record("VM", vm)["power_state"] != goal]
        if failed:
            raise XapiError("OPERATION_PARTIALLY_FAILED", call.method, *failed)
    return ""
