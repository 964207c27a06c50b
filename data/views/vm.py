"""A VM as it is shown. Amounts are bytes, moments epoch seconds; what nobody knows is -1, None or ""."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple, TypeVar

from data import dependencies, vms
from data.devices import Device, DeviceKind, devices_of
from data.facts import vm as facts
from data.facts.host import is_live
from data.findings.registry import FindingRegistry
from data.history import History
from data.level import Level
from data.names import name_of, pool_name
from data.objects import VBD, VM, Appliance, Host, Pool, Task
from data.placement import is_guest
from data.types import Ref
from data.views.moving import ELSEWHERE, moves_to
from data.views.things import GUEST, NAME, POOL_NAME, Thing, maybe, tags_of, thing, via
from data.views.view import FINDINGS, HISTORY, Fact, View, is_present

V = TypeVar("V")

HOST: Final = ("power_state", "resident_on.name_label", "resident_on.hostname", "resident_on.uuid")
STATE: Final = ("power_state", "resident_on.metrics.live")
AGENT: Final = ("power_state", "guest_metrics.networks")
SR: Final = ("VBDs.VDI.SR.name_label", "VBDs.VDI.SR.uuid")
NETWORK: Final = ("VIFs.network.name_label", "VIFs.network.bridge", "VIFs.network.uuid")


DEVICES: Final = (
    "other_config", *via("attached_PCIs", "pci_id"),
    *via("VGPUs", "currently_attached", "type.model_name", "type.implementation", "GPU_group.name_label", "GPU_group.PGPUs.host"),
    *via("VUSBs", "currently_attached", "USB_group.name_label"),
    *via("VUSBs.USB_group.PUSBs", "host", "path", "vendor_desc", "product_desc", "description"),
    *via("PCI", "pci_id", "host", "vendor_name", "device_name", "class_name"), *via("Host", "name_label", "hostname"),
)  # fmt: skip


class DiskView(NamedTuple):
    """A disk or drive, with what is in it."""

    vbd: str  # uuid
    vdi: str  # uuid; "" for an empty drive, or a disk that is gone
    name: str  # of what is in it
    position: str  # "0", "1" ...: in its VM
    device: str  # xvda, while it is attached
    is_disk: bool  # not a CD or floppy drive
    is_cd: bool
    is_attached: bool
    is_read_only: bool
    is_missing: bool  # its SR no longer has it
    size: int  # as the guest sees it
    used: int  # on the SR, with the nodes below it; -1 if the driver cannot tell
    sr: Thing | None

    @property
    def is_empty(self) -> bool:
        return not self.vdi


class NicView(NamedTuple):
    """A NIC, and the addresses that the agent in the guest tells of it: IPv4 first."""

    vif: str  # uuid
    device: str  # "0", "1" ...: its place in its VM
    mac: str
    network: Thing | None
    addresses: tuple[str, ...]
    is_attached: bool


class DeviceView(NamedTuple):
    """A device of a host that it has for itself, from its next start on."""

    kind: DeviceKind
    name: str
    address: str  # of a PCI device or a USB socket; "" where it is one of several
    hosts: tuple[Thing, ...]  # where it can have it
    is_attached: bool
    row: Thing | None  # what is taken away; None for a PCI device


class DependencyView(NamedTuple):
    """One thing that it hangs on, see `data.dependencies`."""

    kind: dependencies.DependencyKind
    level: Level
    what: str
    on: Thing | None
    host: Thing | None


def progress_of(vm: VM) -> float:
    tasks = (vm.home.one(Task, Ref(ref)) for ref in vm.current_operations)
    return min((task.progress for task in tasks if task is not None), default=0.0)


def disk_of(drive: vms.Drive) -> DiskView:
    vbd, vdi, sr = drive
    return DiskView(
        vbd=vbd.uuid, vdi=vdi.uuid if vdi else "", name=name_of(vdi) if vdi else "", position=vbd.userdevice, device=vbd.device,
        is_disk=drive.is_disk, is_cd=vbd.type == "CD", is_attached=vbd.currently_attached, is_read_only=vbd.mode == "RO",
        is_missing=vdi is not None and vdi.missing, size=vdi.virtual_size if vdi else -1, used=vms.disk_used(vdi) if vdi else -1,
        sr=maybe(sr),
    )  # fmt: skip


def nic_of(nic: vms.Nic) -> NicView:
    vif = nic.vif
    return NicView(vif.uuid, vif.device, vif.MAC, maybe(nic.network), nic.addresses, vif.currently_attached)


def device_of(device: Device) -> DeviceView:
    return DeviceView(device.kind, device.name, device.address, tuple(map(thing, device.hosts)), device.is_attached, maybe(device.row))


def dependency_of(dependency: dependencies.Dependency) -> DependencyView:
    return DependencyView(dependency.kind, dependencies.level_of(dependency), dependency.what, maybe(dependency.on), maybe(dependency.host))


class _Fact(Fact[VM, V]):
    pass


class VMView(View[VM]):
    """Everything that is shown of a VM."""

    kind: ClassVar = VM

    present = _Fact(is_present)
    """False once it is deleted; all else stays as it was last."""
    is_guest = _Fact(is_guest, *GUEST)

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
    load = _Fact(lambda vm: vm.home.part(History).loads.get(vm.uuid), HISTORY)
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
        lambda vm: tuple(disk_of(drive) for drive in vms.drives_of(vm)), "VBDs.type", "VBDs.userdevice", "VBDs.device", "VBDs.mode",
        "VBDs.empty", "VBDs.currently_attached", "VBDs.VDI.name_label", "VBDs.VDI.virtual_size", "VBDs.VDI.physical_utilisation",
        "VBDs.VDI.missing", "VBDs.VDI.sm_config", *SR,
    )  # fmt: skip
    """Disks by position, then CD drives."""
    disk_count = _Fact(lambda vm: sum(vbd.type == "Disk" for vbd in vm.all_of(VBD, vm.VBDs)), "VBDs.type")
    nic_count = _Fact(lambda vm: len(vm.VIFs), "VIFs")
    nics = _Fact(
        lambda vm: tuple(nic_of(nic) for nic in vms.nics_of(vm)), "VIFs.device", "VIFs.MAC", "VIFs.currently_attached", *NETWORK, *AGENT
    )
    macs = _Fact(lambda vm: tuple(vif.MAC for vif in vms.vifs_of(vm)), "VIFs.device", "VIFs.MAC")
    devices = _Fact(lambda vm: tuple(map(device_of, devices_of(vm))), *DEVICES)
    """GPUs, PCI and USB devices of hosts."""
    snapshot_count = _Fact(lambda vm: len(vm.snapshots), "snapshots")
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
    pool_has_ha = _Fact(lambda vm: any(pool.ha_enabled for pool in vm.home.all(Pool).values()), "Pool.ha_enabled")
    blocked = _Fact(lambda vm: tuple(vm.blocked_operations), "blocked_operations")
    """Operations that somebody forbade, as XAPI calls them."""
    needs_restart = _Fact(lambda vm: vm.requires_reboot, "requires_reboot")
    """For its new settings."""
    level = _Fact(lambda vm: vm.home.part(FindingRegistry).mark(vm), FINDINGS)
    """The worst that is told of it."""
