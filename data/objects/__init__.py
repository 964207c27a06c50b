"""The classes of XAPI that the mirror keeps."""

from data.objects.device import PCI, PGPU, PUSB, VGPU, VTPM, VUSB, GPUGroup, USBGroup, VGPUType
from data.objects.event import Message, Task, TaskStatus
from data.objects.host import Certificate, Host, HostMetrics, Pool, PoolUpdate, Repository
from data.objects.network import PIF, VIF, VLAN, Bond, Network, PIFMetrics
from data.objects.storage import PBD, SM, SR, VBD, VDI
from data.objects.vm import VM, Appliance, Console, PowerState, VMGroup, VMGuestMetrics, VMMetrics
from data.types import XapiObject

KINDS: tuple[type[XapiObject], ...] = (
    Pool, Host, HostMetrics, Certificate, Repository, PoolUpdate, VM, VMMetrics, VMGuestMetrics, Console, Appliance, VMGroup,
    SR, PBD, VDI, VBD, SM, Network, PIF, PIFMetrics, Bond, VLAN, VIF,
    PCI, PGPU, GPUGroup, VGPUType, VGPU, PUSB, USBGroup, VUSB, VTPM, Task, Message,
)  # fmt: skip

__all__ = [
    "KINDS", "PBD", "PCI", "PGPU", "PIF", "PUSB", "SM", "SR", "VBD", "VDI", "VGPU", "VIF", "VLAN", "VM", "VTPM", "VUSB", "Appliance",
    "Bond", "Certificate", "Console", "GPUGroup", "Host",
    "HostMetrics", "Message", "Network", "PIFMetrics", "Pool", "PoolUpdate", "PowerState", "Repository", "Task", "TaskStatus", "USBGroup",
    "VGPUType", "VMGroup", "VMGuestMetrics", "VMMetrics",
]  # fmt: skip
