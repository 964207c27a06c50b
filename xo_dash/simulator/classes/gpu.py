"""GPUs: cards, the groups they are in, and what VMs have of them. The simulator's cards are given to one VM as a whole."""

from __future__ import annotations

from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import device_end, subject, vm_hardware

LAST_DEVICE = 20


@message("PGPU.get_remaining_capacity")
def capacity_of_card(call: Call, gpu: str, kind: str) -> int:
    return vm_hardware.capacity(call.db, gpu, kind)


@message("GPU_group.get_remaining_capacity")
def capacity_of_group(call: Call, group: str, kind: str) -> int:
    return sum(vm_hardware.capacity(call.db, gpu, kind) for gpu in call.db.get(group, "PGPUs"))


def check_supported(db: Database, gpu: str, kind: str) -> None:
    if kind not in db.get(gpu, "supported_VGPU_types"):
        raise XapiError("VGPU_TYPE_NOT_SUPPORTED", kind, *db.get(gpu, "supported_VGPU_types"))


def check_unused(db: Database, gpu: str, kind: str) -> None:
    vms = [db.get(vgpu, "VM") for vgpu in db.get(gpu, "resident_VGPUs") if db.get(vgpu, "type") == kind]
    if vms:
        raise XapiError("PGPU_IN_USE_BY_VM", *vms)


@message("PGPU.set_enabled_VGPU_types")
def set_enabled_types(call: Call, gpu: str, value: list[str]) -> str:
    db = call.db
    before = db.get(gpu, "enabled_VGPU_types")
    for kind in value:
        if kind not in before:
            check_supported(db, gpu, kind)
    for kind in before:
        if kind not in value:
            check_unused(db, gpu, kind)
    db.set(gpu, enabled_VGPU_types=list(dict.fromkeys(value)))
    settle(db, db.get(gpu, "GPU_group"))
    return ""


@message("PGPU.add_enabled_VGPU_types")
def add_enabled_type(call: Call, gpu: str, kind: str) -> str:
    return set_enabled_types(call, gpu, [*call.db.get(gpu, "enabled_VGPU_types"), kind])


@message("PGPU.remove_enabled_VGPU_types")
def remove_enabled_type(call: Call, gpu: str, kind: str) -> str:
    return set_enabled_types(call, gpu, [held for held in call.db.get(gpu, "enabled_VGPU_types") if held != kind])


@message("PGPU.set_GPU_group")
def set_group(call: Call, gpu: str, group: str) -> str:
    """A group has cards of one model."""
    db = call.db
    vms = [db.get(vgpu, "VM") for vgpu in db.get(gpu, "resident_VGPUs")]
    if vms:
        raise XapiError("PGPU_IN_USE_BY_VM", *vms)
    pci = db.record("PCI", db.get(gpu, "PCI"))
    model, models = f"{pci['vendor_id']}/{pci['device_id']}", db.get(group, "GPU_types")
    if models and model not in models:
        raise XapiError("PGPU_NOT_COMPATIBLE_WITH_GPU_GROUP", model, "[" + ", ".join(models) + "]")
    before = db.get(gpu, "GPU_group")
    db.set(gpu, GPU_group=group)
    db.set(group, GPU_types=models or [model])
    settle(db, before)
    settle(db, group)
    return ""


def settle(db: Database, group: str) -> None:
    """A group has the types of its cards."""
    if not db.exists(group):
        return
    for name in ("supported_VGPU_types", "enabled_VGPU_types"):
        kinds = [kind for gpu in db.get(group, "PGPUs") for kind in db.get(gpu, name)]
        db.set(group, **{name: sorted(set(kinds))})


@message("GPU_group.create")
def create_group(call: Call, name: str = "", about: str = "", other_config: dict[str, str] | None = None) -> str:
    return call.db.create("GPU_group", {"name_label": name, "name_description": about, "other_config": other_config or {},
                                        "allocation_algorithm": "depth_first"})  # fmt: skip


@message("VGPU.create")
def create(call: Call, vm: str, group: str, device: str = "0", other_config: dict[str, str] | None = None, kind: str = NULL) -> str:
    """Without a type, the whole card."""
    db = call.db
    if subject.restricted(call, "gpu"):
        raise XapiError("FEATURE_RESTRICTED")
    record = db.record("VM", vm)
    if record["power_state"] != "Halted" and not record["is_a_snapshot"]:
        raise XapiError("VM_BAD_POWER_STATE", vm, "halted", record["power_state"].lower())
    if kind == NULL:
        kind = vm_hardware.passthrough(db)
    if any(kind not in db.get(db.get(held, "type"), "compatible_types_in_vm") for held in record["VGPUs"]):
        raise XapiError("VGPU_TYPE_NOT_COMPATIBLE", kind)
    made = db.create("VGPU", {"VM": vm, "GPU_group": group, "device": free_device(db, vm, device), "other_config": other_config or {},
                              "type": kind})  # fmt: skip
    call.pool.refresh(vm)
    return made


def free_device(db: Database, vm: str, wanted: str) -> str:
    taken = {int(db.get(vgpu, "device")) for vgpu in db.get(vm, "VGPUs")}
    if not wanted.isdecimal():
        raise XapiError("INVALID_DEVICE", wanted)
    number = int(wanted)
    if number == 0:
        free = [n for n in range(LAST_DEVICE + 1) if n not in taken]
        if not free:
            raise XapiError("VM_PCI_BUS_FULL", vm)
        return str(free[0])
    if number in taken:
        raise XapiError("DEVICE_ALREADY_EXISTS", wanted)
    if number > LAST_DEVICE:
        raise XapiError("INVALID_DEVICE", wanted)
    return wanted


@message("VGPU.destroy")
def destroy(call: Call, vgpu: str) -> str:
    vm = call.db.get(vgpu, "VM")
    if call.db.exists(vm) and call.db.get(vm, "power_state") in ("Running", "Paused"):
        raise XapiError("OPERATION_NOT_ALLOWED", "vGPU currently attached to a running VM")
    device_end.remove(call, vgpu)
    return ""
