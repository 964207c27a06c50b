"""lvm.py: volumes of a host: those that its SRs lie on, and those that a client makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..call import Call
from ..errors import XapiError
from .hardware import GIB, local_srs
from .script import Functions, failure, kept, needed

Volumes = dict[str, dict[str, Any]]
EMPTY = 480 * GIB  # of a disk that nothing is on


def wrong(told: str, code: int = 5) -> XapiError:
    return failure(f"  {told}\n", f"LVM_ERROR({code})")


def groups(call: Call, host: str) -> Volumes:
    """{group: [devices, sizes]} of the host's own SRs and of what was made here."""
    found: Volumes = {}
    for uuid, device, size in local_srs(call.pool, host):
        found[f"XSLocalEXT-{uuid}"] = {"devices": [device], "capacity": size, "free": 0, "lvs": 1}
    for pbd in call.db.get(host, "PBDs"):
        sr = call.db.record("SR", call.db.get(pbd, "SR"))
        config = call.db.get(pbd, "device_config")
        if sr["type"] in ("lvmoiscsi", "lvmohba") and call.db.get(pbd, "currently_attached"):
            found[f"VG_XenStorage-{sr['uuid']}"] = {
                "devices": [f"/dev/mapper/{config.get('SCSIid', '')}"], "capacity": sr["physical_size"],
                "free": sr["physical_size"] - sr["physical_utilisation"], "lvs": len(sr["VDIs"]) + 1,
            }  # fmt: skip
    made: Volumes = kept(call, host, "lvm").setdefault("groups", {})
    return {**found, **made}


def list_physical_volumes(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    found = {}
    for name, group in groups(call, host).items():
        for device in group["devices"]:
            share = len(group["devices"])
            found[device] = {"vg_name": name, "format": "lvm2", "attributes": "a--", "capacity": group["capacity"] // share,
                             "free": group["free"] // share}  # fmt: skip
    loose = [device for device in kept(call, host, "lvm").setdefault("devices", []) if device not in found]
    found |= {device: {"vg_name": "", "format": "lvm2", "attributes": "---", "capacity": EMPTY, "free": EMPTY} for device in loose}
    return json.dumps(found)


def list_volume_groups(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    """All, or the one that is asked for: `{}` where there is none."""
    wanted = arguments.get("vg_name")
    shown = {}
    for name, group in groups(call, host).items():
        if wanted in (None, "", name):
            shown[name] = {"pv_count": len(group["devices"]), "lv_count": group["lvs"], "sn_count": 0, "attributes": "wz--n-",
                           "capacity": group["capacity"], "free": group["free"]}  # fmt: skip
    return json.dumps(shown)


def volumes(call: Call, name: str, group: Mapping[str, Any]) -> dict[str, int]:
    """{volume: bytes}: those of a client, an SR's disks and its own notes, or the one that holds a file system."""
    if "volumes" in group:
        return dict.fromkeys(group["volumes"], group["capacity"])
    sr = name.partition("-")[2]
    if name.startswith("XSLocalEXT"):
        return {sr: group["capacity"]}
    vdis = (call.db.record("VDI", vdi) for vdi in call.db.get(call.db.by_uuid("SR", sr), "VDIs"))
    return {"MGT": 4 << 20, **{f"VHD-{vdi['uuid']}": vdi["physical_utilisation"] for vdi in vdis}}


def list_logical_volumes(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    wanted, found = arguments.get("vg_name"), {}
    if wanted and wanted not in groups(call, host):
        raise failure("Command failed with code: 5", 5, f'Volume group "{wanted}" not found')
    for name, group in groups(call, host).items():
        if wanted in (None, "", name):
            for volume, size in volumes(call, name, group).items():
                attributes = "twi-a-tz--" if group.get("volumes") else "-wi-ao----"
                found[volume] = {"vg_name": name, "attributes": attributes, "capacity": size, "pool": ""}
    return json.dumps(found)


def create_physical_volume(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    devices = kept(call, host, "lvm").setdefault("devices", [])
    forced = arguments.get("force", "").lower() in ("y", "yes", "t", "true", "on", "1")
    for device in needed(arguments, "devices").split(","):
        if not device.startswith("/dev/"):
            raise wrong(f"Device {device} not found.")
        used = [name for name, group in groups(call, host).items() if device in group["devices"]]
        if used and not forced:
            raise wrong(f'Can\'t initialize physical volume "{device}" of volume group "{used[0]}" without -ff')
        if device not in devices:
            devices.append(device)
    return "{}"


def create_volume_group(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    name, devices = needed(arguments, "vg_name"), needed(arguments, "devices").split(",")
    if name in groups(call, host):
        raise wrong(f"A volume group called {name} already exists.")
    group = {"devices": devices, "capacity": EMPTY * len(devices), "free": EMPTY * len(devices), "lvs": 0, "volumes": []}
    kept(call, host, "lvm").setdefault("groups", {})[name] = group
    return "{}"


def destroy_volume_group(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    """Of those that a client made; the others are in use."""
    name, made = needed(arguments, "vg_name"), kept(call, host, "lvm").setdefault("groups", {})
    if name not in made:
        if name in groups(call, host):
            raise wrong(f"Logical volume {name} in use.")
        if arguments.get("force"):
            return "{}"
        raise wrong(f'Volume group "{name}" not found')
    del made[name]
    return "{}"


def create_thin_pool(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    name, volume = needed(arguments, "vg_name"), needed(arguments, "lv_name")
    group = kept(call, host, "lvm").setdefault("groups", {}).get(name)
    if group is None:
        raise wrong(f'Volume group "{name}" not found')
    group["volumes"].append(volume)
    group.update(free=0, lvs=group["lvs"] + 1)
    return "{}"


FUNCTIONS: Functions = {
    "list_physical_volumes": list_physical_volumes, "list_volume_groups": list_volume_groups, "list_logical_volumes": list_logical_volumes,
    "create_physical_volume": create_physical_volume, "create_volume_group": create_volume_group,
    "destroy_volume_group": destroy_volume_group, "create_thin_pool": create_thin_pool,
}  # fmt: skip
