"""Names and numbers of virtual devices: disks' positions, what Linux calls them, MACs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LAST_DISK = 254
LAST_NIC = 15
BUSES = {"xvd": "xen", "sd": "scsi", "fd": "floppy", "hd": "ide"}
LINUX = re.compile(r"(xvd|sd|fd|hd)([a-z]+)(\d+)?$")
XEN = re.compile(r"d(\d+)(?:p(\d+))?$")
MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$")

Device = tuple[str, int, int]  # (bus, disk, partition)


def letters(number: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    high, low = divmod(number, 26)
    return (letters(high - 1) if high else "") + chr(ord("a") + low)


def number_of(text: str) -> int:
    """a -> 0, aa -> 26."""
    value = 0
    for char in text:
        value = value * 26 + ord(char) - ord("a") + 1
    return value - 1


def disk_name(userdevice: str) -> str:
    """What a Linux guest calls the disk at `userdevice`: 3 -> xvdd; names stay, hda is xvda."""
    if userdevice.isdigit():
        return "xvd" + letters(int(userdevice))
    return "xvd" + userdevice[2:] if userdevice.startswith("hd") else userdevice


def devices(name: str) -> frozenset[Device]:
    """All devices that `name` may mean: a number is an IDE and a Xen disk. None for what is no device."""
    if re.fullmatch(r"\d+", name):
        disk = int(name)
        if disk >= 1 << 20:
            return frozenset()
        return frozenset({("xen", disk, 0)} | ({("ide", disk, 0)} if disk < 4 else set()))
    if found := LINUX.match(name):
        return frozenset({(BUSES[found[1]], number_of(found[2]), int(found[3] or 0))})
    if found := XEN.match(name):
        return frozenset({("xen", int(found[1]), int(found[2] or 0))})
    return frozenset()


def is_disk_position(name: str, kind: str) -> bool:
    """May a VBD of this type have `name` as its userdevice?"""
    if name == "autodetect" or devices(name):
        return True
    return kind != "Floppy" and re.fullmatch(r"-?\d+", name) is not None


def used(names: Iterable[str]) -> frozenset[Device]:
    return frozenset(device for name in names for device in devices(name))


def free_disks(names: Iterable[str]) -> list[str]:
    """Positions that no VBD holds, given `device` and `userdevice` of all VBDs."""
    taken = used(names)
    return [str(n) for n in range(LAST_DISK + 1) if (("ide" if n < 4 else "xen"), n, 0) not in taken and ("xen", n, 0) not in taken]


def free_nics(held: Iterable[str]) -> list[str]:
    taken = set(held)
    return [str(n) for n in range(LAST_NIC + 1) if str(n) not in taken]


def generated_mac(seed: str, device: int) -> str:
    """The MAC that xapi makes from a VM's mac_seed: locally administered, unicast, the same for the same seed and device."""
    state = seed.encode()
    for _ in range(2 * device):
        state = hashlib.md5(state, usedforsecurity=False).digest()
    first = hashlib.md5(state, usedforsecurity=False).digest()
    second = hashlib.md5(first, usedforsecurity=False).digest()
    head = (first[0] | 0x02) & 0xFE
    return ":".join(f"{b:02x}" for b in (head, first[1], first[2], first[3], second[1], second[2]))


def is_mac(text: str) -> bool:
    return bool(MAC.match(text))
