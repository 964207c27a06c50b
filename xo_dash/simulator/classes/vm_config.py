"""VMs: what they are, apart from power. Limits, vCPUs, flags, positions for devices, questions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import generic
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import devices, vm_memory, vm_placement, vm_rules, vm_states, vm_suspend

VCPU_RULE = "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max"


def drive_names(pool: Pool, vm: Record) -> Iterator[str]:
    """`device` and `userdevice` of all drives."""
    for vbd in vm["VBDs"]:
        record = pool.db.record("VBD", vbd)
        yield record["device"]
        yield record["userdevice"]


@message("VM.get_allowed_VBD_devices")
def allowed_drives(call: Call, vm: str) -> list[str]:
    return devices.free_disks(drive_names(call.pool, call.db.record("VM", vm)))


@message("VM.get_allowed_VIF_devices")
def allowed_nics(call: Call, vm: str) -> list[str]:
    return devices.free_nics(call.db.get(vif, "device") for vif in call.db.get(vm, "VIFs"))


@message("VM.get_possible_hosts")
def possible_hosts(call: Call, vm: str) -> list[str]:
    return vm_placement.possible_hosts(call.pool, vm)


@message("VM.assert_can_boot_here")
def assert_can_boot_here(call: Call, vm: str, host: str) -> str:
    vm_placement.check_host(call.pool, vm, host)
    return ""


@message("VM.assert_operation_valid")
def assert_operation_valid(call: Call, vm: str, op: str) -> str:
    reason = vm_rules.refusal(call.pool, vm, call.db.record("VM", vm), op)
    if reason:
        raise reason
    return ""


@message("VM.update_allowed_operations")
def update_allowed_operations(call: Call, vm: str) -> str:
    call.pool.refresh(vm)
    return ""


@message("VM.compute_memory_overhead")
def compute_memory_overhead(call: Call, vm: str) -> int:
    return vm_memory.overhead(call.db.record("VM", vm))


@message("VM.maximise_memory")
def maximise_memory(call: Call, vm: str, total: int, approximate: bool) -> int:
    return vm_memory.shrunken(total, call.db.record("VM", vm), approximate)


@message("VM.get_cooperative")
def get_cooperative(call: Call, vm: str) -> bool:
    return True


async def set_limits(call: Call, vm: str, operation: str, **limits: int) -> None:
    """Some of the four limits, the others stay; the overhead follows."""
    async with call.operation(vm, operation, cancellable=False):
        record = call.db.record("VM", vm)
        held = {name: record[f"memory_{name}"] for name in ("static_min", "dynamic_min", "dynamic_max", "static_max")}
        if ballooning := operation == "changing_dynamic_range" and record["power_state"] == "Running":
            need_room(call, record, limits)
        vm_memory.check_limits(record, **{**held, **limits}, nested=vm_rules.platform_says(call.pool, record, "nested_virt", "nested-virt"))
        changes: dict[str, Any] = {f"memory_{name}": value for name, value in limits.items()}
        if "dynamic_min" in limits:
            changes["memory_target"] = limits["dynamic_min"]
        if ballooning:
            changes |= stretched(call, record, limits)
        elif record["power_state"] == "Running" and operation != "changing_dynamic_range":
            changes["requires_reboot"] = True  # a control domain
        call.db.set(vm, **changes, memory_overhead=vm_memory.overhead({**record, **changes}))


def need_room(call: Call, record: Record, limits: dict[str, int]) -> None:
    """HOST_NOT_ENOUGH_FREE_MEMORY (in KiB here) if the host of a running VM could not keep what it is to have at least."""
    more = limits["dynamic_min"] - record["memory_dynamic_min"]
    free = vm_memory.free_memory(call.db, record["resident_on"])
    if more > free:
        raise XapiError("HOST_NOT_ENOUGH_FREE_MEMORY", more // 1024, free // 1024)


def stretched(call: Call, record: Record, limits: dict[str, int]) -> dict[str, Any]:
    """A running VM balloons."""
    if call.db.exists(record["metrics"]):
        call.db.set(record["metrics"], memory_actual=limits["dynamic_max"], last_updated=call.clock.iso())
        vm_memory.tell_unused(call.db, record["resident_on"])
    return {"memory_target": limits["dynamic_max"]}


@message("VM.set_memory_limits")
async def set_memory_limits(call: Call, vm: str, static_min: int, static_max: int, dynamic_min: int, dynamic_max: int) -> str:
    limits = {"static_min": static_min, "static_max": static_max, "dynamic_min": dynamic_min, "dynamic_max": dynamic_max}
    await set_limits(call, vm, "changing_memory_limits", **limits)
    return ""


@message("VM.set_memory")
async def set_memory(call: Call, vm: str, value: int) -> str:
    await set_limits(call, vm, "changing_memory_limits", static_max=value, dynamic_min=value, dynamic_max=value)
    return ""


@message("VM.set_memory_static_range")
async def set_static_range(call: Call, vm: str, low: int, high: int) -> str:
    await set_limits(call, vm, "changing_static_range", static_min=low, static_max=high)
    return ""


@message("VM.set_memory_dynamic_range")
async def set_dynamic_range(call: Call, vm: str, low: int, high: int) -> str:
    await set_limits(call, vm, "changing_dynamic_range", dynamic_min=low, dynamic_max=high)
    return ""


@message("VM.set_memory_static_min", "VM.set_memory_static_max", "VM.set_memory_dynamic_min", "VM.set_memory_dynamic_max")
async def set_one_limit(call: Call, vm: str, value: int) -> str:
    name = call.method.removeprefix("VM.set_memory_")
    kind = name.split("_", maxsplit=1)[0]
    record = call.db.record("VM", vm)
    pair = {f"{kind}_min": record[f"memory_{kind}_min"], f"{kind}_max": record[f"memory_{kind}_max"]} | {name: value}
    await set_limits(call, vm, f"changing_{kind}_range", **pair)
    return ""


@message("VM.set_memory_target_live", "VM.wait_memory_target_live")
async def target_live(call: Call, vm: str, target: int = 0) -> str:
    async with call.operation(vm, "changing_memory_live" if call.method.endswith("set_memory_target_live") else "awaiting_memory_live"):
        return ""


@message("VM.set_VCPUs_max")
async def set_vcpus_max(call: Call, vm: str, value: int) -> str:
    async with call.operation(vm, "changing_VCPUs", cancellable=False):
        record = call.db.record("VM", vm)
        if value < 1 or value < record["VCPUs_at_startup"]:
            raise XapiError("INVALID_VALUE", VCPU_RULE, value)
        if record["domid"] == 0:
            raise XapiError("INTERNAL_ERROR", 'Failure("set_VCPUs_max is not allowed on dom0")')
        reboot = {"requires_reboot": True} if record["power_state"] == "Running" else {}  # a control domain
        call.db.set(vm, VCPUs_max=value, memory_overhead=vm_memory.overhead({**record, "VCPUs_max": value}), **reboot)
    return ""


@message("VM.set_VCPUs_at_startup")
def set_vcpus_at_startup(call: Call, vm: str, value: int) -> str:
    record = call.db.record("VM", vm)
    if record["domid"] == 0:
        raise XapiError("OPERATION_NOT_ALLOWED", "set_VCPUs_at_startup is not allowed on dom0")
    if value < 1 or value > record["VCPUs_max"]:
        raise XapiError("INVALID_VALUE", VCPU_RULE, value)
    call.db.set(vm, VCPUs_at_startup=value)
    return ""


@message("VM.set_VCPUs_number_live")
async def set_vcpus_live(call: Call, vm: str, nvcpu: int) -> str:
    async with call.operation(vm, "changing_VCPUs_live"):
        record = call.db.record("VM", vm)
        if nvcpu < 1 or nvcpu > record["VCPUs_max"]:
            raise XapiError("INVALID_VALUE", "VCPU values must satisfy: 0 < VCPUs ≤ VCPUs_max", record["VCPUs_max"])
        call.db.set(vm, VCPUs_at_startup=nvcpu)
        if call.db.exists(record["metrics"]):
            call.db.set(record["metrics"], VCPUs_number=nvcpu, last_updated=call.clock.iso())
    return ""


@message("VM.add_to_VCPUs_params_live", "VM.send_sysrq", "VM.send_trigger")
async def never_written(call: Call, vm: str, *arguments: str) -> str:
    """xapi itself has no more than the checks."""
    name = call.method.removeprefix("VM.")
    async with call.operation(vm, "changing_VCPUs_live" if name.startswith("add_to") else name):
        raise XapiError("NOT_IMPLEMENTED", name)


@message("VM.set_HVM_shadow_multiplier")
async def set_shadow_multiplier(call: Call, vm: str, value: float) -> str:
    async with call.operation(vm, "changing_shadow_memory", cancellable=False):
        if value < 1:
            raise XapiError("INVALID_VALUE", "multiplier", vm_placement.shown(value))
        record = call.db.record("VM", vm)
        call.db.set(vm, HVM_shadow_multiplier=value, memory_overhead=vm_memory.overhead({**record, "HVM_shadow_multiplier": value}))
    return ""


@message("VM.set_NVRAM")
async def set_nvram(call: Call, vm: str, value: dict[str, str]) -> str:
    async with call.operation(vm, "changing_NVRAM", cancellable=False):
        call.db.set(vm, NVRAM=value)
    return ""


@message("VM.add_to_NVRAM")
async def add_to_nvram(call: Call, vm: str, key: str, value: str) -> str:
    async with call.operation(vm, "changing_NVRAM", cancellable=False):
        generic.add_to_map(call, "VM", vm, "NVRAM", key, value)
    return ""


@message("VM.remove_from_NVRAM")
async def remove_from_nvram(call: Call, vm: str, key: str) -> str:
    async with call.operation(vm, "changing_NVRAM", cancellable=False):
        generic.remove_from_map(call, "VM", vm, "NVRAM", key)
    return ""


def need_state(call: Call, vm: str, *allowed: str) -> None:
    """The short check of setters that are no operations."""
    state = call.db.get(vm, "power_state")
    if state not in allowed:
        raise XapiError("VM_BAD_POWER_STATE", vm, ";".join(allowed).lower(), state.lower())


@message("VM.set_suspend_VDI")
def set_suspend_image(call: Call, vm: str, value: str) -> str:
    need_state(call, vm, vm_states.SUSPENDED)
    kind = call.db.record("VDI", value)["type"]
    if kind == "cbt_metadata":
        raise XapiError("VDI_INCOMPATIBLE_TYPE", vm, kind)
    held = call.db.get(vm, "suspend_VDI")
    if value != held and call.db.exists(held):
        was, given = vm_suspend.checksum(call.pool, held), vm_suspend.checksum(call.pool, value)
        if was != given:
            uuids = call.db.get(held, "uuid"), call.db.get(value, "uuid")
            raise XapiError("SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL", f"{uuids[0]} : {was}", f"{uuids[1]} : {given}")
    call.db.set(vm, suspend_VDI=value)
    return ""


@message("VM.set_has_vendor_device")
def set_has_vendor_device(call: Call, vm: str, value: bool) -> str:
    need_state(call, vm, vm_states.HALTED)
    version = call.db.get(vm, "hardware_platform_version")
    call.db.set(vm, has_vendor_device=value, hardware_platform_version=max(version, 2) if value else version)
    return ""


@message("VM.set_appliance")
def set_appliance(call: Call, vm: str, value: str) -> str:
    record = call.db.record("VM", vm)
    if record["is_control_domain"] or record["is_a_template"] or record["is_a_snapshot"]:
        raise XapiError("OPERATION_NOT_ALLOWED", "Control domains, templates and snapshots cannot be assigned to appliances.")
    old = record["appliance"]
    call.db.set(vm, appliance=value)
    call.pool.refresh(vm, *(a for a in (old, value) if a != NULL and call.db.exists(a)))
    return ""
