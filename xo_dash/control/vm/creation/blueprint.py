"""A new VM with every value decided: what was said, else what its template has, else what its pool suggests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from data.facts.network import is_for_vms
from data.facts.pool import own_pool
from data.names import name_order
from data.objects import PIF, SR, VBD, VDI, VIF, VM, Host, Network
from data.types import Home
from xo_dash.control.cloud_init.config import CloudInit, GuestNic
from xo_dash.control.cloud_init.config_drive import config_drives
from xo_dash.control.sr.choice import default_sr, disk_srs
from xo_dash.control.vm.creation.request import CreateVM, NewDisk, NewNic

DISKS: Final = "disks"
"""In a template's other_config: the disks that VMs made of it get, `<provision><disk device="0" size="8589934592" .../></provision>`."""
ELEMENT: Final = re.compile(r"<disk\b([^<>]{0,500})/?>")
ATTRIBUTE: Final = re.compile(r"""\b(\w{1,20})=["']([^"']{0,100})["']""")
MOST_DISKS: Final = 16
CD: Final = "CD"
CD_POSITIONS: Final = ("3", *map(str, range(1, 256)))
"""Where a CD drive is put: the usual place, else the first that is free. Source: XenCenter and xapi's own CLI put it at 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryBlueprint:
    """Bytes: least and usual, and what it may have at most; `static_min` the guest is never below."""

    static_min: int
    dynamic_min: int
    dynamic_max: int
    static_max: int

    @property
    def is_fixed(self) -> bool:
        return self.dynamic_min == self.dynamic_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """`original`: the template's, which is cloned. `existing`: one that is attached as it is."""

    position: str
    name: str  # "" where the VM's name decides: see `called`
    size: int  # bytes; 0 where nobody said
    sr: SR | None
    original: VDI | None = None
    existing: VDI | None = None

    @property
    def is_fresh(self) -> bool:
        return self.original is None and self.existing is None

    def called(self, vm: str, number: int) -> str:
        """Its name, as the disk of that number, from 1, of the VM."""
        return (self.name or ("{name} root" if number == 1 else f"{{name}} disk {number}")).replace("{name}", vm)[:255]


@dataclass(frozen=True, slots=True, kw_only=True)
class NicBlueprint:
    """A NIC. `original`: the template's, which stays as it is cloned; `replaces`: it goes, and this comes in its place."""

    device: str
    network: Network | None
    mac: str
    original: VIF | None = None
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What is made for a request."""

    source: VM
    names: tuple[str, ...]
    copy_to: SR | None  # where all disks of the template are copied to, instead of being cloned
    memory: MemoryBlueprint
    vcpus: int
    cores_per_socket: int  # 0: the template says nothing
    firmware: str  # "" of a paravirtual one
    secure_boot: bool
    vtpm: bool
    disks: tuple[Disk, ...]
    cards: tuple[NicBlueprint, ...]
    drive: VBD | None  # the CD drive that it has of its template
    config_drives: tuple[VBD, ...]  # disks of its template that cloud-init reads
    iso: VDI | None
    boot_order: str  # "" stays as it is
    host: Host | None
    cloud_init: CloudInit | None
    config_sr: SR | None  # where the disk for cloud-init is made

    @property
    def nics(self) -> tuple[GuestNic, ...]:
        return tuple(GuestNic(card.mac) for card in self.cards)

    @property
    def used_positions(self) -> set[str]:
        of_template = [*self.config_drives, *([self.drive] if self.drive is not None else [])]
        return {disk.position for disk in self.disks} | {drive.userdevice for drive in of_template}

    @property
    def cd_position(self) -> str:
        return next(position for position in CD_POSITIONS if position not in self.used_positions)

    @property
    def config_position(self) -> str:
        taken = self.used_positions | {self.cd_position}
        return next(position for position in map(str, range(1, 255)) if position not in taken)


def blueprint(request: CreateVM, home: Home) -> Blueprint | None:
    """None while its template is not there."""
    source = home.by_uuid(VM, request.template)
    if source is None:
        return None
    disks = tuple(_disks(request, source))
    firmware = (request.firmware or firmware_of(source)) if is_hvm(source) else ""
    vcpus = request.vcpus or max(1, source.VCPUs_max)
    return Blueprint(
        source=source,
        names=request.names,
        copy_to=_copy_to(disks),
        memory=_memory(request, source),
        vcpus=vcpus,
        cores_per_socket=request.cores_per_socket or cores_of(source, vcpus),
        firmware=firmware,
        secure_boot=firmware == "uefi" and (secure_boot_of(source) if request.secure_boot is None else request.secure_boot),
        vtpm=request.vtpm and not source.VTPMs,
        disks=disks,
        cards=tuple(_cards(request, source)),
        drive=next((vbd for vbd in source.all_of(VBD, source.VBDs) if vbd.type == CD), None),
        config_drives=tuple(config_drives(source)),
        iso=home.by_uuid(VDI, request.iso) if request.iso else None,
        boot_order="ncd" if request.network_boot else "",
        host=home.by_uuid(Host, request.host) if request.host else None,
        cloud_init=request.cloud_init,
        config_sr=next((disk.sr for disk in disks if disk.sr is not None), suggested_sr(home)),
    )


# ---- what a template says


def is_hvm(source: VM) -> bool:
    """Source: an empty HVM_boot_policy makes a VM paravirtual."""
    return source.domain_type in ("hvm", "pvh") or bool(source.HVM_boot_policy)


def firmware_of(source: VM) -> str:
    return "uefi" if source.HVM_boot_params.get("firmware") == "uefi" else "bios"


def secure_boot_of(source: VM) -> bool:
    return source.platform.get("secureboot") in ("true", "auto")


def cores_of(source: VM, vcpus: int) -> int:
    """What the template has, where it divides the number."""
    told = source.platform.get("cores-per-socket", "")
    cores = int(told) if told.isascii() and told.isdigit() and len(told) < 4 else 0
    return cores if cores and vcpus % cores == 0 else 0


def disks_of(source: VM) -> tuple[NewDisk, ...]:
    """The disks that a VM made of it has: clones of its own, else what it only describes."""
    own = [
        NewDisk(position=vbd.userdevice, size=max(1, vdi.virtual_size), sr=sr.uuid if sr else None)
        for vbd, vdi in template_disks(source)
        for sr in [source.home.one(SR, vdi.SR)]
    ]
    return tuple(own) if own else tuple(NewDisk(size=size) for size in described_disks(source.other_config.get(DISKS, "")))


def template_disks(source: VM) -> list[tuple[VBD, VDI]]:
    """By position; without what cloud-init reads, which is no disk that people choose."""
    drives = config_drives(source)
    found = [(vbd, source.home.one(VDI, vbd.VDI)) for vbd in sorted(source.all_of(VBD, source.VBDs), key=_position)]
    return [(vbd, vdi) for vbd, vdi in found if vbd.type == "Disk" and vdi is not None and vbd not in drives]


def described_disks(text: str) -> list[int]:
    """Bytes of each, by position; hostile or broken entries are left out."""
    found: list[tuple[int, int]] = []
    for element in ELEMENT.findall(text[:20_000])[:MOST_DISKS]:
        told = dict(ATTRIBUTE.findall(element))
        size, device = told.get("size", ""), told.get("device", "")
        if size.isascii() and size.isdigit() and device.isascii() and device.isdigit() and len(device) < 4 and 0 < len(size) < 16:
            found.append((int(device), min(max(int(size), 1), 1 << 50)))
    return [size for _device, size in sorted(found)]


def nics_of(source: VM) -> tuple[NewNic, ...]:
    """Those of the template, else one on the network of the pool's management."""
    own = [
        NewNic(network=network.uuid)
        for vif in sorted(source.all_of(VIF, source.VIFs), key=_device)
        if (network := source.home.one(Network, vif.network)) is not None
    ]
    usual = default_network(source.home)
    return tuple(own) or ((NewNic(network=usual.uuid),) if usual is not None else ())


def _position(vbd: VBD) -> tuple[int, str]:
    return (int(vbd.userdevice) if vbd.userdevice.isascii() and vbd.userdevice.isdigit() else 999, vbd.ref)


def _device(vif: VIF) -> tuple[int, str]:
    return (int(vif.device) if vif.device.isascii() and vif.device.isdigit() else 999, vif.ref)


# ---- what a pool suggests


def suggested_sr(home: Home) -> SR | None:
    """The pool's default, if it holds disks; else the roomiest that all hosts reach."""
    srs = [sr for sr, _label in disk_srs(home)]
    chosen = default_sr(home)
    return chosen if chosen in srs else next(iter(srs), None)


def default_network(home: Home) -> Network | None:
    """That of the master's management, else the first by name that has a port; else, where ports are not seen, the first by name."""
    pool = own_pool(home)
    ports = [pif for pif in home.all(PIF).values() if pif.management]
    of_master = next((pif for pif in ports if pool is not None and pif.host == pool.master), next(iter(ports), None))
    found = home.one(Network, of_master.network) if of_master is not None else None
    return found or next(iter(networks_in(home)), None)


def networks_in(home: Home) -> list[Network]:
    """Those that VMs can be on: with a port first, by name."""
    found = [one for one in home.all(Network).values() if is_for_vms(one)]
    return sorted(found, key=lambda one: (not one.PIFs, name_order(one)))


# ---- what was said, and what follows


def _memory(request: CreateVM, source: VM) -> MemoryBlueprint:
    if request.memory is None and request.memory_min is None and request.memory_max is None:
        return MemoryBlueprint(
            static_min=min(source.memory_static_min, source.memory_dynamic_min), dynamic_min=source.memory_dynamic_min,
            dynamic_max=source.memory_dynamic_max, static_max=source.memory_static_max,
        )  # fmt: skip
    usual = request.memory or source.memory_dynamic_max
    least = request.memory_min or usual
    return MemoryBlueprint(
        static_min=min(source.memory_static_min, least), dynamic_min=least, dynamic_max=usual, static_max=request.memory_max or usual
    )


def _disks(request: CreateVM, source: VM) -> Iterator[Disk]:
    """Those of the template that nobody mentioned stay as they are."""
    home = source.home
    own = {vbd.userdevice: vdi for vbd, vdi in template_disks(source)}
    wanted = disks_of(source) if request.disks is None else request.disks
    said = {disk.position: disk for disk in wanted if disk.position in own}
    for position, vdi in own.items():
        disk = said.get(position, NewDisk())
        sr = home.by_uuid(SR, disk.sr) if disk.sr else home.one(SR, vdi.SR)
        yield Disk(position=position, name=disk.name or "", size=disk.size or vdi.virtual_size, sr=sr, original=vdi)
    cd = {vbd.userdevice for vbd in source.all_of(VBD, source.VBDs) if vbd.type == CD}
    taken = {*own, *cd, *(vbd.userdevice for vbd in config_drives(source))}
    free = (str(number) for number in range(255) if str(number) not in taken and (number != 3 or cd))
    for disk in wanted:
        if disk.position not in own:
            existing = home.by_uuid(VDI, disk.vdi) if disk.vdi else None
            sr = home.one(SR, existing.SR) if existing else home.by_uuid(SR, disk.sr) if disk.sr else suggested_sr(home)
            size = existing.virtual_size if existing else disk.size or 0
            yield Disk(position=next(free), name=disk.name or "", size=size, sr=sr, existing=existing)


def _copy_to(disks: tuple[Disk, ...]) -> SR | None:
    """A disk of the template goes to another SR: then all are copied there."""
    return next((disk.sr for disk in disks if disk.original is not None and disk.sr is not None and disk.sr.ref != disk.original.SR), None)


def _cards(request: CreateVM, source: VM) -> Iterator[NicBlueprint]:
    home = source.home
    own = sorted(source.all_of(VIF, source.VIFs), key=_device)
    wanted = nics_of(source) if request.nics is None else request.nics
    taken = [vif.device for vif in own]
    fresh = (str(number) for number in range(99) if str(number) not in taken)
    for number, nic in enumerate(wanted):
        network = home.by_uuid(Network, nic.network)
        old = own[number] if number < len(own) else None
        stays = old is not None and network is not None and old.network == network.ref and not nic.mac
        device = old.device if old is not None else next(fresh)
        replaces = old is not None and not stays
        mac = nic.mac.strip().lower().replace("-", ":")
        yield NicBlueprint(device=device, network=network, mac=mac, original=old, replaces=replaces)


def dropped_cards(plan: Blueprint) -> list[VIF]:
    """NICs of the template that nobody wants."""
    kept = {card.original for card in plan.cards}
    return [vif for vif in sorted(plan.source.all_of(VIF, plan.source.VIFs), key=_device) if vif not in kept]
