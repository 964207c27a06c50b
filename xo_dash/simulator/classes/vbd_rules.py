"""May this operation run on this drive now? Every reason is looked at in xapi's order; the first stands."""

from __future__ import annotations

from collections.abc import Iterator

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import advertises, allowed
from ..types import NULL
from .vm_rules import guest_metrics, has_drivers
from .vm_states import spoken

OPERATIONS = ("attach", "eject", "unplug", "unplug_force", "insert", "plug", "pause", "unpause")
PARALLEL = frozenset({"pause", "unpause"})
PLUGGING = frozenset({"plug", "unplug", "unplug_force"})
TAKING = frozenset({"attach", "insert", "plug"})  # what opens the disk
BLOCKING = frozenset({"clean_shutdown", "hard_shutdown", "suspend", "pause"})  # operations of the VM


@allowed("VBD")
def refusal(pool: Pool, ref: str, vbd: Record, operation: str) -> XapiError | None:
    return next(reasons(pool, ref, vbd, operation, sharing=True), None)


@advertises("VBD")
def advertised(pool: Pool, ref: str, vbd: Record) -> list[str]:
    """As xapi does, without a look at who else has the disk: that would cost too much at every change."""
    return [name for name in OPERATIONS if next(reasons(pool, ref, vbd, name, sharing=False), None) is None]


def reasons(pool: Pool, ref: str, vbd: Record, operation: str, *, sharing: bool) -> Iterator[XapiError]:
    vm = pool.db.record("VM", vbd["VM"])
    yield from _busy(ref, vbd, operation)
    yield from _medium(ref, vbd, operation)
    yield from _power(ref, vbd, vm, operation)
    yield from _vm_busy(vbd["VM"], vm, operation)
    yield from _drivers(pool, vbd, vm, operation)
    if vbd["type"] == "CD" and vm["power_state"] == "Suspended" and operation in ("insert", "eject"):
        yield XapiError("VM_BAD_POWER_STATE", vbd["VM"], "halted, running", "suspended")
    if not vbd["empty"] and vbd["VDI"] != NULL and pool.db.exists(vbd["VDI"]):
        yield from _disk(pool, ref, vbd, operation, sharing=sharing)


def _busy(ref: str, vbd: Record, operation: str) -> Iterator[XapiError]:
    current = vbd["current_operations"]
    if not current:
        return

    def other(task: str) -> XapiError:
        return XapiError("OTHER_OPERATION_IN_PROGRESS", "VBD", ref, current[task], task)

    if operation not in PARALLEL:
        yield other(next(iter(current)))
    tolerated = PARALLEL if operation == "pause" else PARALLEL | {"attach"}
    alone = [task for task, name in current.items() if name not in tolerated]
    if operation in PARALLEL and alone:
        yield other(alone[0])


def _medium(ref: str, vbd: Record, operation: str) -> Iterator[XapiError]:
    if not vbd["unpluggable"] and operation in ("unplug", "unplug_force"):
        yield XapiError("VBD_NOT_UNPLUGGABLE", ref)
    if vbd["type"] != "CD" and operation in ("insert", "eject"):
        yield XapiError("VBD_NOT_REMOVABLE_MEDIA", ref)
    if vbd["empty"] and operation == "eject":
        yield XapiError("VBD_IS_EMPTY", ref)
    if not vbd["empty"] and operation == "insert":
        yield XapiError("VBD_NOT_EMPTY", ref)


def _power(ref: str, vbd: Record, vm: Record, operation: str) -> Iterator[XapiError]:
    state = vm["power_state"]
    if state == "Running":
        if vbd["currently_attached"] and operation == "plug":
            yield XapiError("DEVICE_ALREADY_ATTACHED", ref)
        if not vbd["currently_attached"] and operation in ("unplug", "unplug_force"):
            yield XapiError("DEVICE_ALREADY_DETACHED", ref)
    elif operation in PLUGGING or (state != "Paused" and operation in PARALLEL):
        yield XapiError("VM_BAD_POWER_STATE", vbd["VM"], "running", state.lower())


def _vm_busy(ref: str, vm: Record, operation: str) -> Iterator[XapiError]:
    for name in vm["current_operations"].values():
        if name in BLOCKING and operation in ("plug", "unplug"):
            yield XapiError("OPERATION_NOT_ALLOWED", f"Current operation on VM:{ref} is {spoken(name)}")


def _drivers(pool: Pool, vbd: Record, vm: Record, operation: str) -> Iterator[XapiError]:
    """A HVM guest needs drivers for hotplug, and its CD drives stay where they are."""
    if vm["power_state"] != "Running" or operation not in PLUGGING or vm["domain_type"] not in ("hvm", "unspecified"):
        return
    yield from hotplug(pool, vbd["VM"], vm, "vbd")
    if vbd["type"] == "CD":
        yield XapiError("OPERATION_NOT_ALLOWED", "HVM CDROMs cannot be hotplugged/unplugged, only inserted or ejected")


def hotplug(pool: Pool, ref: str, vm: Record, kind: str) -> Iterator[XapiError]:
    """Why the guest cannot hotplug a vbd or vif."""
    metrics = guest_metrics(pool, vm)
    can = metrics[f"can_use_hotplug_{kind}"] if metrics else "unspecified"
    if can == "no":
        yield XapiError("OPERATION_NOT_ALLOWED", f"VM states it does not support {kind.upper()} hotplug.")
    elif can == "unspecified" and not (metrics and metrics["PV_drivers_detected"]) and not has_drivers(metrics):
        yield XapiError("VM_MISSING_PV_DRIVERS", ref)


def _disk(pool: Pool, ref: str, vbd: Record, operation: str, *, sharing: bool) -> Iterator[XapiError]:
    vdi = pool.db.record("VDI", vbd["VDI"])
    if not vdi["managed"]:
        yield XapiError("VDI_NOT_MANAGED", ref)
    if operation not in TAKING:
        return
    for task, name in vdi["current_operations"].items():
        if name not in ("mirror", "copy"):
            yield XapiError("OTHER_OPERATION_IN_PROGRESS", "VDI", vbd["VDI"], name, task)
    if sharing and not vbd["currently_attached"]:
        writes = vbd["mode"] == "RW"
        own = pool.db.get(vbd["VM"], "is_control_domain")
        others = [] if own else list(users(pool, ref, vdi))
        if not vdi["sharable"] and (any(o["mode"] == "RW" for o in others) or (writes and others)):
            yield XapiError("VDI_IN_USE", vbd["VDI"])
        if writes and vdi["read_only"]:
            yield XapiError("VDI_READONLY", vbd["VDI"])


def users(pool: Pool, ref: str, vdi: Record) -> Iterator[Record]:
    """Other drives that have the disk open, or are about to; those of suspended VMs have not, and control domains know how to share."""
    for other in vdi["VBDs"]:
        vbd = pool.db.record("VBD", other)
        if (
            other != ref
            and not pool.db.get(vbd["VM"], "is_control_domain")
            and pool.db.get(vbd["VM"], "power_state") != "Suspended"
            and (vbd["currently_attached"] or vbd["current_operations"])
        ):
            yield vbd
