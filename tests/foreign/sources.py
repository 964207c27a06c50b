"""Pools to serve: recorded ones, some of them of other people and not part of the repository, and a small one of our own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.foreign.book import Record, Records
from tests.recorded import recorded

SHARED = Path(__file__).parent.parent.parent.parent / "shared"
NULL = "OpaqueRef:NULL"
GIB = 1 << 30

DATABASES = ("cowley1", "state1", "tampa-db_inc_snapshots")
FIXTURES = (1, 2, 3)
NAMES = ("own", "real", *DATABASES, *(f"fixture-{number}" for number in FIXTURES))


def source(name: str) -> Records:
    """The records of one of NAMES."""
    if name == "own":
        return own()
    if name == "real":
        return real()
    return database(name) if name in DATABASES else fixture(int(name.removeprefix("fixture-")))


def real() -> Records:
    """A host of a current xapi as it was recorded."""
    found: Records = json.loads(recorded("get_all_records.jsonrpc.json"))
    return {name: rows for name, rows in found.items() if "_error" not in rows}


def fixture(number: int) -> Records:
    """One VM and what hangs on it; there is no pool among it, so one is put around it."""
    found: Records = json.loads(_shared(f"data/ansible-fixtures/ansible-test-vm-{number}-params.json"))
    host = next(iter(found.get("host") or {}), "OpaqueRef:host")
    found.setdefault("host", {}).setdefault(host, {"uuid": "6d1c6fbd-0000-4000-8000-000000000001", "name_label": "around it"})
    found["pool"] = {"OpaqueRef:pool": {"uuid": "6d1c6fbd-0000-4000-8000-000000000002", "name_label": "", "master": host}}
    return found


def database(name: str) -> Records:
    """A pool's database of old, as that pool's xapi would have told it: by the data model's types, sets of refs by their other side."""
    root = ElementTree.fromstring(_shared(f"data/xapi-db/{name}.xml"))
    model = json.loads(_shared("reference/xapi-datamodel.json"))
    found: Records = {}
    for table in root.iter("table"):
        kind = table.get("name", "")
        types = {field[0]: field[1] for field in model.get(kind, {}).get("fields", ())}
        rows = {row.get("ref", ""): _row(row.attrib, types) for row in table.iter("row")}
        if rows and types:
            found[kind] = rows
    for many, one, whole, back in json.loads(_shared("reference/xapi-relations.json")):
        _tell_back(found, many, one, whole, back)
    return found


def _tell_back(found: Records, many: str, one: str, whole: str, back: str) -> None:
    for row in found.get(whole, {}).values():
        if any(one in other for other in found.get(many, {}).values()):
            row[back] = []
    for ref, row in found.get(many, {}).items():
        owner = found.get(whole, {}).get(str(row.get(one)))
        if owner is not None:
            owner[back].append(ref)


def _row(attributes: dict[str, str], types: dict[str, str]) -> Record:
    fields = {name.replace("__", "_"): text for name, text in attributes.items() if not name.startswith("_") and name != "ref"}
    return {name: _typed(types[name], text) for name, text in fields.items() if name in types}


def _typed(kind: str, text: str) -> Any:
    if kind.endswith("map"):
        return dict(_expression(text))
    if kind.endswith("set"):
        return list(_expression(text))
    match kind:
        case "int":
            return int(text)
        case "bool":
            return text == "true"
        case "float":
            return float(text)
        case _:
            return text


_TOKEN = re.compile(r"\(|\)|'((?:[^'\\]|\\.)*)'")


def _expression(text: str) -> list[Any]:
    """`('a' ('b' 'c'))` -> ["a", ["b", "c"]]"""

    def read(tokens: Iterator[re.Match[str]]) -> list[Any]:
        items: list[Any] = []
        for token in tokens:
            if token[0] == ")":
                return items
            items.append(read(tokens) if token[0] == "(" else re.sub(r"\\(.)", r"\1", token[1]))
        return items

    (whole,) = read(_TOKEN.finditer(text)) or ([],)
    return list(whole)


def _shared(path: str) -> str:
    place = SHARED / path
    if not place.exists():
        pytest.skip(f"needs {path}, which is not part of the repository")
    return place.read_text("utf-8")


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def own() -> Records:
    """One host, two VMs, a snapshot, a template: a few fields of each, as an old or odd server might tell them."""
    host, vm = "OpaqueRef:host", "OpaqueRef:vm"
    return {
        "pool": {"OpaqueRef:pool": {"uuid": uuid(1), "name_label": "", "master": host, "default_SR": "OpaqueRef:no-more"}},
        "host": {
            host: {
                "uuid": uuid(2),
                "name_label": "alone",
                "address": "127.0.0.1",
                "enabled": True,
                "metrics": "OpaqueRef:host-metrics",
                "control_domain": "OpaqueRef:dom0",
                "resident_VMs": ["OpaqueRef:dom0", vm],
                "PIFs": ["OpaqueRef:pif"],
                "PBDs": ["OpaqueRef:pbd"],
                "cpu_info": {"cpu_count": "4"},
                "software_version": {"product_brand": "XCP-ng", "product_version": "8.2.1"},
                "memory_overhead": GIB,
            }
        },
        "host_metrics": {"OpaqueRef:host-metrics": {"uuid": uuid(3), "memory_total": 16 * GIB, "live": True}},
        "VM": {
            "OpaqueRef:dom0": {
                "uuid": uuid(4),
                "name_label": "dom0",
                "is_control_domain": True,
                "power_state": "Running",
                "resident_on": host,
            },
            vm: {
                "uuid": uuid(5),
                "name_label": "one",
                "power_state": "Running",
                "resident_on": host,
                "memory_dynamic_max": 2 * GIB,
                "memory_dynamic_min": GIB,
                "memory_static_max": 4 * GIB,
                "VCPUs_max": 2,
                "VCPUs_at_startup": 2,
                "VBDs": ["OpaqueRef:vbd", "OpaqueRef:cd"],
                "VIFs": ["OpaqueRef:vif"],
                "metrics": "OpaqueRef:vm-metrics",
                "guest_metrics": "OpaqueRef:guest",
                "tags": ["a", "Б"],
                "snapshots": ["OpaqueRef:snapshot"],
                "allowed_operations": ["snapshot", "clean_shutdown"],
                "current_operations": {},
            },
            "OpaqueRef:halted": {"uuid": uuid(6), "name_label": "two", "power_state": "Halted", "resident_on": NULL},
            "OpaqueRef:snapshot": {
                "uuid": uuid(7),
                "name_label": "before",
                "is_a_template": True,
                "is_a_snapshot": True,
                "snapshot_of": vm,
                "snapshot_time": "20240229T23:59:59Z",
                "power_state": "Halted",
            },
            "OpaqueRef:template": {"uuid": uuid(8), "name_label": "Debian 12", "is_a_template": True, "power_state": "Halted"},
        },
        "VM_metrics": {"OpaqueRef:vm-metrics": {"uuid": uuid(9), "memory_actual": 2 * GIB, "start_time": "20240101T00:00:00Z"}},
        "VM_guest_metrics": {
            "OpaqueRef:guest": {
                "uuid": uuid(10),
                "networks": {"0/ip": "192.0.2.7", "0/ipv6/0": "2001:db8::7"},
                "os_version": {"name": "Debian"},
                "live": True,
                "PV_drivers_version": {"major": "7", "minor": "20", "micro": "0", "build": "9"},
            }
        },
        "SR": {
            "OpaqueRef:sr": {
                "uuid": uuid(11),
                "name_label": "disks",
                "type": "ext",
                "physical_size": 100 * GIB,
                "physical_utilisation": 96 * GIB,
                "virtual_allocation": 120 * GIB,
                "VDIs": ["OpaqueRef:vdi", "OpaqueRef:below"],
                "PBDs": ["OpaqueRef:pbd"],
                "content_type": "user",
            }
        },
        "PBD": {"OpaqueRef:pbd": {"uuid": uuid(12), "host": host, "SR": "OpaqueRef:sr", "currently_attached": True}},
        "VDI": {
            "OpaqueRef:vdi": {
                "uuid": uuid(13),
                "name_label": "root",
                "SR": "OpaqueRef:sr",
                "virtual_size": 20 * GIB,
                "physical_utilisation": 7 * GIB,
                "VBDs": ["OpaqueRef:vbd"],
                "sm_config": {"vhd-parent": uuid(14)},
            },
            "OpaqueRef:below": {
                "uuid": uuid(14),
                "name_label": "base copy",
                "SR": "OpaqueRef:sr",
                "managed": False,
                "physical_utilisation": GIB,
            },
        },
        "VBD": {
            "OpaqueRef:vbd": {
                "uuid": uuid(15),
                "VM": vm,
                "VDI": "OpaqueRef:vdi",
                "userdevice": "0",
                "device": "xvda",
                "currently_attached": True,
            },
            "OpaqueRef:cd": {"uuid": uuid(16), "VM": vm, "VDI": NULL, "type": "CD", "empty": True, "userdevice": "3"},
        },
        "network": {
            "OpaqueRef:network": {
                "uuid": uuid(17),
                "name_label": "lan",
                "bridge": "xenbr0",
                "PIFs": ["OpaqueRef:pif"],
                "VIFs": ["OpaqueRef:vif"],
            }
        },
        "PIF": {
            "OpaqueRef:pif": {
                "uuid": uuid(18),
                "device": "eth0",
                "network": "OpaqueRef:network",
                "host": host,
                "MAC": "00:16:3e:00:00:01",
                "physical": True,
                "management": True,
                "currently_attached": True,
                "IP": "192.0.2.1",
                "metrics": "OpaqueRef:pif-metrics",
            }
        },
        "PIF_metrics": {"OpaqueRef:pif-metrics": {"uuid": uuid(19), "carrier": True, "speed": 1000}},
        "VIF": {
            "OpaqueRef:vif": {
                "uuid": uuid(20),
                "VM": vm,
                "network": "OpaqueRef:network",
                "device": "0",
                "MAC": "00:16:3e:00:00:02",
                "currently_attached": True,
            }
        },
        "task": {
            "OpaqueRef:task": {
                "uuid": uuid(21),
                "name_label": "Async.VM.clone",
                "status": "pending",
                "progress": 0.3,
                "created": "20260101T00:00:00Z",
            }
        },
        "message": {
            "OpaqueRef:message": {
                "uuid": uuid(22),
                "name": "VM_STARTED",
                "priority": 5,
                "cls": "VM",
                "obj_uuid": uuid(5),
                "timestamp": "20260101T00:00:00Z",
                "body": "",
            }
        },
        "SM": {"OpaqueRef:sm": {"uuid": uuid(23), "type": "ext", "features": {"VDI_SNAPSHOT": 1}}},
        "PUSB": {"OpaqueRef:pusb": {"uuid": uuid(24)}},
    }
