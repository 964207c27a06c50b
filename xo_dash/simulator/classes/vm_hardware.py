"""Devices of a host that a VM has for itself while it runs: GPUs and USB devices."""

from __future__ import annotations

from ..database import Database, Record
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import network_sriov_state, pif_rules


def passthrough(db: Database) -> str:
    """The type that is a whole card."""
    known = db.find("VGPU_type", implementation="passthrough")
    return known[0] if known else db.create("VGPU_type", {"model_name": "passthrough", "implementation": "passthrough",
                                                          "identifier": "passthrough"})  # fmt: skip


def capacity(db: Database, gpu: str, kind: str) -> int:
    """How many more VMs can have this type of the card; 0 too where it cannot at all."""
    record = db.record("PGPU", gpu)
    if kind not in record["supported_VGPU_types"] or kind not in record["enabled_VGPU_types"]:
        return 0
    most = record["supported_VGPU_max_capacities"].get(kind, 1)
    if any(db.get(vgpu, "type") != kind for vgpu in record["resident_VGPUs"]):
        return 0
    return max(0, int(most) - len(record["resident_VGPUs"]))


def card_for(db: Database, vgpu: str, host: str) -> str:
    """A card of the group on `host` that has room; "" if there is none. One that the VM has already counts."""
    record = db.record("VGPU", vgpu)
    held = record["resident_on"]
    if held != NULL and db.exists(held) and db.get(held, "host") == host:
        return str(held)
    cards = db.get(record["GPU_group"], "PGPUs") if db.exists(record["GPU_group"]) else []
    return next((gpu for gpu in cards if db.get(gpu, "host") == host and capacity(db, gpu, record["type"])), "")


def check(db: Database, ref: str, vm: Record, host: str) -> None:
    """Why the VM cannot run there: NETWORK_SRIOV_INSUFFICIENT_CAPACITY, VM_REQUIRES_GPU, VM_REQUIRES_VGPU, a USB device elsewhere."""
    check_functions(db, vm, host)
    for vgpu in vm["VGPUs"]:
        if not card_for(db, vgpu, host):
            record = db.record("VGPU", vgpu)
            if db.exists(record["type"]) and db.get(record["type"], "implementation") != "passthrough":
                raise XapiError("VM_REQUIRES_VGPU", ref, record["GPU_group"], record["type"])
            raise XapiError("VM_REQUIRES_GPU", ref, record["GPU_group"])
    for vusb in vm["VUSBs"]:
        group = db.get(vusb, "USB_group")
        if not any(db.get(pusb, "host") == host for pusb in db.get(group, "PUSBs")):
            raise XapiError("OPERATION_NOT_ALLOWED", f"VUSB {vusb} is not available on Host {host}")


def check_functions(db: Database, vm: Record, host: str) -> None:
    """A virtual function for each NIC that wants one; those it has already count."""
    at_home = vm["resident_on"] == host
    networks = [db.get(vif, "network") for vif in vm["VIFs"] if not (at_home and db.get(vif, "currently_attached"))]
    for network in dict.fromkeys(networks):
        if not db.exists(network) or not pif_rules.on_sriov(db, network):
            continue
        for pif in db.get(network, "PIFs"):
            lower = next((ref for ref in (pif, pif_rules.below(db, db.record("PIF", pif))) if db.get(ref, "sriov_logical_PIF_of")), "")
            if db.get(pif, "host") == host and lower:
                free = network_sriov_state.idle(db, db.get(lower, "sriov_logical_PIF_of")[0])
                if networks.count(network) > free:
                    raise XapiError("NETWORK_SRIOV_INSUFFICIENT_CAPACITY", network)


def attach(pool: Pool, vm: str, host: str) -> None:
    db = pool.db
    record = db.record("VM", vm)
    cards = []
    for vgpu in record["VGPUs"]:
        card = card_for(db, vgpu, host)
        if not card:
            continue
        db.set(vgpu, currently_attached=True, resident_on=card, PCI=db.get(card, "PCI"))
        cards.append(db.get(card, "PCI"))
    if cards:
        db.set(vm, attached_PCIs=cards)
    for vusb in record["VUSBs"]:
        db.set(vusb, currently_attached=True)


def release(pool: Pool, vm: str) -> None:
    record = pool.db.record("VM", vm)
    for vgpu in record["VGPUs"]:
        pool.db.set(vgpu, currently_attached=False, resident_on=NULL, PCI=NULL)
    for vusb in record["VUSBs"]:
        pool.db.set(vusb, currently_attached=False)
    pool.db.set(vm, attached_PCIs=[])
