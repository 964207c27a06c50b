"""VMs: clones, full copies, snapshots and checkpoints: all the same copy of a record, with disks made in different ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import EPOCH, NULL
from . import durations, sexpr, vm_guest, vm_life, vm_power, vm_record, vm_suspend
from .vbd import make as make_vbd
from .vif import address
from .vm_states import words

# what a copy takes over as it is
KEPT = words(
    "name_description user_version affinity memory_overhead memory_target memory_static_max memory_dynamic_max memory_dynamic_min "
    "memory_static_min VCPUs_max VCPUs_at_startup VCPUs_params actions_after_softreboot actions_after_shutdown actions_after_reboot "
    "actions_after_crash HVM_boot_policy HVM_boot_params HVM_shadow_multiplier platform PV_kernel PV_ramdisk PV_args PV_bootloader "
    "PV_bootloader_args PV_legacy_args PCI_bus last_boot_CPU_flags is_control_domain last_booted_record recommendations xenstore_data "
    "ha_restart_priority tags bios_strings hardware_platform_version has_vendor_device reference_label domain_type NVRAM"
)


@dataclass(frozen=True, slots=True)
class CopyMode:
    """How a copy is made: `operation` of the VM, message for its disks; `sr` only for full copies (NULL: where each disk is)."""

    operation: str
    disks: str
    sr: str = NULL
    shot: bool = False  # a snapshot or checkpoint
    skip: tuple[str, ...] = ()  # disks to leave out


@message("VM.clone")
async def clone(call: Call, vm: str, new_name: str) -> str:
    async with call.operation(vm, "clone"):
        return await copied(call, vm, new_name, CopyMode("clone", "VDI.clone"))


@message("VM.copy")
async def copy(call: Call, vm: str, new_name: str, sr: str) -> str:
    async with call.operation(vm, "copy"):
        if call.db.exists(sr) and call.db.get(sr, "content_type") == "iso":
            raise XapiError("OPERATION_NOT_ALLOWED", "Cannot copy a VM's disks to an ISO SR")
        return await copied(call, vm, new_name, CopyMode("copy", "VDI.copy", sr if call.db.exists(sr) else NULL))


@message("VM.snapshot")
async def snapshot(call: Call, vm: str, new_name: str, ignore_vdis: list[str] | None = None) -> str:
    async with call.operation(vm, "snapshot"):
        made = await copied(call, vm, new_name, CopyMode("snapshot", "VDI.snapshot", shot=True, skip=tuple(ignore_vdis or ())))
    vm_power.tell(call, vm, "VM_SNAPSHOTTED", f"snapshotted, snapshot name: {new_name}")
    return made


@message("VM.checkpoint")
async def checkpoint(call: Call, vm: str, new_name: str) -> str:
    """A snapshot with the memory: a running VM is suspended for a moment."""
    async with call.operation(vm, "checkpoint"):
        running = call.db.get(vm, "power_state") == "Running"
        way = CopyMode("checkpoint", "VDI.snapshot", shot=True)
        if not running:
            made = await copied(call, vm, new_name, way)
        else:
            await vm_suspend.save_image(call, vm)
            call.db.set(vm, power_state="Suspended")
            try:
                made = await copied(call, vm, new_name, way)
            finally:
                call.db.set(vm, power_state="Running")
                vm_life.refresh_all(call.pool, vm)
            await vm_suspend.drop_image(call, vm)
    vm_power.tell(call, vm, "VM_CHECKPOINTED", f"checkpointed, snapshot name: {new_name}")
    return made


async def copied(call: Call, vm: str, name: str, way: CopyMode) -> str:
    """The new VM; nothing is left of it if a disk fails."""
    record = call.db.record("VM", vm)
    state = new_state(record, way)
    vbds = [vbd for vbd in record["VBDs"] if call.db.get(vbd, "VDI") not in way.skip]
    disks = await copied_disks(call, vbds, way)
    made = copied_record(call, vm, name, state, way)
    try:
        for vbd, vdi in disks.items():
            copied_drive(call, made, vbd, vdi)
        for vif in call.db.get(vm, "VIFs"):
            copied_nic(call, made, vif, keep_mac=way.shot)
        copied_devices(call, vm, made)
        image = call.db.get(vm, "suspend_VDI")
        if image != NULL and state == "Suspended":
            call.db.set(made, suspend_VDI=await call.run(way.disks, *arguments(call, image, way)))
    except XapiError:
        vm_record.remove(call.pool, made)
        await discard(call, disks)
        raise
    settle(call, made, state)
    return made


def new_state(record: Record, way: CopyMode) -> str:
    """A clone of a checkpoint is not left suspended."""
    state = record["power_state"]
    if way.shot:
        return "Suspended" if way.operation == "checkpoint" and state in ("Running", "Suspended") else "Halted"
    return "Suspended" if state == "Suspended" and not record["is_a_snapshot"] else "Halted"


def settle(call: Call, made: str, state: str) -> None:
    """The copy is whole: its state, and what may be done with it."""
    call.db.set(made, current_operations={}, power_state=state)
    detach_if_halted(call, made)
    vm_life.refresh_all(call.pool, made)


def detach_if_halted(call: Call, vm: str) -> None:
    if call.db.get(vm, "power_state") == "Halted":
        for device in (*call.db.get(vm, "VBDs"), *call.db.get(vm, "VIFs")):
            call.db.set(device, currently_attached=False)


def copied_devices(call: Call, vm: str, made: str) -> None:
    """GPUs that it wants, and its TPM with what is in it."""
    for cls, field in (("VGPU", "VGPUs"), ("VTPM", "VTPMs")):
        for ref in list(call.db.get(vm, field)):
            record = call.db.record(cls, ref)
            own = ("uuid", "VM", "resident_on", "scheduled_to_be_resident_on", "currently_attached", "PCI", "current_operations")
            fields = {k: v.copy() if isinstance(v, list | dict) else v for k, v in record.items() if k not in own}
            call.db.create(cls, {**fields, "VM": made})


async def copied_disks(call: Call, vbds: list[str], way: CopyMode) -> dict[str, str]:
    """{VBD: its disk in the copy}; CDs stay in both."""
    db = call.db
    sizes = {vbd: disk_size(call.pool, vbd) for vbd in vbds}
    total, done = sum(sizes.values()), 0
    disks: dict[str, str] = {}
    try:
        if not total:
            await call.work(durations.seconds(call.pool, "clone") / 2)
        for vbd in vbds:
            call.check_cancelled()
            record = db.record("VBD", vbd)
            if record["empty"] or record["type"] == "CD":
                disks[vbd] = record["VDI"]
                continue
            disks[vbd] = await call.run(way.disks, *arguments(call, record["VDI"], way))
            done += sizes[vbd]
            call.progress(done / total * 0.95 if total else 0.5)
        call.check_cancelled()
    except XapiError:
        await discard(call, disks)
        raise
    return disks


def disk_size(pool: Pool, vbd: str) -> int:
    record = pool.db.record("VBD", vbd)
    return int(pool.db.get(record["VDI"], "virtual_size")) if record["type"] != "CD" and pool.db.exists(record["VDI"]) else 0


def arguments(call: Call, vdi: str, way: CopyMode) -> tuple[Any, ...]:
    if way.disks == "VDI.copy":
        return vdi, call.db.get(vdi, "SR") if way.sr == NULL else way.sr
    return vdi, {}


async def discard(call: Call, disks: dict[str, str]) -> None:
    """Copies made so far, when the rest failed; a CD is nobody's copy."""
    for vbd, vdi in disks.items():
        if vdi != NULL and call.db.exists(vdi) and call.db.get(vbd, "type") != "CD":
            await call.run("VDI.destroy", vdi)


def copied_record(call: Call, vm: str, name: str, state: str, way: CopyMode) -> str:
    db, pool = call.db, call.pool
    record = db.record("VM", vm)
    fields: dict[str, Any] = {k: record[k].copy() if isinstance(record[k], list | dict) else record[k] for k in KEPT}
    fields |= {
        "name_label": name, "power_state": state, "is_a_template": way.shot or record["is_a_template"], "domid": -1,
        "other_config": other_config(pool, record, way), "metrics": vm_record.new_metrics(pool, record["metrics"]),
        "guest_metrics": copied_guest(pool, record), "current_operations": {call.task: way.operation},
        "snapshot_time": call.clock.iso() if way.shot else EPOCH, "generation_id": record["generation_id"] and generation_id(pool),
    }  # fmt: skip
    if way.shot:
        fields |= {
            "is_a_snapshot": True, "snapshot_of": vm, "parent": record["parent"], "snapshot_metadata": sexpr.dump(vm, record),
            "snapshot_info": snapshot_info(record, way),
        }  # fmt: skip
    made = db.create("VM", fields)
    vm_guest.inherit(pool, vm, made)
    if way.shot:
        db.set(vm, parent=made)
    return made


def snapshot_info(record: Record, way: CopyMode) -> dict[str, str]:
    """A checkpoint of a running VM sees it suspended, but it was running; one of a VM that did not run says nothing."""
    state = str(record["power_state"])
    if way.operation == "checkpoint":
        if state != "Suspended" or record["resident_on"] == NULL:
            return {}
        state = "Running"
    return {"disk-snapshot-type": "crash_consistent", "power-state-at-snapshot": state}


def generation_id(pool: Pool) -> str:
    """Two 63-bit numbers: a guest sees by a new one that it was copied."""
    dice = durations.dice(pool)
    return f"{dice.getrandbits(63)}:{dice.getrandbits(63)}"


def other_config(pool: Pool, record: Record, way: CopyMode) -> dict[str, str]:
    """A copy has MACs of its own, and remembers its template."""
    config = {k: v for k, v in record["other_config"].items() if k not in ("default_template", "xensource_internal")}
    if not way.shot:
        config["mac_seed"] = pool.db.new_uuid()
    if record["is_a_template"] and "base_template_name" not in config:
        config["base_template_name"] = record["name_label"]
    return config


def copied_guest(pool: Pool, record: Record) -> str:
    """What the agent said goes along, stale as it is."""
    if record["guest_metrics"] == NULL or not pool.db.exists(record["guest_metrics"]):
        return NULL
    held = pool.db.record("VM_guest_metrics", record["guest_metrics"])
    return pool.db.create("VM_guest_metrics", {k: v.copy() if isinstance(v, list | dict) else v for k, v in held.items() if k != "uuid"})


def copied_drive(call: Call, vm: str, vbd: str, vdi: str) -> str:
    record = call.db.record("VBD", vbd)
    names = ("userdevice", "device", "bootable", "mode", "type", "unpluggable", "currently_attached", "qos_algorithm_type")
    fields = {name: record[name] for name in names} | {name: record[name].copy() for name in ("other_config", "qos_algorithm_params")}
    if record["type"] == "Disk":
        fields["other_config"].setdefault("owner", "")
    return make_vbd(call, {**fields, "VM": vm, "VDI": vdi, "empty": record["empty"] or vdi == NULL})


def copied_nic(call: Call, vm: str, vif: str, *, keep_mac: bool) -> str:
    record = call.db.record("VIF", vif)
    skipped = {"uuid", "allowed_operations", "current_operations", "VM", "metrics", "reserved_pci"}
    fields = {k: v.copy() if isinstance(v, list | dict) else v for k, v in record.items() if k not in skipped}
    fields |= address(call.db.record("VM", vm), record["MAC"] if keep_mac else "", int(record["device"]))
    made = call.db.create("VIF", {**fields, "VM": vm})
    call.pool.refresh(made)
    return made
