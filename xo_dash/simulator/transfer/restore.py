"""From the objects of an archive to rows: what is the pool's own is found again (SRs, networks), what is the VM's own is made anew."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

from ..classes import vm_copy, vm_life, vm_record
from ..classes.vbd import make as make_vbd
from ..classes.vif import address
from ..classes.vm_record import drop
from ..database import Database, Record
from ..errors import XapiError
from ..types import NULL
from . import restore_rules
from .ova import MAPS_TO, OvaArchive, OvaEntry
from .restore_rules import SEED, ImportMode, SkipError
from .task import Job

OWN = ("VBDs", "VIFs", "VGPUs", "VTPMs", "VUSBs", "consoles", "snapshots", "children", "crash_dumps", "attached_PCIs", "blobs",
       "allowed_operations", "current_operations", "appliance", "protection_policy", "snapshot_schedule", "groups")  # fmt: skip
DISK = ("name_label", "name_description", "virtual_size", "type", "sharable", "read_only", "other_config", "xenstore_data", "sm_config",
        "tags")  # fmt: skip
DRIVE = ("userdevice", "bootable", "mode", "type", "unpluggable", "other_config", "qos_algorithm_type", "qos_algorithm_params")
NIC = ("device", "MTU", "other_config", "qos_algorithm_type", "qos_algorithm_params", "locking_mode", "ipv4_allowed", "ipv6_allowed")
MADE = "vhd-parent"


class Restored:
    """What an import has made so far; `found` is {id in the archive: reference}."""

    def __init__(self, job: Job, archive: OvaArchive, way: ImportMode) -> None:
        self.job, self.archive, self.way = job, archive, way
        self.db, self.pool, self.call = job.db, job.pool, job.call
        self.found: dict[str, str] = {}
        self.vms: list[str] = []
        self.disks: list[OvaEntry] = []  # whose contents the archive brings
        self._undo: list[Callable[[], Awaitable[None]]] = []

    def check(self) -> None:
        """What can be said before anything is made; templates that are here already are found."""
        if self.way.restore:
            restore_rules.check_seeds(self.db, self.archive)
        for entry in self.archive.of("VDI"):
            if not self.way.sr:
                self._known_disk(entry)
        for entry in self.archive.of("VM"):
            if held := restore_rules.known_template(self.db, entry.record):
                self.vms.append(held)
                continue
            with contextlib.suppress(SkipError):
                restore_rules.replaced(self.db, entry.record, self.way)
                restore_rules.check_room(self.db, entry.record, self.way)

    async def objects(self) -> None:
        """All rows; contents of disks come later."""
        if self.way.restore:
            restore_rules.check_seeds(self.db, self.archive)
        for vdi in self.archive.of("VDI"):
            await self._vdi(vdi)
        for cls in ("VM_guest_metrics", "VM_metrics"):
            for entry in self.archive.of(cls):
                self.found[entry.id] = self.db.create(cls, {k: v for k, v in entry.record.items() if k != "uuid"})
                self._undo.append(self._dropper(self.found[entry.id]))
        for vm in self.archive.of("VM"):
            await self._vm(vm)
        for network in self.archive.of("network"):
            await self._network(network)
        for vif in self.archive.of("VIF"):
            self._vif(vif)
        for vbd in self.archive.of("VBD"):
            self._vbd(vbd)
        self._relatives()

    async def finish(self) -> list[str]:
        """The VMs may be used: those to tell the client of, snapshots only if there is nothing else."""
        for vm in self.vms:
            current = self.db.get(vm, "current_operations")
            self.db.set(vm, current_operations={k: v for k, v in current.items() if k != self.call.task})
            vm_life.refresh_all(self.pool, vm)
        return [vm for vm in self.vms if not self.db.get(vm, "is_a_snapshot")] or self.vms

    async def undo(self) -> None:
        for step in reversed(self._undo):
            with contextlib.suppress(XapiError):
                await step()

    # disks

    async def _vdi(self, entry: OvaEntry) -> None:
        """A CD is looked for, a disk is made; with metadata alone both are looked for."""
        if self._is_cd(entry) or not self.way.sr:
            if held := self._known_iso(entry) if self._is_cd(entry) else self._known_disk(entry):
                self.found[entry.id] = held
            return
        fields = {name: entry.record[name] for name in DISK}
        fields["sm_config"] = {k: v for k, v in fields["sm_config"].items() if k != MADE}
        fields["read_only"] = False
        if not fields["virtual_size"]:  # the snapshot of a disk that an archive did not know well
            return
        vdi: str = await self.call.run("VDI.create", {**fields, "SR": self.way.sr})
        self._undo.append(lambda: self.call.run("VDI.destroy", vdi))
        self.found[entry.id] = vdi
        self.disks.append(entry)

    def _known_disk(self, entry: OvaEntry) -> str:
        """As the client maps it, or by its place on an SR that is here; "" for a CD, and for what may be missing."""
        record = entry.record
        if self._is_cd(entry):
            return ""
        if (mapped := self._mapped(entry, "VDI")) != NULL:
            return mapped
        if held := self.db.tables["VDI"].by_uuid.get(self.way.vdis.get(record["uuid"], ""), ""):
            return held
        sr = self.db.tables["SR"].by_uuid.get(next((s.record["uuid"] for s in self.archive.of("SR") if s.id == record["SR"]), ""), "")
        for vdi in self.db.get(sr, "VDIs") if sr else ():
            if self.db.get(vdi, "location") == record["location"]:
                return str(vdi)
        if self.way.force or self.way.live:
            return ""
        raise XapiError("VDI_LOCATION_MISSING", sr, record["location"]) if sr else XapiError("VDI_CONTENT_ID_MISSING")

    def _is_cd(self, entry: OvaEntry) -> bool:
        sr = next((s.record for s in self.archive.of("SR") if s.id == entry.record["SR"]), None)
        drives = [v.record["type"] for v in self.archive.of("VBD") if v.record["VDI"] == entry.id]
        return (sr is not None and sr["content_type"] == "iso") or (bool(drives) and all(kind == "CD" for kind in drives))

    def _known_iso(self, entry: OvaEntry) -> str:
        """The same file in some library; else the drive will be empty."""
        vdis = self.db.find("VDI", location=entry.record["location"])
        return next((vdi for vdi in vdis if self.db.get(self.db.get(vdi, "SR"), "content_type") == "iso"), "")

    # VMs

    async def _vm(self, entry: OvaEntry) -> None:
        db, record, way = self.db, entry.record, self.way
        if template := restore_rules.known_template(db, record):
            self.found[entry.id] = template
            self.vms.append(template)
            return
        try:
            held = restore_rules.replaced(db, record, way)
        except SkipError:
            return
        restore_rules.check_room(db, record, way)
        if held:
            await self.call.run("VM.destroy", held)
        vm = db.create("VM", {**self._fields(record), **restore_rules.modern(entry)})
        if way.restore:
            rename(db, vm, record["uuid"])
        if record["power_state"] == "Suspended" and record["suspend_VDI"] in self.found:
            db.set(vm, power_state="Suspended", suspend_VDI=self.found[record["suspend_VDI"]])
        self._undo.append(self._remover(vm))
        self.found[entry.id] = vm
        self.vms.append(vm)

    def _fields(self, record: Record) -> Record:
        """What a VM brings along; it is halted, and belongs to nobody yet."""
        db, way = self.db, self.way
        config = {k: v for k, v in record["other_config"].items() if k not in ("import_task", SEED)}
        if not way.force:
            config.pop("default_template", None)
        seed = record["other_config"].get(SEED) if way.restore else None
        fields = {k: v for k, v in record.items() if k not in (*OWN, "uuid")}
        fields |= {
            "power_state": "Halted", "suspend_VDI": NULL, "resident_on": NULL, "scheduled_to_be_resident_on": NULL, "domid": -1,
            "affinity": NULL, "snapshot_of": NULL, "parent": NULL, "suspend_SR": NULL, "is_default_template": False,
            "version": record["version"] + 1 if way.restore else 0, "guest_metrics": self.found.get(record["guest_metrics"], NULL),
            "other_config": {**config, SEED: seed or db.new_uuid(), "import_task": self.call.task},
            "metrics": self.found.get(record["metrics"]) or vm_record.new_metrics(self.pool),
        }  # fmt: skip
        if not record["is_a_template"] and not way.live:
            fields["generation_id"] = vm_copy.generation_id(self.pool)
        if way.live:  # it is still where it comes from
            fields["ha_always_run"] = False
        if not way.force:
            fields["current_operations"] = {self.call.task: "import"}
        return fields

    def _relatives(self) -> None:
        for entry in self.archive.of("VM"):
            vm, record = self.found.get(entry.id), entry.record
            if vm is None or restore_rules.known_template(self.db, record):
                continue
            self.db.set(vm, parent=self.found.get(record["parent"], NULL), snapshot_of=self.found.get(record["snapshot_of"], NULL))

    # devices

    def _mapped(self, entry: OvaEntry, cls: str) -> str:
        """What a migration says takes its place here; NULL if it says nothing."""
        told = str(entry.record["other_config"].get(MAPS_TO, NULL))
        return told if self.way.live and told in self.db.rows(cls) else NULL

    async def _network(self, entry: OvaEntry) -> None:
        """By its name, then by its bridge; the archive's networks that the pool has not are made, if somebody needs them."""
        nics = [vif for vif in self.archive.of("VIF") if vif.record["network"] == entry.id]
        if nics and all(self._mapped(vif, "network") != NULL for vif in nics):
            return
        held = self.db.find("network", name_label=entry.record["name_label"])
        held = held or self.db.find("network", bridge=entry.record["bridge"])
        if held:
            self.found[entry.id] = held[0]
            return
        names = ("name_label", "name_description", "MTU", "other_config", "bridge", "managed", "tags", "purpose")
        fields = {name: entry.record[name] for name in names if name in entry.record} | {"bridge": ""}
        made = self.found[entry.id] = str(await self.call.run("network.create", fields))
        self._undo.append(self._dropper(made))

    def _vif(self, entry: OvaEntry) -> None:
        record = entry.record
        vm, network = self.found.get(record["VM"]), self.found.get(record["network"])
        if (mapped := self._mapped(entry, "network")) != NULL:
            network = mapped
        if vm is None or network is None:
            raise XapiError("IMPORT_ERROR_FAILED_TO_FIND_OBJECT", record["VM"] if vm is None else record["network"])
        fields = {name: record[name] for name in NIC if name in record}
        fields["other_config"] = {k: v for k, v in record["other_config"].items() if k != MAPS_TO}
        mac = record["MAC"] if self.way.restore or self.db.get(vm, "is_a_snapshot") else ""
        fields |= address(self.db.record("VM", vm), mac, int(record["device"]))
        suspended = self.db.get(vm, "power_state") == "Suspended"
        made = self.db.create("VIF", {**fields, "VM": vm, "network": network, "currently_attached": suspended})
        self.found[entry.id] = made
        if self.way.restore:
            rename(self.db, made, record["uuid"])
        self.pool.refresh(made)

    def _vbd(self, entry: OvaEntry) -> None:
        record = entry.record
        vm, vdi = self.found.get(record["VM"]), self.found.get(record["VDI"], NULL)
        if vm is None:
            raise XapiError("IMPORT_ERROR_FAILED_TO_FIND_OBJECT", record["VM"])
        if record["type"] != "CD" and vdi == NULL:
            if record["currently_attached"] and self.db.get(vm, "power_state") != "Halted" and not self.way.live:
                raise XapiError("IMPORT_ERROR_ATTACHED_DISKS_NOT_FOUND")
            return  # a disk that stayed behind
        fields = {name: record[name] for name in DRIVE}
        suspended = self.db.get(vm, "power_state") == "Suspended"
        fields |= {"VM": vm, "VDI": vdi, "empty": vdi == NULL, "currently_attached": suspended and record["currently_attached"],
                   "device": record["device"] if suspended else ""}  # fmt: skip
        self.found[entry.id] = made = make_vbd(self.call, fields)
        if self.way.restore:
            rename(self.db, made, record["uuid"])

    def _dropper(self, ref: str) -> Callable[[], Awaitable[None]]:
        async def undo() -> None:
            drop(self.pool, ref)

        return undo

    def _remover(self, vm: str) -> Callable[[], Awaitable[None]]:
        async def undo() -> None:
            if self.db.exists(vm):
                self.db.set(vm, power_state="Halted", current_operations={})
                vm_record.remove(self.pool, vm)

        return undo


def rename(db: Database, ref: str, uuid: str) -> None:
    """A new row gets the uuid that it had in another life, unless somebody else has it."""
    held = db.tables[str(db.class_of(ref))].by_uuid
    if uuid not in held:
        held.pop(db.get(ref, "uuid"), None)
        held[uuid] = ref
        db.set(ref, uuid=uuid)
