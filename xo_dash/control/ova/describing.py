"""VMs of XAPI in the words of an OVF, for other products; what these do not know is left out.

Source: DSP0243 (OVF 1.1); CIM's resource types; what VirtualBox and VMware accept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from xo_dash.control.ova.ovf import CPU, DISK, MEMORY, NIC, Startup

SATA: Final = "20"
SPACES: Final = (
    'xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"'
    ' xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"'
    ' xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"'
    ' xmlns:vmw="http://www.vmware.com/schema/ovf"'
)
FORMAT: Final = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
ANY_64_BIT: Final = 102
"""Of CIM's operating systems: which one it is decides nothing here."""


@dataclass(frozen=True, slots=True)
class DescribedDisk:
    """`href`: its file in the archive."""

    href: str
    capacity: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedVM:
    """`nics`: the networks by name."""

    name: str
    description: str
    vcpus: int
    memory: int  # bytes
    is_uefi: bool
    disks: tuple[DescribedDisk, ...]
    nics: tuple[str, ...]
    startup: Startup


def described(vms: Sequence[DescribedVM], group: str = "") -> bytes:
    """The OVF. `group`: what they are called together, where they belong together."""
    disks = [disk for vm in vms for disk in vm.disks]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>', f"<Envelope {SPACES}>", "<References>",
        *(f"<File ovf:id={_quoted(f'file{number}')} ovf:href={_quoted(disk.href)}/>" for number, disk in enumerate(disks, 1)),
        "</References>", "<DiskSection><Info>Disks</Info>",
        *(
            f'<Disk ovf:capacity="{disk.capacity}" ovf:diskId="disk{number}" ovf:fileRef="file{number}" ovf:format="{FORMAT}"/>'
            for number, disk in enumerate(disks, 1)
        ),
        "</DiskSection>", "<NetworkSection><Info>Networks</Info>",
        *(f"<Network ovf:name={_quoted(name)}/>" for name in dict.fromkeys(name for vm in vms for name in vm.nics)), "</NetworkSection>",
        *_systems(vms, group), "</Envelope>", "",
    ]  # fmt: skip
    return "\n".join(lines).encode()


def _systems(vms: Sequence[DescribedVM], group: str) -> Iterator[str]:
    if group:
        yield f'<VirtualSystemCollection ovf:id="group"><Info>VMs</Info><Name>{_text(group)}</Name>'
        yield "<StartupSection><Info>Start order</Info>"
        for number, vm in enumerate(vms, 1):
            startup = vm.startup
            yield (
                f'<Item ovf:id="vm{number}" ovf:order="{startup.order}" ovf:startDelay="{startup.start_delay}"'
                f' ovf:stopDelay="{startup.shutdown_delay}" ovf:startAction="powerOn" ovf:stopAction="guestShutdown"/>'
            )
        yield "</StartupSection>"
    first = 1
    for number, vm in enumerate(vms, 1):
        yield from _system(vm, number, range(first, first + len(vm.disks)))
        first += len(vm.disks)
    if group:
        yield "</VirtualSystemCollection>"


def _system(vm: DescribedVM, number: int, disks: Iterable[int]) -> Iterator[str]:
    yield f'<VirtualSystem ovf:id="vm{number}"><Info>VM</Info><Name>{_text(vm.name)}</Name>'
    if vm.description:
        yield f"<AnnotationSection><Info>Description</Info><Annotation>{_text(vm.description)}</Annotation></AnnotationSection>"
    yield f'<OperatingSystemSection ovf:id="{ANY_64_BIT}"><Info>System</Info></OperatingSystemSection>'
    yield "<VirtualHardwareSection><Info>Hardware</Info>"
    yield f"<System>{_fields('vssd', ElementName='Hardware', InstanceID='0', VirtualSystemType='vmx-10')}</System>"
    yield _item(1, CPU, ElementName=f"{vm.vcpus} vCPUs", AllocationUnits="hertz * 10^6", VirtualQuantity=vm.vcpus)
    yield _item(2, MEMORY, ElementName="Memory", AllocationUnits="byte * 2^20", VirtualQuantity=vm.memory >> 20)
    yield _item(3, SATA, ElementName="SATA controller", ResourceSubType="vmware.sata.ahci", Address=0)
    for place, disk in enumerate(disks):
        yield _item(4 + place, DISK, ElementName=f"Disk {place}", HostResource=f"ovf:/disk/disk{disk}", Parent=3, AddressOnParent=place)
    for place, network in enumerate(vm.nics):
        yield _item(
            4 + len(vm.disks) + place,
            NIC,
            ElementName=f"NIC {place}",
            Connection=network,
            ResourceSubType="E1000",
            AutomaticAllocation="true",
        )
    if vm.is_uefi:
        yield '<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>'
    yield "</VirtualHardwareSection></VirtualSystem>"


def _item(instance: int, kind: str, **fields: object) -> str:
    return f"<Item>{_fields('rasd', **fields, InstanceID=instance, ResourceType=kind)}</Item>"


def _fields(space: str, **fields: object) -> str:
    """In the order of the alphabet, which the schema wants."""
    return "".join(f"<{space}:{name}>{_text(str(value))}</{space}:{name}>" for name, value in sorted(fields.items()))


def _text(text: str) -> str:
    """What XML can carry of it."""
    return escape("".join(letter for letter in text if letter.isprintable() or letter in "\n\t"))


def _quoted(text: str) -> str:
    return quoteattr("".join(letter for letter in text if letter.isprintable()))
