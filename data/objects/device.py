"""Devices of hosts that VMs may have for themselves, and what of them a VM has."""

from __future__ import annotations

from typing import Annotated, ClassVar

from data.types import NULL_REF, Ref, XapiObject


class PCI(XapiObject):
    """A device in a host's slot; XAPI lists NICs, displays and storage controllers, not bridges."""

    xapi_class: ClassVar = "PCI"
    class_name: str = ""  # "3D controller"
    vendor_name: str = ""
    device_name: str = ""
    host: Annotated[Ref, "Host"] = NULL_REF
    pci_id: str = ""  # "0000:81:00.0": its address
    driver_name: str = ""  # of the control domain


class PGPU(XapiObject):
    """A graphics card of a host."""

    xapi_class: ClassVar = "PGPU"
    PCI: Annotated[Ref, "PCI"] = NULL_REF
    GPU_group: Annotated[Ref, "GPUGroup"] = NULL_REF
    host: Annotated[Ref, "Host"] = NULL_REF
    enabled_VGPU_types: Annotated[list[Ref], "VGPUType"] = []
    resident_VGPUs: Annotated[list[Ref], "VGPU"] = []
    is_system_display_device: bool = False  # the host's own screen


class GPUGroup(XapiObject):
    """Cards of one model in a pool: a VM is given one of a group."""

    xapi_class: ClassVar = "GPU_group"
    name_label: str = ""
    PGPUs: Annotated[list[Ref], "PGPU"] = []
    VGPUs: Annotated[list[Ref], "VGPU"] = []
    enabled_VGPU_types: Annotated[list[Ref], "VGPUType"] = []


class VGPUType(XapiObject):
    """How much of a card a VM gets; `passthrough` is all of it."""

    xapi_class: ClassVar = "VGPU_type"
    vendor_name: str = ""
    model_name: str = ""
    implementation: str = "passthrough"


class VGPU(XapiObject):
    """What a VM has of the cards of a group."""

    xapi_class: ClassVar = "VGPU"
    VM: Annotated[Ref, "VM"] = NULL_REF
    GPU_group: Annotated[Ref, "GPUGroup"] = NULL_REF
    type: Annotated[Ref, "VGPUType"] = NULL_REF
    resident_on: Annotated[Ref, "PGPU"] = NULL_REF
    currently_attached: bool = False


class PUSB(XapiObject):
    """A device in a USB socket of a host."""

    xapi_class: ClassVar = "PUSB"
    USB_group: Annotated[Ref, "USBGroup"] = NULL_REF
    host: Annotated[Ref, "Host"] = NULL_REF
    path: str = ""  # "1-2": its socket
    vendor_desc: str = ""
    product_desc: str = ""
    serial: str = ""
    description: str = ""
    passthrough_enabled: bool = False  # VMs may have it, the control domain not


class USBGroup(XapiObject):
    """A USB device as VMs are given it; one for each PUSB."""

    xapi_class: ClassVar = "USB_group"
    name_label: str = ""
    PUSBs: Annotated[list[Ref], "PUSB"] = []
    VUSBs: Annotated[list[Ref], "VUSB"] = []


class VUSB(XapiObject):
    """A USB device that a VM has, from its next start on."""

    xapi_class: ClassVar = "VUSB"
    VM: Annotated[Ref, "VM"] = NULL_REF
    USB_group: Annotated[Ref, "USBGroup"] = NULL_REF
    currently_attached: bool = False


class VTPM(XapiObject):
    """A security chip of a VM; keys of its guest are in it."""

    xapi_class: ClassVar = "VTPM"
    VM: Annotated[Ref, "VM"] = NULL_REF
