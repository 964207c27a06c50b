"""VMs as people have them: drives, NICs, a guest, a load, a host to run on. Every one of them fits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import inventory_storage, inventory_templates, loads
from .classes import vm_guest, vm_life, vm_memory
from .classes.devices import generated_mac
from .clock import iso
from .inventory_names import GIB, MIB, Sketch
from .inventory_networks import Networks
from .inventory_storage import Storage
from .inventory_systems import SYSTEMS, System
from .pool import Pool
from .types import NULL

DAY = 86400.0
LEAST = 64 * MIB


@dataclass(slots=True)
class Builder:
    """Makes VMs out of sketches, the same ones for the same dice."""

    pool: Pool
    networks: Networks
    storage: Storage
    dice: random.Random
    free: dict[str, int] = field(default_factory=dict)  # bytes that each host has left ...
    whole: dict[str, int] = field(default_factory=dict)  # ... of so many

    def __post_init__(self) -> None:
        self.free = {host: vm_memory.free_memory(self.pool.db, host) for host in self.storage.local}
        self.whole = dict(self.free)

    def make(self, sketch: Sketch) -> str:
        vm = self.record(sketch)
        record = self.pool.db.record("VM", vm)
        needed = vm_memory.start_memory(record)
        host = self.place(sketch, needed)
        runs = sketch.state != "Halted" and self.free[host] >= needed
        self.drives(vm, sketch, host)
        self.nics(vm, sketch)
        vm_guest.guests(self.pool)[record["uuid"]] = SYSTEMS[sketch.system].guest
        loads.profiles(self.pool)[record["uuid"]] = sketch.load
        if runs:
            self.run(vm, sketch, host, needed)
        else:
            vm_life.refresh_all(self.pool, vm)
        return vm

    def place(self, sketch: Sketch, needed: int) -> str:
        """The host with the most room, now and then any with enough; who is on a network without NICs has to be on the first."""
        hosts = list(self.free)
        if "i" in sketch.nics:
            return hosts[0]
        fit = [host for host in hosts if self.free[host] >= needed] or hosts
        return self.dice.choice(fit) if self.dice.random() < 0.25 else max(fit, key=lambda host: self.free[host] / self.whole[host])

    def record(self, sketch: Sketch) -> str:
        db, system = self.pool.db, SYSTEMS[sketch.system]
        installed = self.pool.clock.now() - self.dice.uniform(20, 900) * DAY
        metrics = db.create("VM_metrics", {"VCPUs_utilisation": {"0": 0.0}, "install_time": iso(installed), "last_updated": iso(installed),
                                           "current_domain_type": "unspecified"})  # fmt: skip
        memory = sketch.memory
        fields: dict[str, Any] = {
            "name_label": sketch.name, "name_description": sketch.description, "power_state": "Halted", "user_version": 1, "domid": -1,
            "tags": list(sketch.tags), "memory_static_min": max(LEAST, memory // 4), "memory_dynamic_min": memory,
            "memory_dynamic_max": memory,
            "memory_static_max": memory, "VCPUs_max": sketch.vcpus, "VCPUs_at_startup": sketch.vcpus, "actions_after_shutdown": "destroy",
            "actions_after_reboot": "restart", "actions_after_crash": "restart", "HVM_shadow_multiplier": 1.0, "metrics": metrics,
            "hardware_platform_version": 2 if system.family == "windows" else 0,
            "recommendations": inventory_templates.restrictions(LEAST, ""),
            "other_config": {"base_template_name": system.template, "mac_seed": db.new_uuid(), "install-methods": "cdrom"},
            "generation_id": f"{self.dice.getrandbits(63)}:{self.dice.getrandbits(63)}" if system.family == "windows" else "",
            "xenstore_data": {"vm-data": ""}, **boot(system, sketch),
        }  # fmt: skip
        if "prod" in sketch.tags and self.dice.random() < 0.5:
            fields["other_config"]["auto_poweron"] = "true"
        vm = db.create("VM", fields)
        db.set(vm, memory_overhead=vm_memory.overhead(db.record("VM", vm)))
        return vm

    def drives(self, vm: str, sketch: Sketch, host: str) -> None:
        """Disks on shared storage, of some that run on the host's own; a CD drive, mostly empty."""
        db, shared = self.pool.db, self.storage.shared
        local = not shared or (self.dice.random() < 0.2 and sketch.state != "Halted")
        for number, size in enumerate(sketch.disks):
            sr = self.storage.local[host] if local else shared[0] if self.dice.random() < 0.6 else self.dice.choice(shared)
            role = "root" if number == 0 else "data" if len(sketch.disks) == 2 else f"data-{number}"
            thick = db.get(sr, "type") == "lvmoiscsi"
            used = size * GIB if thick else int(size * GIB * self.dice.uniform(0.15, 0.75))
            vdi = inventory_storage.disk(db, sr, f"{sketch.name} {role}", size * GIB, used=used, type="system" if number == 0 else "user",
                                         description="" if number == 0 else f"Of {sketch.name}", sm_config={"vdi_type": "vhd"})  # fmt: skip
            drive(self.pool, vm, vdi, str(number), bootable=number == 0, other_config={"owner": ""})
        if not SYSTEMS[sketch.system].pv:
            isos = [*self.storage.isos[:3], self.storage.tools_iso]
            drive(self.pool, vm, self.dice.choice(isos) if self.dice.random() < 0.08 else NULL, "3" if len(sketch.disks) < 4 else "9",
                  type="CD", mode="RO")  # fmt: skip

    def nics(self, vm: str, sketch: Sketch) -> None:
        seed = self.pool.db.get(vm, "other_config")["mac_seed"]
        for device, letter in enumerate(sketch.nics):
            network = self.networks.by_letter[letter]
            self.pool.db.create("VIF", {
                "VM": vm, "network": network, "device": str(device), "MAC": generated_mac(seed, device), "MAC_autogenerated": True,
                "MTU": self.pool.db.get(network, "MTU"), "locking_mode": "network_default", "ipv4_configuration_mode": "None",
                "ipv6_configuration_mode": "None",
            })  # fmt: skip

    def run(self, vm: str, sketch: Sketch, host: str, needed: int) -> None:
        """It has been up for some days; one that is suspended was."""
        db, pool = self.pool.db, self.pool
        vm_life.prepare(pool, vm, booting=True)
        vm_life.check_platform(pool, vm, force=True)
        vm_life.built(pool, vm, host, paused=sketch.state == "Paused")
        started = max(pool.clock.now() - self.dice.expovariate(1 / (12 * DAY)) - 600, boot_time(pool, host))
        db.set(db.get(vm, "metrics"), start_time=iso(started))
        if sketch.state == "Suspended":
            sr = self.storage.shared[0] if self.storage.shared else self.storage.local[host]
            image = inventory_storage.disk(db, sr, "Suspend image", sketch.memory + 100 * MIB, description="Suspend image", type="suspend")
            db.set(vm, suspend_VDI=image)
            vm_life.gone(pool, vm, "Suspended")
        else:
            if sketch.state == "Paused":
                vm_guest.report(pool, vm)
            self.free[host] -= needed


def boot_time(pool: Pool, host: str) -> float:
    return float(pool.db.get(host, "other_config")["boot_time"]) + 120


def boot(system: System, sketch: Sketch) -> dict[str, Any]:
    """How the VM boots, by its system."""
    if system.pv:
        return {"domain_type": "pv", "PV_bootloader": "pygrub", "PV_args": "console=hvc0", "platform": {"acpi": "1", "nx": "true"}}
    fields: dict[str, Any] = {
        "domain_type": "hvm",
        "HVM_boot_policy": "BIOS order",
        "HVM_boot_params": {"order": "cdn", "firmware": "uefi" if system.uefi else "bios"},
        "platform": inventory_templates.platform(windows=system.family == "windows", uefi=system.uefi),
    }
    if "cores-per-socket" in fields["platform"]:
        fields["platform"]["cores-per-socket"] = str(sketch.vcpus)
    return fields


def drive(pool: Pool, vm: str, vdi: str, position: str, **more: Any) -> str:
    fields = {"VM": vm, "VDI": vdi, "userdevice": position, "mode": "RW", "type": "Disk", "unpluggable": True, "empty": vdi == NULL, **more}
    return pool.db.create("VBD", fields)


def memory_needed(sketches: Sequence[Sketch]) -> int:
    """Bytes that hosts need for all of these that run or may come back."""
    return sum(s.memory + s.memory // 60 + 8 * MIB for s in sketches if s.state != "Halted")
