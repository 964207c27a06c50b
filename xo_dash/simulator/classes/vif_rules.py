"""May this operation run on this NIC now?"""

from __future__ import annotations

from collections.abc import Iterator

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import allowed
from . import pif_rules
from .vbd_rules import BLOCKING, hotplug
from .vm_states import spoken


@allowed("VIF")
def refusal(pool: Pool, ref: str, vif: Record, operation: str) -> XapiError | None:
    return next(_reasons(pool, ref, vif, operation), None)


def _reasons(pool: Pool, ref: str, vif: Record, operation: str) -> Iterator[XapiError]:
    vm = pool.db.record("VM", vif["VM"])
    if current := vif["current_operations"]:
        names, tasks = "; ".join(reversed(current.values())), "; ".join(reversed(current))
        yield XapiError("OTHER_OPERATION_IN_PROGRESS", "VIF", ref, "{" + names + "}", "{" + tasks + "}")
    if operation == "attach":
        return
    if vm["domid"] == 0 and operation == "plug":
        yield XapiError("OPERATION_NOT_ALLOWED", "Control domain does not support hotplug")
    if pif_rules.on_sriov(pool.db, vif["network"]):
        yield XapiError("OPERATION_NOT_ALLOWED", "Network SR-IOV VIF plug/unplug not allowed")
    yield from _power(ref, vif, vm, operation)
    for name in vm["current_operations"].values():
        if name in BLOCKING:
            yield XapiError("OPERATION_NOT_ALLOWED", f"Current operation on VM:{vif['VM']} is {spoken(name)}")
    if vm["power_state"] == "Running" and vm["domain_type"] in ("hvm", "unspecified"):
        yield from hotplug(pool, vif["VM"], vm, "vif")


def _power(ref: str, vif: Record, vm: Record, operation: str) -> Iterator[XapiError]:
    if vm["power_state"] != "Running":
        yield XapiError("VM_BAD_POWER_STATE", vif["VM"], "running", vm["power_state"].lower())
    elif vif["currently_attached"] and operation == "plug":
        yield XapiError("DEVICE_ALREADY_ATTACHED", ref)
    elif not vif["currently_attached"] and operation == "unplug":
        yield XapiError("DEVICE_ALREADY_DETACHED", ref)
