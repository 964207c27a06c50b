"""A VM's domain comes and goes: everything that changes with it, whoever caused it."""

from __future__ import annotations

from typing import Any

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import cpu_features, pif_state, vif_lease, vm_guest, vm_hardware, vm_memory
from .devices import disk_name

GENERIC_BIOS = {
    "bios-vendor": "Xen", "bios-version": "", "system-manufacturer": "Xen", "system-product-name": "HVM domU", "system-version": "",
    "system-serial-number": "", "baseboard-manufacturer": "", "baseboard-product-name": "", "baseboard-version": "",
    "baseboard-serial-number": "", "baseboard-asset-tag": "", "baseboard-location-in-chassis": "", "enclosure-asset-tag": "",
    "hp-rombios": "", "oem-1": "Xen", "oem-2": "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d",
}  # fmt: skip


UPSTREAM = ("qemu-upstream-compat", "qemu-upstream-uefi", "qemu-upstream")


def prepare(pool: Pool, vm: str, *, booting: bool) -> None:
    """What a start settles before it looks for a host; a resume has less to settle."""
    record = pool.db.record("VM", vm)
    settled: dict[str, Any] = {}
    if record["domain_type"] == "unspecified":
        settled["domain_type"] = "hvm" if record["HVM_boot_policy"] else "pv"
    if booting:
        if not record["bios_strings"]:
            settled["bios_strings"] = dict(GENERIC_BIOS)
        settled["memory_overhead"] = vm_memory.overhead({**record, **settled})
    pool.db.set(vm, **settled)


def check_platform(pool: Pool, vm: str, *, force: bool) -> None:
    """What the host does with the platform before it boots the VM: it fills in, then finds out what does not go together."""
    record = pool.db.record("VM", vm)
    platform = dict(record["platform"])
    uefi = record["HVM_boot_params"].get("firmware") == "uefi"
    model = "qemu-upstream-uefi" if uefi else "qemu-upstream-compat"
    if record["domain_type"] == "hvm" and platform.setdefault("device-model", model) == "qemu-trad":
        platform["device-model"] = model
    if platform.get("secureboot") == "auto":
        platform["secureboot"] = str(bool(pool.db.get(pool.ref, "uefi_certificates"))).lower()
    pool.db.set(vm, platform=platform)
    if record["VUSBs"] and (found := platform.get("device-model", "undefined")) not in UPSTREAM:
        raise XapiError("INVALID_VALUE", "platform:device-model when vm has VUSBs", found)
    nested = platform.get("nested-virt", "false").lower()
    if nested in ("true", "1") and not force:
        pinned = record["memory_dynamic_min"] == record["memory_dynamic_max"] == record["memory_static_max"]
        if not pinned or record["memory_static_min"] > record["memory_dynamic_min"]:
            raise XapiError("MEMORY_CONSTRAINT_VIOLATION_MAXPIN", "nested virt")
    if nested not in ("true", "1", "false", "0"):
        raise XapiError("INVALID_VALUE", "platform:nested-virt", platform["nested-virt"])
    if platform.get("device-model") == "qemu-upstream-uefi" and not uefi:
        raise XapiError("INVALID_VALUE", "platform:device-model", "BIOS boot is not supported with qemu-upstream-uefi")
    if record["domain_type"] != "pv" and "cores-per-socket" in platform:
        check_cores(record["VCPUs_max"], platform["cores-per-socket"])


def check_cores(vcpus: int, cores: str) -> None:
    """Sockets are all of one size."""
    try:
        fits = int(cores) >= 1 and vcpus % int(cores) == 0
    except ValueError:
        raise XapiError("INVALID_VALUE", "platform:cores-per-socket", cores) from None
    if not fits:
        raise XapiError("VCPU_MAX_NOT_CORES_PER_SOCKET_MULTIPLE", vcpus, cores)


def next_domid(pool: Pool, host: str) -> int:
    counts: dict[str, int] = pool.facts.setdefault("domids", {})
    counts[host] = counts.get(host, 0) + 1
    return counts[host]


def built(pool: Pool, vm: str, host: str, *, paused: bool = False, booted: bool = True) -> None:
    """The VM has a domain on `host` now; `booted` is false when it came from elsewhere or from its suspend image."""
    db = pool.db
    record = db.record("VM", vm)
    if booted:
        plug_all(pool, record)
    vm_hardware.attach(pool, vm, host)
    for vif in record["VIFs"]:
        pif_state.attach_network(pool, db.get(vif, "network"), host)
        vif_lease.give(pool, vif)
    fields: dict[str, Any] = {
        "power_state": "Paused" if paused else "Running",
        "resident_on": host,
        "scheduled_to_be_resident_on": NULL,
        "domid": next_domid(pool, host),
        "memory_target": record["memory_dynamic_max"],
    }
    if booted:
        fields |= {"pending_guidances": [], "pending_guidances_recommended": [], "pending_guidances_full": []}
        fields["last_boot_CPU_flags"] = cpu_features.booted(pool, record, host)
    db.set(vm, **fields)
    open_consoles(pool, vm, host)
    measure(pool, vm, booted=booted)
    vm_guest.open_metrics(pool, vm)
    vm_memory.tell_unused(db, *{record["resident_on"], host})
    if booted or not vm_guest.has_reported(pool, record):
        vm_guest.expect_agent(pool, vm)  # an agent that has not reported yet will do so to the new domain
    refresh_all(pool, vm)


def plug_all(pool: Pool, record: Record) -> None:
    for vbd in record["VBDs"]:
        pool.db.set(vbd, currently_attached=True, device=disk_name(pool.db.get(vbd, "userdevice")))
    for vif in record["VIFs"]:
        pool.db.set(vif, currently_attached=True)


def measure(pool: Pool, vm: str, *, booted: bool) -> None:
    """VM_metrics of a VM that runs."""
    record = pool.db.record("VM", vm)
    kind = record["domain_type"]
    fields: dict[str, Any] = {
        "memory_actual": record["memory_dynamic_max"],
        "VCPUs_number": record["VCPUs_at_startup"],
        "hvm": kind == "hvm",
        "current_domain_type": kind,
        "nested_virt": record["platform"].get("nested-virt", "").lower() in ("true", "1"),
        "nomigrate": record["platform"].get("nomigrate", "").lower() in ("true", "1"),
        "last_updated": pool.clock.iso(),
    }
    if booted:
        fields["start_time"] = pool.clock.iso()
    if record["metrics"] == NULL or not pool.db.exists(record["metrics"]):
        pool.db.set(vm, metrics=pool.db.create("VM_metrics", {"VCPUs_utilisation": {"0": 0.0}, **fields}))
    else:
        pool.db.set(record["metrics"], **fields)


def open_consoles(pool: Pool, vm: str, host: str) -> None:
    """New ones at every boot: a screen and a serial line."""
    close_consoles(pool, vm)
    for protocol in ("rfb", "vt100"):
        locate(pool, pool.db.create("console", {"protocol": protocol, "VM": vm}), host)


def locate(pool: Pool, console: str, host: str) -> None:
    """Where the console is: a URL of its host, which old xapis write with the reference."""
    which = f"ref={console}" if pool.dialect.console_by_ref else f"uuid={pool.db.get(console, 'uuid')}"
    pool.db.set(console, location=f"{pool.origin(pool.db.get(host, 'address'))}/console?{which}")


def close_consoles(pool: Pool, vm: str) -> None:
    for console in list(pool.db.get(vm, "consoles")):
        pool.db.destroy(console)


def gone(pool: Pool, vm: str, state: str = "Halted") -> None:
    """The domain is no more: the VM is Halted, or Suspended with its devices as they were."""
    db = pool.db
    fields: dict[str, Any] = {
        "power_state": state,
        "resident_on": NULL,
        "scheduled_to_be_resident_on": NULL,
        "domid": -1,
        "memory_target": 0,
    }
    if state == "Halted":
        record = db.record("VM", vm)
        for device in (*record["VBDs"], *record["VIFs"]):
            db.set(device, currently_attached=False)
        fields["requires_reboot"] = False
        vm_hardware.release(pool, vm)
    home = db.get(vm, "resident_on")
    db.set(vm, **fields)
    close_consoles(pool, vm)
    metrics = db.get(vm, "metrics")
    if metrics != NULL and db.exists(metrics):
        db.set(metrics, VCPUs_number=0, hvm=False, current_domain_type="unspecified", memory_actual=0, last_updated=pool.clock.iso())
    vm_memory.tell_unused(db, home)
    refresh_all(pool, vm)


def refresh_all(pool: Pool, vm: str) -> None:
    """allowed_operations of the VM, its devices, its disks and its appliance."""
    record = pool.db.record("VM", vm)
    if pool.db.exists(record["appliance"]):
        pool.refresh(record["appliance"])
    vdis = [pool.db.get(vbd, "VDI") for vbd in record["VBDs"]]
    pool.refresh(vm, *record["VTPMs"], *record["VBDs"], *record["VIFs"], *record["VUSBs"], *(v for v in vdis if v != NULL))


def reboot(pool: Pool, vm: str) -> None:
    """The same host, a new domain."""
    vm_guest.forget_metrics(pool, vm)
    built(pool, vm, pool.db.get(vm, "resident_on"))


def shut_down_by_itself(pool: Pool, vm: str) -> None:
    """The guest powered itself off: no call, no message, only the change."""
    pool.db.set(vm, current_operations={})
    if not pool.db.get(pool.ref, "ha_reboot_vm_on_internal_shutdown"):
        pool.db.set(vm, ha_always_run=False)
    gone(pool, vm)
