"""VMs: created, made into templates and out of them, destroyed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from .. import generic
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import durations, vm_memory

INSTALLING = ("disks", "postinstall")


@message("VM.create")
def create(call: Call, args: Record) -> str:
    fields = generic.constructor(call.db.model, "VM", args)
    fields["other_config"] = {"mac_seed": call.db.new_uuid(), **fields["other_config"]}
    fields["blocked_operations"] = {}  # as xapi does: they are set later
    suspended = fields.get("power_state") == "Suspended"
    fields["power_state"] = "Suspended" if suspended else "Halted"
    if not suspended:
        fields |= {"suspend_VDI": NULL, "last_booted_record": "", "last_boot_CPU_flags": {}}
    elif not (fields.get("last_booted_record") and fields.get("last_boot_CPU_flags") and fields.get("suspend_VDI", NULL) != NULL):
        raise XapiError("VM_BAD_POWER_STATE", f"OpaqueRef:{call.db.new_uuid()}", "halted", "suspended")
    kind = fields.get("domain_type", "unspecified") if suspended else "unspecified"
    if fields.get("domain_type", "unspecified") == "unspecified":
        fields["domain_type"] = "hvm" if fields["HVM_boot_policy"] else "pv"
    if fields.get("has_vendor_device"):
        fields["hardware_platform_version"] = max(2, fields.get("hardware_platform_version", 0))
    fields |= {"snapshot_schedule": NULL, "protection_policy": NULL, "is_snapshot_from_vmpp": False, "is_vmss_snapshot": False}
    fields["metrics"] = new_metrics(call.pool)
    call.db.set(fields["metrics"], current_domain_type=kind)
    vm = call.db.create("VM", {**fields, "domid": -1})
    call.db.set(vm, memory_overhead=vm_memory.overhead(call.db.record("VM", vm)))
    call.pool.refresh(vm)
    return vm


def new_metrics(pool: Pool, source: str = NULL) -> str:
    """VM_metrics, as fresh or as those of another VM."""
    if source == NULL or not pool.db.exists(source):
        return pool.db.create("VM_metrics", {"VCPUs_utilisation": {"0": 0.0}, "current_domain_type": "unspecified"})
    record = pool.db.record("VM_metrics", source)
    return pool.db.create("VM_metrics", {k: v.copy() if isinstance(v, list | dict) else v for k, v in record.items() if k != "uuid"})


@message("VM.destroy")
async def destroy(call: Call, vm: str) -> str:
    """The record and what is only its own; disks and snapshots stay."""
    async with call.operation(vm, "destroy", cancellable=False):
        record = call.db.record("VM", vm)
        if record["other_config"].get("default_template") == "true":
            raise XapiError("VM_CANNOT_DELETE_DEFAULT_TEMPLATE")
        remove(call.pool, vm)
    return ""


def remove(pool: Pool, vm: str) -> None:
    db = pool.db
    record = db.record("VM", vm)
    for child in list(record["children"]):
        db.set(child, parent=record["parent"])
    disks = [db.get(vbd, "VDI") for vbd in record["VBDs"]]
    for vbd in list(record["VBDs"]):
        drop(pool, db.get(vbd, "metrics"), vbd)
    for vif in list(record["VIFs"]):
        drop(pool, db.get(vif, "metrics"), vif)
    for field in ("VTPMs", "VGPUs", "VUSBs", "consoles"):
        drop(pool, *list(record[field]))
    appliance = record["appliance"]
    for pci in record["attached_PCIs"]:
        if db.exists(pci):
            db.set(pci, attached_VMs=[other for other in db.get(pci, "attached_VMs") if other != vm])
    drop(pool, record["metrics"], record["guest_metrics"], *record["blobs"].values(), vm)
    pool.refresh(*(ref for ref in (*disks, appliance) if ref != NULL and db.exists(ref)))


def drop(pool: Pool, *refs: str) -> None:
    for ref in refs:
        if ref != NULL and pool.db.exists(ref):
            pool.db.destroy(ref)


@message("VM.set_is_a_template")
async def set_is_a_template(call: Call, vm: str, value: bool) -> str:
    if not value:
        make_vm(call.pool, vm)
        return ""
    async with call.operation(vm, "make_into_template", cancellable=False):
        record = call.db.record("VM", vm)
        if record["ha_always_run"] and call.db.get(call.pool.ref, "ha_enabled"):
            raise XapiError("VM_IS_PROTECTED", vm)
        metrics = record["metrics"]
        call.db.set(vm, ha_always_run=False, groups=[], metrics=NULL)
        drop(call.pool, *list(record["VUSBs"]))
        call.db.record("VM_metrics", metrics)  # a template that became a VM has none, until it starts: xapi stops here
        drop(call.pool, metrics)
        call.db.set(vm, is_a_template=True)
    return ""


@message("VM.set_is_default_template")
async def set_is_default_template(call: Call, vm: str, value: bool) -> str:
    """A VM becomes a template by it; other_config says the same for older clients."""
    if value and not call.db.get(vm, "is_a_template"):
        await set_is_a_template(call, vm, value=True)
    config = {**call.db.get(vm, "other_config"), "default_template": str(value).lower()}
    call.db.set(vm, other_config=config, is_default_template=value)
    call.pool.refresh(vm)
    return ""


def make_vm(pool: Pool, vm: str) -> None:
    """No template any more: this is when it counts as installed."""
    metrics = pool.db.get(vm, "metrics")
    if pool.db.exists(metrics):
        pool.db.set(metrics, install_time=pool.clock.iso())
    pool.db.set(vm, is_a_template=False)
    pool.refresh(vm)


@dataclass(frozen=True, slots=True)
class TemplateDisk:
    """A disk that a template asks for."""

    device: str
    size: int
    sr: str  # uuid
    bootable: bool
    kind: str


def wanted_disks(xml: str) -> list[TemplateDisk]:
    """What other_config["disks"] says. INTERNAL_ERROR if it is no such XML."""
    try:
        root = ET.fromstring(xml)  # noqa: S314  a simulator on loopback reads what its own client wrote
        return [
            TemplateDisk(d.attrib["device"], int(d.attrib["size"]), d.attrib["sr"], d.attrib["bootable"] == "true", d.get("type", "system"))
            for d in root.iter("disk")
        ]
    except (ET.ParseError, ValueError, KeyError) as error:
        raise XapiError("INTERNAL_ERROR", f'Failure("disks: {error}")') from None


@message("VM.provision")
async def provision(call: Call, vm: str) -> str:
    """A template becomes a VM; the disks it asks for are made."""
    async with call.operation(vm, "provision"):
        config = call.db.get(vm, "other_config")
        wanted = wanted_disks(config["disks"]) if config.get("disks") else []
        async with call.operation(call.host.ref, "provision", cancellable=False):
            make_vm(call.pool, vm)
            call.progress(0.1)
            await make_disks(call, vm, wanted)
            await call.work(durations.seconds(call.pool, "provision"), start=0.1)
        left = {k: v for k, v in call.db.get(vm, "other_config").items() if k not in INSTALLING}
        call.db.set(vm, other_config=left)
    return ""


async def make_disks(call: Call, vm: str, wanted: list[TemplateDisk]) -> None:
    """All of them, or none."""
    made: list[str] = []
    try:
        for disk in wanted:
            made.append(await make_disk(call, vm, disk))
    except XapiError:
        for vdi in made:
            await call.run("VDI.destroy", vdi)
        raise


async def make_disk(call: Call, vm: str, disk: TemplateDisk) -> str:
    sr = call.db.tables["SR"].by_uuid.get(disk.sr)
    if sr is None:
        raise XapiError("UUID_INVALID", "sr", disk.sr)
    vdi: str = await call.run("VDI.create", {
        "name_label": disk.device, "name_description": "Created by template provisioner", "SR": sr, "virtual_size": disk.size,
        "type": disk.kind, "sharable": False, "read_only": False, "other_config": {}, "xenstore_data": {}, "sm_config": {}, "tags": [],
    })  # fmt: skip
    await call.run("VBD.create", {
        "VM": vm, "VDI": vdi, "userdevice": disk.device, "bootable": disk.bootable, "mode": "RW", "type": "Disk", "empty": False,
        "unpluggable": disk.kind != "system", "other_config": {"owner": ""}, "qos_algorithm_type": "", "qos_algorithm_params": {},
    })  # fmt: skip
    return vdi
