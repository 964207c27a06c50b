"""What runs inside VMs: systems as their agents name them, and the templates they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .classes.vm_guest import GuestSystem

LINUX_TOOLS = ("8", "3", "0", "1")
WINDOWS_TOOLS = ("9", "3", "3", "125")


@dataclass(frozen=True, slots=True)
class System:
    """`family` is linux, windows or other; `template` the one that its VMs came from."""

    guest: GuestSystem
    template: str
    family: str = "linux"
    uefi: bool = False
    pv: bool = False
    disk: str = "system"


def _linux(name: str, distro: str, major: str, minor: str, uname: str, *, tools: bool = True) -> GuestSystem:
    os = (("name", name), ("uname", uname), ("distro", distro), ("major", major), ("minor", minor))
    return GuestSystem(os, LINUX_TOOLS, tools)


def _windows(name: str, major: str, minor: str, *, tools: bool = True) -> GuestSystem:
    path = "C:\\Windows|\\Device\\Harddisk0\\Partition2"
    os = (("name", f"{name}|{path}"), ("distro", "windows"), ("major", major), ("minor", minor), ("spmajor", "0"), ("spminor", "0"))
    return GuestSystem(os, WINDOWS_TOOLS, tools)


SYSTEMS: Mapping[str, System] = {
    "debian13": System(_linux("Debian GNU/Linux 13 (trixie)", "debian", "13", "1", "6.12.48+deb13-amd64"), "Debian Trixie 13"),
    "debian12": System(_linux("Debian GNU/Linux 12 (bookworm)", "debian", "12", "11", "6.1.0-40-amd64"), "Debian Bookworm 12"),
    "ubuntu": System(_linux("Ubuntu 24.04.3 LTS", "ubuntu", "24", "04", "6.8.0-85-generic"), "Ubuntu Noble Numbat 24.04", uefi=True),
    "alma": System(_linux("AlmaLinux 9.6 (Sage Margay)", "almalinux", "9", "6", "5.14.0-570.49.1.el9_6.x86_64"), "AlmaLinux 9"),
    "alpine": System(_linux("Alpine Linux v3.22", "alpine", "3", "22", "6.12.51-0-virt"), "Other install media"),
    "haos": System(_linux("Home Assistant OS 16.2", "haos", "16", "2", "6.12.43-haos"), "Other install media", uefi=True),
    "freebsd": System(_linux("FreeBSD 14.3-RELEASE", "freebsd", "14", "3", "14.3-RELEASE"), "Other install media", "other"),
    "pfsense": System(_linux("pfSense", "freebsd", "15", "0", "15.0-CURRENT", tools=False), "Other install media", "other"),
    "centos5": System(_linux("CentOS release 5.11 (Final)", "centos", "5", "11", "2.6.18-398.el5xen", tools=False), "Other install media",
                      pv=True),
    "win2022": System(_windows("Microsoft Windows Server 2022 Standard", "10", "0"), "Windows Server 2022 (64-bit)", "windows", uefi=True),
    "win11": System(_windows("Microsoft Windows 11 Pro", "10", "0"), "Windows 11", "windows", uefi=True),
    "win10": System(_windows("Microsoft Windows 10 Pro", "10", "0"), "Windows 10 (64-bit)", "windows"),
    "win7": System(_windows("Microsoft Windows 7 Professional", "6", "1", tools=False), "Other install media", "windows"),
}  # fmt: skip
