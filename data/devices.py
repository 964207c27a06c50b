"""Which devices of hosts VMs have for themselves. Pure, computed on read."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from data.objects import PCI, PGPU, PUSB, VGPU, VM, VUSB, GPUGroup, Host, USBGroup, VGPUType
from data.types import Home, XapiObject

PCI_KEY: Final = "pci"
"""In a VM's other_config: `0/0000:81:00.0,0/0000:82:00.0`. Source: xapi's pciops; Xen Orchestra writes it too."""


class DeviceKind(StrEnum):
    GPU = "gpu"
    PCI = "pci"
    USB = "usb"


class Device(NamedTuple):
    """One that a VM has; it can be taken away by `row` (VGPU, VUSB), a PCI device by its address."""

    kind: DeviceKind
    name: str
    address: str  # of a PCI device or a USB socket; "" where it is one of several
    hosts: tuple[Host, ...]  # where the VM can have it
    is_attached: bool
    row: XapiObject | None


def devices_of(vm: VM) -> list[Device]:
    return [*_gpus(vm), *_pcis(vm), *_usbs(vm)]


def _gpus(vm: VM) -> Iterator[Device]:
    for vgpu in vm.all_of(VGPU, vm.VGPUs):
        group, kind = vm.home.one(GPUGroup, vgpu.GPU_group), vm.home.one(VGPUType, vgpu.type)
        cards = vm.all_of(PGPU, group.PGPUs) if group else []
        hosts = dict.fromkeys(host for card in cards if (host := vm.home.one(Host, card.host)) is not None)
        share = kind.model_name if kind is not None and kind.implementation != "passthrough" else ""
        name = " · ".join(filter(None, (card_name(group) if group else "", share)))
        yield Device(DeviceKind.GPU, name, "", tuple(hosts), vgpu.currently_attached, vgpu)


def _pcis(vm: VM) -> Iterator[Device]:
    attached = {pci.pci_id for pci in vm.all_of(PCI, vm.attached_PCIs)}
    for address in pci_addresses(vm):
        found = [pci for pci in vm.home.all(PCI).values() if pci.pci_id == address]
        hosts = tuple(host for pci in found if (host := vm.home.one(Host, pci.host)) is not None)
        yield Device(DeviceKind.PCI, pci_name(found[0]) if found else "", address, hosts, address in attached, None)


def _usbs(vm: VM) -> Iterator[Device]:
    for vusb in vm.all_of(VUSB, vm.VUSBs):
        group = vm.home.one(USBGroup, vusb.USB_group)
        sticks = vm.all_of(PUSB, group.PUSBs) if group else []
        hosts = tuple(host for stick in sticks if (host := vm.home.one(Host, stick.host)) is not None)
        name = usb_name(sticks[0]) if sticks else group.name_label if group else ""
        yield Device(DeviceKind.USB, name, sticks[0].path if sticks else "", hosts, vusb.currently_attached, vusb)


def pci_addresses(vm: VM) -> list[str]:
    """Addresses of the PCI devices that it gets at its next start, in the order of its guest."""
    parts = (part.strip().partition("/") for part in vm.other_config.get(PCI_KEY, "").split(","))
    return list(dict.fromkeys(address for _slot, _slash, address in parts if address))


def pci_users(home: Home, host: Host, address: str) -> list[VM]:
    """VMs that get that device of `host`: those that name it, whose affinity is no other host."""
    named = [vm for vm in home.all(VM).values() if not vm.is_a_snapshot and address in pci_addresses(vm)]
    return [vm for vm in named if home.one(Host, vm.affinity) in (None, host)]


def pci_name(pci: PCI) -> str:
    return " ".join(filter(None, (pci.vendor_name, pci.device_name))) or pci.class_name or pci.pci_id


def usb_name(stick: PUSB) -> str:
    return " ".join(filter(None, (stick.vendor_desc, stick.product_desc))) or stick.description or stick.path


def card_name(group: GPUGroup) -> str:
    """`NVIDIA Corporation TU104GL [Tesla T4]`: xapi calls the group after its cards."""
    return group.name_label.removeprefix("Group of ").removesuffix(" GPUs")
