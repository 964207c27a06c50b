"""Scripts that ask the machine: its disks and their health, its sensors, RAID and ZFS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..call import Call
from ..pool import Pool
from .script import Functions

GIB = 1 << 30
DOM0 = (("sda1", 18, "/"), ("sda2", 18, ""), ("sda4", 1, "/boot/efi"), ("sda5", 4, "/var/log"), ("sda6", 1, "[SWAP]"))  # GiB each
MODEL = ("SAMSUNG MZ7L31T9HBLT-00A07", "JXTC404Q")
# name, value, event; then what a closer look says: entity, type, lower and upper limits
SENSORS = (
    ("Inlet Temp", "23 degrees C", "ok", "7.1", "Temperature (0x01)", "-7.000", "47.000"),
    ("CPU1 Temp", "46 degrees C", "ok", "3.1", "Temperature (0x01)", "3.000", "95.000"),
    ("Fan1 RPM", "6120 RPM", "ok", "7.1", "Fan (0x04)", "600.000", "na"),
    ("Fan2 RPM", "6000 RPM", "ok", "7.1", "Fan (0x04)", "600.000", "na"),
    ("Pwr Consumption", "168 Watts", "ok", "7.1", "Current (0x03)", "na", "896.000"),
    ("PS1 Status", "0x01", "ok", "10.1", "Power Supply (0x08)", "na", "na"),
    ("PS2 Status", "0x01", "ok", "10.2", "Power Supply (0x08)", "na", "na"),
    ("Intrusion", "0x00", "ok", "7.1", "Physical Security (0x05)", "na", "na"),
)


def hyperthreading(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    return json.dumps(int(call.db.get(host, "cpu_info").get("threads_per_core", "1")) > 1)


def local_srs(pool: Pool, host: str) -> Iterator[tuple[str, str, int]]:
    """(uuid, device, bytes) of what the host keeps on its own disks."""
    for pbd in pool.db.get(host, "PBDs"):
        sr = pool.db.record("SR", pool.db.get(pbd, "SR"))
        device = pool.db.get(pbd, "device_config").get("device", "")
        if sr["type"] in ("ext", "lvm", "xfs") and device:
            yield sr["uuid"], device, sr["physical_size"]


def partition(name: str, size: int, parent: str, mounted: str) -> dict[str, Any]:
    return {"name": name, "kname": name, "pkname": parent, "size": str(size), "type": "part", "ro": "0", "mountpoint": mounted}


def list_block_devices(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    parts = [partition(name, size * GIB, "sda", mounted) for name, size, mounted in DOM0]
    disks: dict[str, list[dict[str, Any]]] = {"sda": parts}
    for uuid, device, size in local_srs(call.pool, host):
        name = device.removeprefix("/dev/")
        disk = name.rstrip("0123456789")
        disks.setdefault(disk, []).append(partition(name, size, disk, f"/run/sr-mount/{uuid}"))
    shown = []
    for disk, children in disks.items():
        size = sum(int(child["size"]) for child in children)
        whole = {**partition(disk, size, "", ""), "type": "disk", "children": sorted(children, key=lambda child: str(child["name"]))}
        shown.append(whole)
    return json.dumps({"blockdevices": shown})


def disks_of(call: Call, host: str) -> list[str]:
    return [str(disk["name"]) for disk in json.loads(list_block_devices(call, host, {}))["blockdevices"]]


def health(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    return json.dumps({f"/dev/{disk}:scsi": "PASSED" for disk in disks_of(call, host)})


def information(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    """As smartctl -j -a writes it, of each disk."""
    now, uuid = int(call.clock.now()), str(call.db.get(host, "uuid"))
    boot = float(call.db.get(host, "other_config").get("boot_time", now))
    return json.dumps({f"/dev/{disk}:scsi": smart(disk, uuid, now, int(now - boot) // 3600) for disk in disks_of(call, host)})


def smart(disk: str, uuid: str, now: int, hours: int) -> dict[str, Any]:
    """`hours` since the boot of the machine; the disk has run for longer."""
    model, firmware = MODEL
    size = 1_920_383_410_176
    name = f"/dev/{disk}"
    argv = ["smartctl", "-j", "-a", "-d", "scsi", name]
    return {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 0], "svn_revision": "4883", "platform_info": "x86_64-linux-4.19.0+1", "build_info": "(local build)",
                     "argv": argv, "exit_status": 0},
        "device": {"name": name, "info_name": name, "type": "scsi", "protocol": "SCSI"},
        "model_name": model, "serial_number": f"S6{uuid[:8].upper()}{disk[-1].upper()}", "firmware_version": firmware,
        "user_capacity": {"blocks": size // 512, "bytes": size}, "logical_block_size": 512, "physical_block_size": 4096,
        "rotation_rate": 0, "local_time": {"time_t": now}, "smart_status": {"passed": True},
        "temperature": {"current": 31}, "power_on_time": {"hours": 9000 + hours}, "power_cycle_count": 17,
    }  # fmt: skip


def check_raid_pool(_call: Call, _host: str, _arguments: Mapping[str, str]) -> str:
    """No machine here has a software RAID."""
    return "{}"


def list_zfs_pools(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    """{pool: its properties}"""
    pools = {}
    for pbd in call.db.get(host, "PBDs"):
        sr = call.db.record("SR", call.db.get(pbd, "SR"))
        if sr["type"] == "zfs":
            location = call.db.get(pbd, "device_config").get("location", "/tank")
            used = sr["physical_utilisation"]
            pools[location.strip("/")] = {"type": "filesystem", "used": str(used), "available": str(sr["physical_size"] - used),
                                          "mounted": "yes", "mountpoint": location, "compression": "lz4"}  # fmt: skip
    return json.dumps(pools)


def is_ipmi_device_available(_call: Call, _host: str, _arguments: Mapping[str, str]) -> str:
    return json.dumps(True)


def get_all_sensors(_call: Call, _host: str, _arguments: Mapping[str, str]) -> str:
    return json.dumps([{"name": name, "value": value, "event": event} for name, value, event, *_ in SENSORS])


def get_sensor(_call: Call, _host: str, arguments: Mapping[str, str]) -> str:
    """Unknown ones are left out."""
    if not arguments.get("sensors"):
        return "{}"
    known = {sensor[0]: sensor for sensor in SENSORS}
    wanted = [name.strip() for name in arguments["sensors"].split(",")]
    return json.dumps([{"name": name, "info": closer(number, known[name])} for number, name in enumerate(wanted, 1) if name in known])


def closer(number: int, sensor: tuple[str, ...]) -> list[dict[str, str]]:
    name, value, event, entity, kind, low, high = sensor
    told = {"Sensor ID": f"{name} ({number:#x})", "Entity ID": entity, "Sensor Type (Threshold)": kind, "Sensor Reading": value,
            "Status": event, "Lower Critical": low, "Upper Critical": high}  # fmt: skip
    return [{"name": key, "value": said} for key, said in told.items()]


def get_ipmi_lan(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    uuid, number = str(call.db.get(host, "uuid")), list(call.db.rows("host")).index(host)
    told = {"IP Address Source": "Static Address", "IP Address": f"10.10.1.{101 + number}", "Subnet Mask": "255.255.255.0",
            "MAC Address": ":".join(["d0", "94", uuid[0:2], uuid[2:4], uuid[4:6], uuid[6:8]]),
            "BMC ARP Control": "ARP Responses Enabled, Gratuitous ARP Disabled", "Default Gateway IP": "10.10.1.1",
            "802.1q VLAN ID": "Disabled", "802.1q VLAN Priority": "0", "RMCP+ Cipher Suites": "3,17"}  # fmt: skip
    return json.dumps([{"name": name, "value": value} for name, value in told.items()])


HYPERTHREADING: Functions = {"get_hyperthreading": hyperthreading}
LSBLK: Functions = {"list_block_devices": list_block_devices}
SMARTCTL: Functions = {"information": information, "health": health}
RAID: Functions = {"check_raid_pool": check_raid_pool}
ZFS: Functions = {"list_zfs_pools": list_zfs_pools}
IPMITOOL: Functions = {
    "is_ipmi_device_available": is_ipmi_device_available, "get_all_sensors": get_all_sensors, "get_sensor": get_sensor,
    "get_ipmi_lan": get_ipmi_lan,
}  # fmt: skip
