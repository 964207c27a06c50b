"""ova.xml: records of a VM and all that belongs to it, as XML-RPC; references become `Ref:0`, `Ref:1`, or NULL for what stays behind."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import types
from ..database import Database, Record
from ..errors import XapiError
from ..model import Model
from ..pool import Pool
from ..types import EPOCH, NULL, Type
from ..xmlrpc import escape

ORDER = ("host", "VM", "VM_metrics", "VM_guest_metrics", "VBD", "VIF", "network", "VDI", "SR")
MAPS_TO = "maps_to"  # key of other_config, by which a migration tells what takes the place of a VDI, and which network a VIF is on
OPERATIONS: Record = {"allowed_operations": [], "current_operations": {}}
# what is emptied in an exported record, by class
EMPTIED: dict[str, Record] = {
    "host": {
        "PIFs": [], "PBDs": [], "PGPUs": [], "PCIs": [], "host_CPUs": [], "license_params": {}, "blobs": {}, "external_auth_type": "",
        "external_auth_service_name": "", "external_auth_configuration": {}, "metrics": NULL, "patches": [], "crashdumps": [],
        "logging": {}, "supported_bootloaders": [], "cpu_configuration": {}, "other_config": {}, "capabilities": [],
        "software_version": {}, "sched_policy": "", "ha_statefiles": [], "ha_network_peers": [], "tags": [],
    },
    "VM": {**OPERATIONS, "crash_dumps": [], "consoles": [], "protection_policy": NULL, "blobs": {}},
    "VIF": {**OPERATIONS, "metrics": NULL},
    "VBD": {**OPERATIONS, "metrics": NULL},
    "network": {**OPERATIONS, "PIFs": []},
    "VDI": {**OPERATIONS, "crash_dumps": []},
    "SR": {**OPERATIONS, "PBDs": []},
}  # fmt: skip
# references that are looked up; lists keep only what goes along
LINKS = {
    "host": ("crash_dump_sr", "suspend_image_sr", "resident_VMs"),
    "VM": ("suspend_VDI", "snapshot_of", "parent", "VIFs", "VBDs", "VGPUs", "VTPMs", "resident_on", "affinity", "metrics", "guest_metrics"),
    "VIF": ("network", "VM"), "VBD": ("VDI", "VM"), "network": ("VIFs",), "VDI": ("VBDs", "SR"), "SR": ("VDIs",),
}  # fmt: skip
ALONE: Record = {"is_a_snapshot": False, "snapshot_of": NULL, "snapshots": [], "snapshot_time": EPOCH, "transportable_snapshot_id": "",
                 "parent": NULL}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into the archive besides the VM as it is now."""

    snapshots: bool = False
    power_state: bool = False
    parents: bool = False  # of VHDs
    without: frozenset[str] = frozenset()  # kinds of devices that stay behind: vif, vbd


class ReferenceTable:
    """{reference: its name in the archive}"""

    def __init__(self, db: Database, choice: Choice) -> None:
        self._db, self._choice = db, choice
        self.names: dict[str, str] = {}

    def add(self, ref: str) -> None:
        self.names.setdefault(ref, f"Ref:{len(self.names)}")

    def add_vm(self, vm: str, *, snapshots: bool) -> None:
        if not self._db.exists(vm) or vm in self.names:
            return
        record = self._db.record("VM", vm)
        self.add(vm)
        for vif in record["VIFs"] if "vif" not in self._choice.without else ():
            self.add(vif)
            self.add(self._db.get(vif, "network"))
        for vbd in record["VBDs"] if "vbd" not in self._choice.without else ():
            self.add(vbd)
            if not self._db.get(vbd, "empty"):
                self.add_vdi(self._db.get(vbd, "VDI"))
        for snapshot in record["snapshots"] if snapshots else ():
            self.add_vm(snapshot, snapshots=False)
        if self._choice.power_state and record["power_state"] == "Suspended" and self._db.exists(record["suspend_VDI"]):
            self.add_vdi(record["suspend_VDI"])
        for ref in (record["metrics"], record["guest_metrics"], record["resident_on"], record["affinity"]):
            self.add(ref)  # NULL gets a name as well, which nothing has: so does xapi
        if snapshots:
            self.add_vm(record["parent"], snapshots=False)

    def add_vdi(self, vdi: str) -> None:
        if not self._db.exists(vdi) or vdi in self.names:
            return
        self.add(vdi)
        record = self._db.record("VDI", vdi)
        self.add(record["SR"])
        parent = self._db.tables["VDI"].by_uuid.get(record["sm_config"].get("vhd-parent", ""))
        if self._choice.parents and parent:
            self.add_vdi(parent)

    def name(self, ref: str) -> str:
        return self.names.get(ref, NULL)

    def rewritten(self, value: Any) -> Any:
        if isinstance(value, list):
            return [name for ref in value if (name := self.name(ref)) != NULL]
        return self.name(value)


def exported(table: ReferenceTable, cls: str, record: Record, choice: Choice) -> Record:
    copy = {**record, **{k: v for k, v in EMPTIED.get(cls, {}).items() if k in record}}
    if cls == "VM" and not choice.snapshots:
        copy |= {name: value for name, value in ALONE.items() if name in copy}
    if cls in ("VIF", "VBD") and not choice.power_state:
        copy["currently_attached"] = False
    if cls == "VM" and not choice.power_state:
        copy |= {"power_state": "Halted", "suspend_VDI": NULL}
    return copy | {name: table.rewritten(copy[name]) for name in LINKS.get(cls, ()) if name in copy}


def build(pool: Pool, vms: Sequence[str], choice: Choice, maps: Mapping[str, str] | None = None) -> tuple[dict[str, str], str]:
    """({reference: name}, ova.xml) of these VMs. `maps` says what a VDI or VIF becomes where they go: {reference: one there}."""
    table = ReferenceTable(pool.db, choice)
    for vm in vms:
        table.add_vm(vm, snapshots=choice.snapshots)
    write = pool.dispatcher.xml.value
    objects = []
    for cls in ORDER:
        for ref, row in pool.db.rows(cls).items():
            if ref in table.names:
                fields = exported(table, cls, row.record, choice)
                if maps and ref in maps:
                    fields["other_config"] = {**fields["other_config"], MAPS_TO: maps[ref]}
                record = write(Type("record", cls), pool.dialect.record(cls, fields))
                objects.append(struct({"class": text(cls), "id": text(table.names[ref]), "snapshot": record}))
    version = struct({name: text(value) for name, value in version_of(pool).items()})
    whole = struct({"version": version, "objects": f"<value><array><data>{''.join(objects)}</data></array></value>"})
    return table.names, whole


def version_of(pool: Pool) -> dict[str, str]:
    software = pool.db.get(pool.master.ref, "software_version")
    built = software.get("date", pool.clock.iso()[:8]).replace("-", "")
    return {
        "hostname": "localhost", "date": f"{built}T00:00:00Z", "product_version": software.get("product_version", ""),
        "product_brand": software.get("product_brand", ""), "build_number": software.get("build_number", ""), "xapi_major": "0",
        "xapi_minor": "0", "export_vsn": "2",
    }  # fmt: skip


def text(value: str) -> str:
    return f"<value>{escape(value)}</value>"


def struct(members: dict[str, str]) -> str:
    return "<value><struct>" + "".join(f"<member><name>{k}</name>{v}</member>" for k, v in members.items()) + "</struct></value>"


@dataclass(frozen=True, slots=True)
class OvaEntry:
    """An object of an archive: values as this data model has them, what was missing with its default."""

    cls: str
    id: str
    record: Record
    given: frozenset[str]  # names of the fields that the archive has


@dataclass(frozen=True, slots=True)
class OvaArchive:
    version: dict[str, Any]
    entries: list[OvaEntry]

    def of(self, cls: str) -> list[OvaEntry]:
        return [entry for entry in self.entries if entry.cls == cls]

    @property
    def format(self) -> int:
        """0 has a table of checksums at the end, 1 a checksum behind each block too, 2 those alone."""
        return number(self.version.get("export_vsn", "0"))


def number(value: Any) -> int:
    return int(value) if str(value).isdigit() else 0


def parse(model: Model, data: bytes) -> OvaArchive:
    """IMPORT_ERROR for what is no ova.xml, IMPORT_INCOMPATIBLE_VERSION for what is too new."""
    try:
        whole = decoded(ET.fromstring(data))  # noqa: S314  ElementTree resolves no entities from outside
        entries = [
            OvaEntry(o["class"], o["id"], typed(model, o["class"], o["snapshot"]), frozenset(o["snapshot"]))
            for o in whole["objects"]
            if o["class"] in model.classes
        ]
        version = whole["version"]
    except (ET.ParseError, KeyError, TypeError, ValueError, IndexError) as error:
        raise XapiError("IMPORT_ERROR", f"ova.xml: {error!r}") from None
    if number(version.get("xapi_major", 0)) > 0:
        raise XapiError("IMPORT_INCOMPATIBLE_VERSION")
    return OvaArchive(version, entries)


def decoded(value: ET.Element) -> Any:
    if not len(value):
        return value.text or ""
    inner = value[0]
    match inner.tag:
        case "struct":
            return {member[0].text or "": decoded(member[1]) for member in inner}
        case "array":
            return [decoded(item) for item in inner[0]]
        case "boolean":
            return inner.text == "1"
    return inner.text or ""


def typed(model: Model, cls: str, given: Record) -> Record:
    """A whole record: fields that this data model has not are dropped, bad and missing ones get their default."""
    record: Record = {}
    for field in model.classes[cls].fields.values():
        record[field.name] = model.classes[cls].fresh.get(field.name, field.type.empty())
        if field.name in given:
            try:
                record[field.name] = types.accept(field.type, given[field.name])
            except XapiError:
                continue
    return record
