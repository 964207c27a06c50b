"""The pools that left SRs behind: what is in the database that each kept there for the day it would be needed."""

from __future__ import annotations

from ..pool import Pool
from . import storage_world as world
from .vm_record import new_metrics

GIB = 1 << 30


def place_of(pool: Pool, vdi: str) -> str:
    """The place in the world whose database this disk is, or ""."""
    location = pool.db.get(vdi, "location")
    return next((place for place in world.LEFT if location == world.database_of(place)), "")


def lost(home: Pool, place: str) -> Pool:
    """One host, two VMs that belong together, each with a disk on the SR; the same each time it is read."""
    pool = Pool(home.dispatcher, seed=place, clock=home.clock)
    db = pool.db
    kind, name = world.LEFT[place]
    host = db.create("host", {"name_label": "lost-1", "hostname": "lost-1", "address": "10.10.0.9", "enabled": True})
    sr = db.create("SR", {"uuid": world.uuid_of(place), "name_label": name, "type": kind, "content_type": "user", "shared": True})
    db.create("pool", {"uuid": world.uuid_of(f"{place} pool"), "name_label": "lost", "master": host, "default_SR": sr})
    network = db.create("network", {"name_label": "Pool-wide network associated with eth0", "bridge": "xenbr0", "managed": True})
    appliance = db.create("VM_appliance", {"name_label": f"Service on {name}"})
    for number in (1, 2):
        location = world.uuid_of(f"{place} {number}")
        disk = db.create("VDI", {"uuid": location, "location": location, "SR": sr, "name_label": f"{name} {number}", "type": "user",
                                 "virtual_size": 20 * GIB, "physical_utilisation": 10 * GIB, "managed": True})  # fmt: skip
        vm = machine(pool, f"lost-{'db' if number == 1 else 'web'}", appliance, number - 1)
        db.create("VBD", {"VM": vm, "VDI": disk, "userdevice": "0", "bootable": True, "mode": "RW", "type": "Disk", "unpluggable": True})
        db.create("VIF", {"VM": vm, "network": network, "device": "0", "MAC": f"36:00:00:{number:02x}:{len(place):02x}:01", "MTU": 1500})
    return pool


def machine(pool: Pool, name: str, appliance: str, order: int) -> str:
    limits = dict.fromkeys(("memory_static_max", "memory_dynamic_max", "memory_dynamic_min", "memory_target"), 2 * GIB)
    return pool.db.create("VM", {
        "name_label": name, "power_state": "Halted", "domid": -1, "memory_static_min": GIB, **limits, "VCPUs_max": 2,
        "VCPUs_at_startup": 2, "actions_after_shutdown": "destroy", "actions_after_reboot": "restart", "actions_after_crash": "restart",
        "HVM_boot_policy": "BIOS order", "HVM_boot_params": {"order": "cd"}, "HVM_shadow_multiplier": 1.0, "domain_type": "hvm",
        "platform": {"acpi": "1", "apic": "true", "pae": "true"}, "other_config": {"mac_seed": pool.db.new_uuid()}, "version": 4,
        "appliance": appliance, "order": order, "metrics": new_metrics(pool), "name_description": "From a pool that is no more",
    })  # fmt: skip
