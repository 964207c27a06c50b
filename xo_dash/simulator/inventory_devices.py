"""Devices in the hosts' slots and sockets: NICs, and in larger pools a GPU and a USB stick."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .classes import gpu, vm_hardware
from .database import Database

LARGE = 3  # hosts
NIC = {"class_id": "0200", "class_name": "Ethernet controller", "vendor_id": "8086", "vendor_name": "Intel Corporation",
       "device_id": "1563", "device_name": "Ethernet Controller 10G X550T", "subsystem_vendor_id": "15d9",
       "subsystem_vendor_name": "Super Micro Computer Inc", "driver_name": "ixgbe"}  # fmt: skip
CARD = {"class_id": "0302", "class_name": "3D controller", "vendor_id": "10de", "vendor_name": "NVIDIA Corporation", "device_id": "1eb8",
        "device_name": "TU104GL [Tesla T4]", "subsystem_vendor_id": "10de", "subsystem_vendor_name": "NVIDIA Corporation",
        "subsystem_device_id": "12a2", "pci_id": "0000:81:00.0"}  # fmt: skip
STICK = {"path": "1-2", "vendor_id": "0951", "vendor_desc": "Kingston Technology", "product_id": "1666",
         "product_desc": "DataTraveler 100 G3/G4/SE9 G2", "version": "2.10", "speed": 480.0}  # fmt: skip


def build(db: Database, hosts: Sequence[str], dice: random.Random) -> None:
    for host in hosts:
        for pif in db.get(host, "PIFs"):
            if db.get(pif, "physical"):
                address = db.get(db.get(pif, "metrics"), "pci_bus_path")
                db.set(pif, PCI=db.create("PCI", {**NIC, "host": host, "pci_id": address}), capabilities=["sriov"])
    if len(hosts) >= LARGE:
        card(db, hosts[1])
        stick(db, hosts[1], dice)


def card(db: Database, host: str) -> None:
    whole = vm_hardware.passthrough(db)
    group = db.create("GPU_group", {"name_label": f"Group of {CARD['vendor_name']} {CARD['device_name']} GPUs",
                                    "GPU_types": [f"{CARD['vendor_id']}/{CARD['device_id']}"]})  # fmt: skip
    db.create("PGPU", {"PCI": db.create("PCI", {**CARD, "host": host}), "GPU_group": group, "host": host, "supported_VGPU_types": [whole],
                       "enabled_VGPU_types": [whole], "supported_VGPU_max_capacities": {whole: 1}})  # fmt: skip
    gpu.settle(db, group)


def stick(db: Database, host: str, dice: random.Random) -> None:
    group = db.create("USB_group", {"name_label": f"Group of {STICK['vendor_id']} {STICK['product_id']} USBs"})
    serial = dice.randbytes(10).hex().upper()
    text = f"{STICK['vendor_desc']}_{STICK['product_desc']}_{serial}"
    db.create("PUSB", {**STICK, "USB_group": group, "host": host, "serial": serial, "description": text})
