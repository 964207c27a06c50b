"""Virtual machines, and what belongs to them alone."""

from __future__ import annotations

from typing import Annotated, ClassVar

from data.types import NEVER, NULL_REF, Count, Int, Ref, XapiDate, XapiEnum, XapiObject


class PowerState(XapiEnum):
    HALTED = "Halted"
    PAUSED = "Paused"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    UNKNOWN = "unknown"


class VM(XapiObject):
    """A virtual machine; also a template, a snapshot (both flags set), or a host's control domain."""

    xapi_class: ClassVar = "VM"
    name_label: str = ""
    name_description: str = ""
    power_state: PowerState = PowerState.HALTED
    is_a_template: bool = False
    is_default_template: bool = False
    is_a_snapshot: bool = False
    is_control_domain: bool = False
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation
    blocked_operations: dict[str, str] = {}  # operation -> the reason someone gave
    resident_on: Annotated[Ref, "Host"] = NULL_REF
    scheduled_to_be_resident_on: Annotated[Ref, "Host"] = NULL_REF
    affinity: Annotated[Ref, "Host"] = NULL_REF  # the host it prefers
    memory_overhead: Count = 0  # bytes Xen needs on top
    memory_static_max: Count = 0  # bytes
    memory_dynamic_max: Count = 0  # bytes
    memory_dynamic_min: Count = 0  # bytes
    memory_static_min: Count = 0  # bytes
    VCPUs_max: Count = 0
    VCPUs_at_startup: Count = 0
    VCPUs_params: dict[str, str] = {}  # weight, cap (per cent of a CPU), mask
    VBDs: Annotated[list[Ref], "VBD"] = []
    VIFs: Annotated[list[Ref], "VIF"] = []
    VGPUs: Annotated[list[Ref], "VGPU"] = []
    consoles: Annotated[list[Ref], "Console"] = []
    VTPMs: Annotated[list[Ref], "VTPM"] = []
    VUSBs: Annotated[list[Ref], "VUSB"] = []
    attached_PCIs: Annotated[list[Ref], "PCI"] = []
    metrics: Annotated[Ref, "VMMetrics"] = NULL_REF
    guest_metrics: Annotated[Ref, "VMGuestMetrics"] = NULL_REF
    snapshot_of: Annotated[Ref, "VM"] = NULL_REF
    snapshots: Annotated[list[Ref], "VM"] = []
    snapshot_time: XapiDate = NEVER
    snapshot_info: dict[str, str] = {}
    parent: Annotated[Ref, "VM"] = NULL_REF  # the snapshot it grew from
    children: Annotated[list[Ref], "VM"] = []
    suspend_VDI: Annotated[Ref, "VDI"] = NULL_REF
    tags: list[str] = []
    other_config: dict[str, str] = {}
    platform: dict[str, str] = {}
    HVM_boot_params: dict[str, str] = {}
    HVM_boot_policy: str = ""
    domain_type: str = "unspecified"
    ha_restart_priority: str = ""
    appliance: Annotated[Ref, "Appliance"] = NULL_REF
    groups: Annotated[list[Ref], "VMGroup"] = []
    order: Int = 0
    start_delay: Count = 0  # seconds
    shutdown_delay: Count = 0  # seconds
    requires_reboot: bool = False
    recommendations: str = ""  # XML: limits that its template gives
    pending_guidances: list[str] = []  # after updates of its host; see data.guidance
    pending_guidances_recommended: list[str] = []
    pending_guidances_full: list[str] = []


class VMMetrics(XapiObject):
    """What a VM uses now; made with the VM."""

    xapi_class: ClassVar = "VM_metrics"
    memory_actual: Count = 0  # bytes
    VCPUs_number: Count = 0
    start_time: XapiDate = NEVER  # of this boot
    install_time: XapiDate = NEVER
    hvm: bool = False
    current_domain_type: str = "unspecified"


class VMGuestMetrics(XapiObject):
    """What the agent in the guest reports. Outlives a shutdown: stale while the VM is halted."""

    xapi_class: ClassVar = "VM_guest_metrics"
    os_version: dict[str, str] = {}
    networks: dict[str, str] = {}  # "0/ip", "0/ipv4/0", "0/ipv6/1" -> address, by VIF.device
    PV_drivers_version: dict[str, str] = {}
    PV_drivers_detected: bool = False
    other: dict[str, str] = {}
    live: bool = False


class Console(XapiObject):
    """A console of a running VM; a new one at each boot."""

    xapi_class: ClassVar = "console"
    protocol: str = "rfb"
    location: str = ""
    VM: Annotated[Ref, "VM"] = NULL_REF


class VMGroup(XapiObject):
    """VMs whose place depends on each other's; pools have them from XenServer 8 on."""

    xapi_class: ClassVar = "VM_group"
    name_label: str = ""
    placement: str = "normal"  # anti_affinity: on different hosts, as far as there are enough
    VMs: Annotated[list[Ref], "VM"] = []


class Appliance(XapiObject):
    """A group of VMs that start and stop together."""

    xapi_class: ClassVar = "VM_appliance"
    name_label: str = ""
    name_description: str = ""
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation
    VMs: Annotated[list[Ref], "VM"] = []
