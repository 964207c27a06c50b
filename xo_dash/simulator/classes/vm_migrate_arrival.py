"""A VM from another pool: its records, made anew here around disks that are here already."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from .. import loads
from ..call import Call
from ..database import Record
from ..types import NULL
from . import vm_copy, vm_guest, vm_life, vm_migrate_rules, vm_record
from .vbd import make as make_vbd
from .vif import address
from .vm_migrate_plan import MigrationPlan
from .vm_states import words

# what a VM leaves behind, or gets anew
LEFT = words(
    "VBDs VIFs VGPUs VTPMs VUSBs consoles snapshots children crash_dumps attached_PCIs blobs allowed_operations current_operations "
    "appliance protection_policy snapshot_schedule groups resident_on scheduled_to_be_resident_on affinity metrics guest_metrics "
    "snapshot_of parent suspend_VDI suspend_SR domid power_state is_default_template ha_always_run"
)
DRIVE = ("userdevice", "device", "bootable", "mode", "type", "unpluggable", "qos_algorithm_type", "qos_algorithm_params", "other_config",
         "currently_attached", "empty")  # fmt: skip
NIC_LEFT = frozenset({"uuid", "allowed_operations", "current_operations", "VM", "network", "metrics", "reserved_pci"})


def fresh(value: Any) -> Any:
    return value.copy() if isinstance(value, list | dict) else value


class Arrival:
    """`vms` is {VM or snapshot there: the one made here}. `near` calls in the pool they come from, `far` in that where they go."""

    def __init__(self, near: Call, far: Call, plan: MigrationPlan, disks: dict[str, str]) -> None:
        self._near, self._far, self._plan, self._disks = near, far, plan, disks
        self.vms: dict[str, str] = {}

    async def come(self, held: AsyncExitStack, *, alive: bool) -> None:
        to = self._plan.to
        if alive:
            await held.enter_async_context(self._far.operation(to.host, "vm_migrate", cancellable=False))
        await vm_migrate_rules.check_arrival(self._near.pool, self._plan.vms[0], to, force=True, copy=self._plan.copy)
        made = self._make()
        if alive:
            self._far.db.set(made, scheduled_to_be_resident_on=to.host)

    def _make(self) -> str:
        """All of them, not to be used yet; the reference of the VM itself."""
        for vm in self._plan.vms:
            self._vm(vm)
        near, far = self._near.db, self._far.db
        for old, new in self.vms.items():
            record = near.record("VM", old)
            far.set(new, parent=self.vms.get(record["parent"], NULL), snapshot_of=self.vms.get(record["snapshot_of"], NULL))
        return self.vms[self._plan.vms[0]]

    def _vm(self, vm: str) -> None:
        near, far, copy = self._near.db, self._far.db, self._plan.copy
        record = near.record("VM", vm)
        fields = {name: fresh(value) for name, value in record.items() if name not in LEFT}
        fields |= {
            "domid": -1, "metrics": self._taken("VM_metrics", record["metrics"]), "version": record["version"] + 1,
            "guest_metrics": self._taken("VM_guest_metrics", record["guest_metrics"]), "current_operations": {self._far.task: "import"},
        }  # fmt: skip
        if record["power_state"] == "Suspended" and record["suspend_VDI"] in self._disks:
            fields |= {"power_state": "Suspended", "suspend_VDI": self._disks[record["suspend_VDI"]]}
        if copy:
            del fields["uuid"]
            config = {**fields["other_config"], "mac_seed": far.new_uuid()}
            fields |= {"version": 0, "other_config": config, "generation_id": vm_copy.generation_id(self._far.pool)}
        else:
            self._replace(record["uuid"])
        made = self.vms[vm] = far.create("VM", fields)
        self._devices(vm, made)
        self._guest(record["uuid"], far.get(made, "uuid"))

    def _taken(self, cls: str, ref: str) -> str:
        if not self._near.db.exists(ref):
            return NULL if cls == "VM_guest_metrics" else vm_record.new_metrics(self._far.pool)
        record = self._near.db.record(cls, ref)
        return self._far.db.create(cls, {name: fresh(value) for name, value in record.items() if name != "uuid"})

    def _replace(self, uuid: str) -> None:
        """An older one has been found fit to go."""
        held = self._far.db.tables["VM"].by_uuid.get(uuid)
        if held:
            vm_record.remove(self._far.pool, held)

    def _devices(self, vm: str, made: str) -> None:
        db = self._near.db
        suspended = self._far.db.get(made, "power_state") == "Suspended"
        for vbd in db.get(vm, "VBDs"):
            drive = db.record("VBD", vbd)
            disk = self._disks.get(drive["VDI"], NULL) if drive["type"] != "CD" else self._same_cd(drive)
            fields = {name: fresh(drive[name]) for name in DRIVE}
            attached = drive["currently_attached"] and suspended
            make_vbd(self._far, {**fields, "VM": made, "VDI": disk, "empty": disk == NULL, "currently_attached": attached})
        for vif in db.get(vm, "VIFs"):
            nic = db.record("VIF", vif)
            fields = {name: fresh(value) for name, value in nic.items() if name not in NIC_LEFT}
            if self._plan.copy:
                fields |= address(self._far.db.record("VM", made), "", int(nic["device"]))
            network, attached = self._plan.networks[vif], nic["currently_attached"] and suspended
            self._far.db.create("VIF", {**fields, "VM": made, "network": network, "currently_attached": attached})

    def _same_cd(self, drive: Record) -> str:
        """A library there may have the same image."""
        if not self._near.db.exists(drive["VDI"]):
            return NULL
        label = self._near.db.get(drive["VDI"], "name_label")
        db = self._far.db
        return next((v for v in db.find("VDI", name_label=label) if db.get(db.get(v, "SR"), "content_type") == "iso"), NULL)

    def _guest(self, old: str, new: str) -> None:
        """What runs in it, and how busy it is."""
        for table in (vm_guest.guests, loads.profiles):
            held: dict[str, Any] = table(self._near.pool)
            there: dict[str, Any] = table(self._far.pool)
            if old in held:
                there[new] = held[old]

    async def settle(self, running: str) -> str:
        pool = self._far.pool
        for made in self.vms.values():
            pool.db.set(made, current_operations={}, scheduled_to_be_resident_on=NULL)
        vm = self.vms[self._plan.vms[0]]
        if not self._plan.copy:  # not before, or high availability would start it where it is not yet
            pool.db.set(vm, ha_always_run=self._near.db.get(self._plan.vms[0], "ha_always_run"))
        if running:
            self._plug_like(self._plan.vms[0], vm)
            vm_life.built(pool, vm, running, booted=False)
        for made in self.vms.values():
            vm_life.refresh_all(pool, made)
        return vm

    def _plug_like(self, old: str, new: str) -> None:
        """What was plugged there is plugged here, in the same order."""
        near, far = self._near.db, self._far.db
        for devices in ("VBDs", "VIFs"):
            for device, other in zip(near.get(old, devices), far.get(new, devices), strict=True):
                far.set(other, currently_attached=near.get(device, "currently_attached"))

    async def bring_messages(self) -> None:
        """A VM's messages go along."""
        near, far, uuid = self._near.pool, self._far.pool, self._near.db.get(self._plan.vms[0], "uuid")
        for ref, record in near.messages.items():
            if record["cls"] == "VM" and record["obj_uuid"] == uuid:
                far.messages.create(record["name"], record["priority"], "VM", uuid, record["body"], record["timestamp"])
                near.messages.destroy(ref)

    async def discard(self) -> None:
        for made in self.vms.values():
            if self._far.db.exists(made):
                self._far.db.set(made, current_operations={}, scheduled_to_be_resident_on=NULL, power_state="Halted")
                vm_record.remove(self._far.pool, made)
