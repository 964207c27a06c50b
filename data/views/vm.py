"""A VM as it is shown. Amounts are bytes, moments epoch seconds; what nobody knows is -1, None or ""."""

from __future__ import annotations

from typing import ClassVar, Final, TypeVar

from data import dependencies, vms
from data.chains import deepest
from data.configuration import SETTINGS, settings_of
from data.consoles import Protocol, console_of, present
from data.devices import devices_of
from data.facts import vm as facts
from data.facts.host import is_live
from data.facts.pool import has_ha
from data.facts.sr import used_share
from data.facts.vm import is_guest
from data.failover import srs_of
from data.findings.registry import FindingRegistry
from data.guidance import FIELDS as GUIDANCE
from data.guidance import waiting_among
from data.history import History
from data.names import name_of, pool_name
from data.objects import VBD, VM, Appliance, Host, PowerState, Task
from data.pending import pending_of
from data.trash import is_trashed
from data.types import Ref
from data.views.moving import ELSEWHERE, moves_to
from data.views.snapshot import snapshots_of
from data.views.things import GUEST, NAME, POOL_NAME, maybe, tags_of, via
from data.views.view import FINDINGS, HISTORY, Fact, View, is_present
from data.views.vm_parts import dependency_of, device_of, disks_of, nic_of

V = TypeVar("V")

HOST: Final = ("power_state", "resident_on.name_label", "resident_on.hostname", "resident_on.uuid")
STATE: Final = ("power_state", "resident_on.metrics.live")
AGENT: Final = ("power_state", "guest_metrics.networks")
SR: Final = ("VBDs.VDI.SR.name_label", "VBDs.VDI.SR.uuid")
NETWORK: Final = ("VIFs.network.name_label", "VIFs.network.bridge", "VIFs.network.uuid")
NIC_NAME: Final = ("VIFs.VM", "name_label", "uuid")
SNAPSHOTS: Final = via(
    "snapshots", "name_label", "uuid", "name_description", "snapshot_time", "parent", "other_config", "is_a_snapshot",
    "suspend_VDI.virtual_size", "suspend_VDI.physical_utilisation", "suspend_VDI.managed", "suspend_VDI.sharable", "suspend_VDI.VBDs.VM",
    "VBDs.type", *via("VBDs.VDI", "physical_utilisation", "managed", "sharable", "VBDs.VM"),
)  # fmt: skip
CHAINS: Final = ("VBDs.type", "VBDs.VDI.sm_config", "snapshot_of", "snapshots")

DEVICES: Final = (
    "other_config", *via("attached_PCIs", "pci_id"),
    *via("VGPUs", "currently_attached", "type.model_name", "type.implementation", "GPU_group.name_label", "GPU_group.PGPUs.host"),
    *via("VUSBs", "currently_attached", "USB_group.name_label"),
    *via("VUSBs.USB_group.PUSBs", "host", "path", "vendor_desc", "product_desc", "description"),
    *via("PCI", "pci_id", "host", "vendor_name", "device_name", "class_name"), *via("Host", "name_label", "hostname"),
)  # fmt: skip


def progress_of(vm: VM) -> float:
    tasks = (vm.home.one(Task, Ref(ref)) for ref in vm.current_operations)
    return min((task.progress for task in tasks if task is not None), default=0.0)


def takes(vm: VM) -> tuple[object, ...]:
    return vm.power_state, vm.allowed_operations, tuple(vm.current_operations.values()), tuple(vm.blocked_operations)


def fullest_sr(vm: VM) -> tuple[str, float] | None:
    """(the name of the fullest SR of its disks, how full that is)"""
    shares = [(name_of(sr), share) for sr in dict.fromkeys(srs_of(vm)) if (share := used_share(sr)) is not None]
    return max(shares, key=lambda pair: pair[1], default=None)


class _Fact(Fact[VM, V]):
    pass


class VMView(View[VM]):
    """Everything that is shown of a VM."""

    kind: ClassVar = VM

    present = _Fact(is_present)
    """False once it is deleted; all else stays as it was last."""
    is_guest = _Fact(is_guest, *GUEST)
    is_trashed = _Fact(is_trashed, "other_config")

    # ---- what it is called

    name = _Fact(name_of, *NAME)
    description = _Fact(lambda vm: vm.name_description.strip(), "name_description")
    tags = _Fact(tags_of, "tags")
    notes = _Fact(vms.notes_of, "other_config")
    custom_fields = _Fact(vms.custom_fields, "other_config")
    """[(name, value)] by name."""
    template = _Fact(vms.template_name, "other_config")
    """What it was made from."""

    # ---- how it is, and where

    state = _Fact(facts.state_of, *STATE)
    is_up = _Fact(facts.is_up, "power_state")
    """Whether it is on a host: it runs, or is paused."""
    is_running = _Fact(lambda vm: vm.power_state is PowerState.RUNNING, "power_state")
    """As its pool says, whether its host is heard or not."""
    operations = _Fact(lambda vm: tuple(vm.current_operations.values()), "current_operations")
    """What is under way, as XAPI calls it: `clean_shutdown`."""
    progress = _Fact(progress_of, "current_operations.progress")
    """Of that which is least far, 0 to 1."""
    started = _Fact(vms.started_at, "power_state", "metrics.start_time")
    host = _Fact(lambda vm: maybe(facts.host_of(vm)), *HOST)
    """Where it runs."""
    host_is_heard = _Fact(lambda vm: (host := facts.host_of(vm)) is None or is_live(host), *STATE)
    preferred_host = _Fact(lambda vm: maybe(vm.home.one(Host, vm.affinity)), "affinity.name_label", "affinity.hostname")
    moves_to = _Fact(
        moves_to, "resident_on", "power_state", "allowed_operations", "attached_PCIs", "VGPUs", *ELSEWHERE, "VBDs.empty",
        "VBDs.VDI.SR.is_tools_sr", "VBDs.VDI.SR.name_label", "VIFs.network.PIFs", "VIFs.network.name_label",
    )  # fmt: skip
    """Where it can go while it runs."""
    pool = _Fact(lambda vm: pool_name(vm.home), *POOL_NAME)
    """Its name."""
    is_fresh = _Fact(lambda vm: vm.home.server.is_live, "Server.state")
    """Whether the picture is of now: its pool is connected."""

    # ---- what its guest tells

    address = _Fact(facts.address_of, *AGENT)
    """The one to try first."""
    addresses = _Fact(lambda vm: tuple(facts.addresses_of(vm)), *AGENT)
    os = _Fact(vms.os_name, "guest_metrics.os_version")
    tools = _Fact(
        facts.tools_of, "power_state", "guest_metrics.networks", "guest_metrics.os_version", "guest_metrics.PV_drivers_version",
        "guest_metrics.PV_drivers_detected", "guest_metrics.live",
    )  # fmt: skip
    load = _Fact(lambda vm: vm.home.part(History).load(vm.uuid), HISTORY)
    """What was measured last."""

    # ---- what it has

    vcpus = _Fact(facts.vcpus_of, "power_state", "VCPUs_at_startup", "VCPUs_max", "metrics.VCPUs_number")
    vcpus_max = _Fact(lambda vm: vm.VCPUs_max, "VCPUs_max")
    cores_per_socket = _Fact(vms.cores_per_socket, "platform")
    memory = _Fact(facts.memory_of, "memory_dynamic_max", "memory_dynamic_min")
    memory_least = _Fact(lambda vm: vm.memory_dynamic_min, "memory_dynamic_min")
    memory_most = _Fact(lambda vm: vm.memory_static_max, "memory_static_max")
    """What it could be given without a restart."""
    memory_is_fixed = _Fact(vms.has_fixed_memory, "memory_dynamic_max", "memory_dynamic_min")
    disk_total = _Fact(vms.disk_total, "VBDs.type", "VBDs.empty", "VBDs.VDI.virtual_size")
    disks = _Fact(
        disks_of, "other_config", "VBDs.bootable", "VBDs.VDI.name_description", "VBDs.VDI.SR.physical_size",
        "VBDs.VDI.SR.physical_utilisation", "VBDs.type", "VBDs.userdevice", "VBDs.device", "VBDs.mode",
        "VBDs.empty", "VBDs.currently_attached", "VBDs.VDI.name_label", "VBDs.VDI.virtual_size", "VBDs.VDI.physical_utilisation",
        "VBDs.VDI.missing", "VBDs.VDI.sm_config", *SR,
    )  # fmt: skip
    """Disks by position, then CD drives."""
    disk_count = _Fact(lambda vm: sum(vbd.type == "Disk" for vbd in vm.all_of(VBD, vm.VBDs)), "VBDs.type")
    nic_count = _Fact(lambda vm: len(vm.VIFs), "VIFs")
    nics = _Fact(
        lambda vm: tuple(nic_of(nic) for nic in vms.nics_of(vm)), "VIFs.device", "VIFs.MAC", "VIFs.currently_attached",
        "VIFs.qos_algorithm_type", "VIFs.qos_algorithm_params", "VIFs.locking_mode", "VIFs.ipv4_allowed", "VIFs.ipv6_allowed",
        *NIC_NAME, *NETWORK, *AGENT,
    )  # fmt: skip
    macs = _Fact(lambda vm: tuple(vif.MAC for vif in vms.vifs_of(vm)), "VIFs.device", "VIFs.MAC")
    devices = _Fact(lambda vm: tuple(map(device_of, devices_of(vm))), *DEVICES)
    """GPUs, PCI and USB devices of hosts."""
    snapshot_of = _Fact(lambda vm: maybe(vm.home.one(VM, vm.snapshot_of)), "snapshot_of.name_label", "snapshot_of.uuid")
    """Of a snapshot the VM that it was taken of."""
    snapshot_count = _Fact(lambda vm: len(vm.snapshots), "snapshots")
    snapshots = _Fact(snapshots_of, "parent", "name_label", "suspend_VDI", *SNAPSHOTS)
    """As the tree in which they grew, the present last."""
    chain_depth = _Fact(deepest, *CHAINS)
    """Of the disks in the longest chain of its own."""
    dependencies = _Fact(
        lambda vm: tuple(dependency_of(dependency) for dependency in dependencies.dependencies_of(vm)), "VBDs.type", "VBDs.userdevice",
        "VBDs.empty", "VBDs.VDI.name_label",
        "VBDs.VDI.SR.shared", "VBDs.VDI.SR.PBDs.host", "VBDs.VDI.SR.PBDs.currently_attached", "VIFs.device",
        "VIFs.network.PIFs.metrics.carrier", "VIFs.network.PIFs.host", "attached_PCIs", "VGPUs", *SR, *NETWORK, *HOST, FINDINGS,
    )  # fmt: skip
    """What it cannot run, or cannot move, without; trouble first."""

    # ---- how it is set up

    firmware = _Fact(vms.firmware_of, "domain_type", "HVM_boot_policy", "HVM_boot_params", "platform")
    boot_order = _Fact(vms.boot_order, "domain_type", "HVM_boot_policy", "HVM_boot_params")
    """Some of `data.vms.BOOT_DEVICES`."""
    auto_start = _Fact(vms.auto_start, "other_config", "Pool.other_config")
    appliance = _Fact(lambda vm: maybe(vm.home.one(Appliance, vm.appliance)), "appliance.name_label", "appliance.uuid")
    """The group of VMs that it starts and stops with: a vApp."""
    order = _Fact(lambda vm: vm.order, "order")
    start_delay = _Fact(lambda vm: vm.start_delay, "start_delay")
    """Seconds."""
    restarts = _Fact(lambda vm: vm.ha_restart_priority, "ha_restart_priority")
    """By HA: `restart`, `best-effort`, or ""."""
    pool_has_ha = _Fact(lambda vm: has_ha(vm.home), "Pool.ha_enabled")
    cpu_weight = _Fact(vms.cpu_weight, "VCPUs_params")
    cpu_cap = _Fact(vms.cpu_cap, "VCPUs_params")
    """Percent of one CPU; 0 for no limit."""
    memory_floor = _Fact(lambda vm: vm.memory_static_min, "memory_static_min")
    shutdown_delay = _Fact(lambda vm: vm.shutdown_delay, "shutdown_delay")
    """Seconds."""
    has_vtpm = _Fact(lambda vm: bool(vm.VTPMs), "VTPMs")
    configuration = _Fact(settings_of, *SETTINGS)
    """{XAPI's name of a setting: its value}, to be compared with a snapshot's."""
    folder = _Fact(vms.folder_of, "other_config")
    pending = _Fact(
        pending_of, "other_config", "power_state", "VCPUs_at_startup", "metrics.VCPUs_number", "VBDs.VDI.virtual_size", "VBDs.VDI.uuid"
    )
    """What waits for its next restart."""
    takes = _Fact(takes, "power_state", "allowed_operations", "current_operations", "blocked_operations")
    """What decides which commands it takes now: what offers them follows this."""

    # ---- its console, and what protects it

    screen = _Fact(lambda vm: present(vm).standing, *STATE, "consoles.protocol", "current_operations", "Server.state")
    """How its graphic console stands."""
    has_screen = _Fact(lambda vm: console_of(vm, Protocol.GRAPHIC) is not None, "consoles.protocol")
    has_text_console = _Fact(lambda vm: console_of(vm, Protocol.TEXT) is not None, "consoles.protocol")
    fullest_sr = _Fact(
        fullest_sr, "VBDs.empty", "VBDs.VDI.SR.physical_size", "VBDs.VDI.SR.physical_utilisation", "VBDs.VDI.SR.is_tools_sr",
        "VBDs.VDI.SR.content_type", "VBDs.VDI.SR.type", *SR,
    )  # fmt: skip
    is_protected = _Fact(lambda vm: vms.is_protected(vm, vms.DELETION), "blocked_operations")
    """From deletion."""
    blocked = _Fact(lambda vm: tuple(vm.blocked_operations), "blocked_operations")
    """Operations that somebody forbade, as XAPI calls them."""
    needs_restart = _Fact(lambda vm: vm.requires_reboot, "requires_reboot")
    """For its new settings."""
    waiting_vms = _Fact(lambda vm: waiting_among((vm,)), *STATE, *GUIDANCE)
    """Itself, if it is to be restarted for updates of its host to work."""
    level = _Fact(lambda vm: vm.home.part(FindingRegistry).mark(vm), FINDINGS)
    """The worst that is told of it."""
