"""What a VM depends on: the things beside its host that it cannot run, or cannot move, without."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from data.facts.network import LinkLevel, link_of
from data.facts.vm import is_up
from data.findings.storage import fill_level
from data.level import Level
from data.names import name_of
from data.objects import PBD, PIF, SR, VM, Host, PowerState
from data.types import XapiObject
from data.vms import Drive, drives_of, nics_of


class DependencyKind(StrEnum):
    LOCAL_DISK = "local_disk"  # the disk `what` is on the SR `on`, which only `host` reaches
    CD = "cd"  # the image `what` of the SR `on` is in its drive
    DEVICE = "device"  # a device of its host is passed through
    UNPLUGGED = "unplugged"  # `on` is not attached to `host`
    FULL = "full"  # `on` has hardly any room left
    GONE = "gone"  # the disk in position `what` is no longer there
    NO_LINK = "no_link"  # the network `on` has no link on `host`


NO_LINK = frozenset({LinkLevel.DOWN, LinkLevel.SPARE})
"""Whatever else uses the port: the VM does."""
TROUBLE = frozenset({DependencyKind.UNPLUGGED, DependencyKind.FULL, DependencyKind.GONE, DependencyKind.NO_LINK})


class Dependency(NamedTuple):
    kind: DependencyKind
    what: str = ""
    on: XapiObject | None = None
    host: Host | None = None


def level_of(dependency: Dependency) -> Level:
    """How grave it is: as the finding about the same, or that it is only good to know."""
    if dependency.kind is DependencyKind.FULL and isinstance(dependency.on, SR):
        return fill_level(dependency.on)
    return Level.CRITICAL if dependency.kind in TROUBLE else Level.INFORMATION


def dependencies_of(vm: VM) -> list[Dependency]:
    """Trouble first; each said once."""
    host = vm.home.one(Host, vm.resident_on) if is_up(vm) else None
    found = [*_of_disks(vm, host), *_of_networks(vm, host)]
    if vm.attached_PCIs or vm.VGPUs:
        found.append(Dependency(DependencyKind.DEVICE, host=host))
    return sorted(dict.fromkeys(found), key=lambda dependency: dependency.kind not in TROUBLE)


def _of_disks(vm: VM, host: Host | None) -> Iterator[Dependency]:
    for drive in drives_of(vm):
        if drive.is_disk and drive.vdi is None:
            yield Dependency(DependencyKind.GONE, drive.vbd.userdevice)
        elif drive.vdi is not None and drive.sr is not None:
            yield from _of_drive(drive, name_of(drive.vdi), drive.sr, host)


def _of_drive(drive: Drive, name: str, sr: SR, host: Host | None) -> Iterator[Dependency]:
    paths = sr.all_of(PBD, sr.PBDs)
    if not drive.is_disk:
        if not sr.is_tools_sr:
            yield Dependency(DependencyKind.CD, name, sr)
    elif not sr.shared and len(paths) == 1:
        yield Dependency(DependencyKind.LOCAL_DISK, name, sr, sr.home.one(Host, paths[0].host))
    if not any(path.currently_attached for path in paths if host is None or path.host == host.ref):
        yield Dependency(DependencyKind.UNPLUGGED, "", sr, host)
    if drive.is_disk and fill_level(sr) is Level.CRITICAL:
        yield Dependency(DependencyKind.FULL, "", sr)


def _of_networks(vm: VM, host: Host | None) -> Iterator[Dependency]:
    if host is None or vm.power_state is not PowerState.RUNNING:
        return
    for nic in nics_of(vm):
        if nic.network is None:
            continue
        ports = [pif for pif in nic.network.all_of(PIF, nic.network.PIFs) if pif.host == host.ref]
        if ports and all(link_of(port) in NO_LINK for port in ports):
            yield Dependency(DependencyKind.NO_LINK, "", nic.network, host)
