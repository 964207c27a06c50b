"""VMs and disks for the tests of their lives."""

from __future__ import annotations

from typing import Any

from tests.simulator.client import Client

GIB = 1 << 30
NULL = "OpaqueRef:NULL"
RECORD: dict[str, Any] = {
    "name_description": "", "user_version": 1, "is_a_template": False, "affinity": NULL, "memory_static_max": GIB,
    "memory_dynamic_max": GIB,
    "memory_dynamic_min": GIB, "memory_static_min": GIB // 2, "VCPUs_params": {}, "VCPUs_max": 2, "VCPUs_at_startup": 2,
    "actions_after_shutdown": "destroy", "actions_after_reboot": "restart", "actions_after_crash": "restart", "PV_bootloader": "",
    "PV_kernel": "", "PV_ramdisk": "", "PV_args": "", "PV_bootloader_args": "", "PV_legacy_args": "", "HVM_boot_policy": "BIOS order",
    "HVM_boot_params": {"order": "cd"}, "platform": {}, "PCI_bus": "", "other_config": {}, "recommendations": "",
}  # fmt: skip


class Maker:
    """Makes things in a pool by its API."""

    def __init__(self, client: Client) -> None:
        self.x = client
        self.pool = client.call("pool.get_all")[0]
        self.master = client.call("pool.get_master", self.pool)
        self.sr = client.call("pool.get_default_SR", self.pool)

    def disk(self, size: int = GIB, **fields: Any) -> str:
        record = {"name_label": "disk", "SR": self.sr, "virtual_size": size, "type": "user", "sharable": False, "read_only": False,
                  "other_config": {}, **fields}  # fmt: skip
        return str(self.x.call("VDI.create", record))

    def drive(self, vm: str, vdi: str, device: str = "0", **fields: Any) -> str:
        record = {"VM": vm, "VDI": vdi, "userdevice": device, "bootable": device == "0", "mode": "RW", "type": "Disk", "empty": False,
                  "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}, **fields}  # fmt: skip
        return str(self.x.call("VBD.create", record))

    def nic(self, vm: str, device: str = "0", **fields: Any) -> str:
        network = next(n for n, r in self.x.call("network.get_all_records").items() if r["PIFs"])
        record = {"device": device, "network": network, "VM": vm, "MAC": "", "MTU": 1500, "other_config": {}, "qos_algorithm_type": "",
                  "qos_algorithm_params": {}, **fields}  # fmt: skip
        return str(self.x.call("VIF.create", record))

    def vm(self, name: str = "web", **fields: Any) -> str:
        """Halted, with one disk, an empty CD drive and a NIC."""
        vm = str(self.x.call("VM.create", {**RECORD, "name_label": name, **fields}))
        self.drive(vm, self.disk())
        self.drive(vm, NULL, "3", type="CD", mode="RO", empty=True)
        self.nic(vm)
        return vm

    def disk_of(self, vm: str) -> str:
        drives = [self.x.call("VBD.get_record", vbd) for vbd in self.x.call("VM.get_VBDs", vm)]
        return next(str(d["VDI"]) for d in drives if d["type"] == "Disk")

    def get(self, ref: str, field: str, cls: str = "VM") -> Any:
        return self.x.call(f"{cls}.get_{field}", ref)
