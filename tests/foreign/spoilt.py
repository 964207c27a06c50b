"""Records as they should not be, made of good ones."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.foreign.book import Record, Records
from tests.foreign.sources import NULL, uuid

Spoil = Callable[[Records], object]

LONG = "x" * 255
ODD_NAMES: Final = (
    LONG, "👩‍👩‍👧‍👦 кот 猫", "\u202eabc\u202c \u200f", "<script>document.title='broken'</script>", "=1+1", "{name} {0} %s %(x)s",
    "a\nb\tc", "\x00\x01\x7f", "",
    "  ", "../../etc/passwd", '"\'`;--', "\ufeff",
)  # fmt: skip


def _each(records: Records) -> list[tuple[str, str, Record]]:
    return [(name, ref, row) for name, rows in records.items() for ref, row in rows.items()]


def nothing_but_uuids(records: Records) -> None:
    """As if every other field were of a later version than the server's."""
    for _name, _ref, row in _each(records):
        for field in list(row):
            if field not in ("uuid", "master"):
                del row[field]


def half_the_fields(records: Records) -> None:
    for _name, _ref, row in _each(records):
        for field in sorted(row)[::2]:
            if field not in ("uuid", "master"):
                del row[field]


def nulls(records: Records) -> None:
    for _name, _ref, row in _each(records):
        for field in row:
            if field not in ("uuid", "master"):
                row[field] = None


def other_types(records: Records) -> None:
    """Every value of another type than it should be."""
    instead = {str: {"text": 1}, bool: "perhaps", int: [1], float: {}, list: "list", dict: [["key", "value"]]}
    for _name, _ref, row in _each(records):
        for field, value in row.items():
            if field not in ("uuid", "master"):
                row[field] = instead.get(type(value), 7)


def dangling(records: Records) -> None:
    """Every reference to what is not there, but that of the pool to its master."""
    for name, _ref, row in _each(records):
        for field, value in row.items():
            if (name, field) == ("pool", "master"):
                continue
            if isinstance(value, str) and value.startswith("OpaqueRef:"):
                row[field] = f"OpaqueRef:gone-{field}"
            elif isinstance(value, list) and value and all(isinstance(one, str) and one.startswith("OpaqueRef:") for one in value):
                row[field] = [f"OpaqueRef:gone-{field}", NULL, ""]


def odd_names(records: Records) -> None:
    for number, (_name, _ref, row) in enumerate(_each(records)):
        for at, field in enumerate(("name_label", "name_description", "hostname", "device", "bridge")):
            row[field] = ODD_NAMES[(number + at) % len(ODD_NAMES)]
        row["tags"] = list(ODD_NAMES)
        row["other_config"] = {name: name for name in ODD_NAMES}


def unknown_enums(records: Records) -> None:
    """Of an xapi to come."""
    for _name, _ref, row in _each(records):
        row.update({
            "power_state": "Hibernated", "status": "postponed", "type": "quantum", "mode": "RX", "domain_type": "pvh_next",
            "locking_mode": "?",
            "allowed_operations": ["teleport", "start"], "current_operations": {"OpaqueRef:task": "teleport", "": ""}, "protocol": "spice",
            "HVM_boot_policy": "any order", "HVM_boot_params": {"order": "xyz", "firmware": "coreboot"},
            "ip_configuration_mode": "Telepathy",
            "pending_guidances": ["dance"], "ha_restart_priority": "maybe", "cls": "Moon", "priority": 99, "default_locking_mode": "open",
        })  # fmt: skip


def odd_sizes(records: Records) -> None:
    for _name, _ref, row in _each(records):
        for field in row:
            if field.startswith(("memory_", "physical_", "virtual_", "VCPUs_", "MTU", "speed")) and not isinstance(row[field], dict):
                row[field] = -1
    for host in records.get("host", {}).values():
        host["cpu_info"] = {"cpu_count": "-1", "socket_count": "many", "speed": "fast", "modelname": ""}


def no_sizes(records: Records) -> None:
    for _name, _ref, row in _each(records):
        for field, value in row.items():
            if isinstance(value, int) and not isinstance(value, bool):
                row[field] = 0


def endless_sizes(records: Records) -> None:
    for _name, _ref, row in _each(records):
        for field, value in row.items():
            if isinstance(value, int) and not isinstance(value, bool):
                row[field] = 1 << 70
        row.update({"order": 1 << 63, "start_delay": "9" * 5000, "progress": float("nan")})
    for host in records.get("host", {}).values():
        host["cpu_info"] = {"cpu_count": "9" * 5000, "socket_count": "9" * 30, "speed": "1e999"}
    for vm in records.get("VM", {}).values():
        vm["platform"] = {"cores-per-socket": "9" * 5000}


def odd_dates(records: Records) -> None:
    dates = (
        "99991231T23:59:59Z",
        "00010101T00:00:00Z",
        "yesterday",
        "",
        "20260230T00:00:00Z",
        "20260101T00:00:00",
        "2026-01-01T00:00:00+14:00",
    )
    number = 0
    for _name, _ref, row in _each(records):
        for field in ("snapshot_time", "created", "finished", "timestamp", "start_time", "install_time", "not_after", "last_updated"):
            number += 1
            row[field] = dates[number % len(dates)]
    for host in records.get("host", {}).values():
        host["other_config"] = {"boot_time": "nan", "agent_start_time": "-1e400"}


def odd_guests(records: Records) -> None:
    for guest in records.get("VM_guest_metrics", {}).values():
        guest["networks"] = {
            "0/ip": "not an address",
            "": "192.0.2.1",
            "x/y/z": "::",
            "0/ipv6/0": "fe80::1%eth0",
            "9" * 40 + "/ip": "10.0.0.1",
            "0/ipv4/1": "",
        }
        guest["os_version"] = {"name": "|", "distro": "<b>"}
        guest["PV_drivers_version"] = {"major": "x", "build": "-1"}


def one_of_everything_odd_name_in_bytes(records: Records) -> None:
    """Half of a character."""
    records["VM"]["OpaqueRef:halted"]["name_label"] = "half \ud83d of it"


def no_hosts(records: Records) -> None:
    """All but the master's own row, without which nobody can tell what the pool is."""
    records["VM"] = {}


def hosts_without_metrics(records: Records) -> None:
    records["host_metrics"] = {}
    records["host"]["OpaqueRef:second"] = {"uuid": uuid(60), "name_label": "second"}


def the_same_uuid_everywhere(records: Records) -> None:
    for name, _ref, row in _each(records):
        if name != "pool":
            row["uuid"] = uuid(7)


def no_uuids(records: Records) -> None:
    for name, _ref, row in _each(records):
        if name not in ("pool", "host"):
            row["uuid"] = ""


def rings(records: Records) -> None:
    """What cannot hang on itself does."""
    vms = records["VM"]
    for ref, vm in vms.items():
        vm.update(snapshot_of=ref, parent=ref, children=list(vms), snapshots=list(vms), affinity="OpaqueRef:host")
    for ref, vdi in records["VDI"].items():
        vdi.update(snapshot_of=ref, sm_config={"vhd-parent": vdi["uuid"]}, managed=False)
    for ref, task in records["task"].items():
        task.update(subtask_of=ref, subtasks=[ref])
    for ref, pif in records["PIF"].items():
        pif.update(bond_slave_of=ref, VLAN_master_of=ref, bond_master_of=[ref])


SPOILS: Final[Mapping[str, Spoil]] = {
    spoil.__name__: spoil
    for spoil in (
        nothing_but_uuids, half_the_fields, nulls, other_types, dangling, odd_names, unknown_enums, odd_sizes, no_sizes, endless_sizes,
        odd_dates, odd_guests, one_of_everything_odd_name_in_bytes, no_hosts, hosts_without_metrics, the_same_uuid_everywhere, no_uuids,
        rings,
    )
}  # fmt: skip


def spoilt(records: Records, name: str) -> Records:
    copied: Any = copy.deepcopy(records)
    SPOILS[name](copied)
    return copied  # type: ignore[no-any-return]
