"""Memory of VMs and hosts: the overhead of a VM, its limits, and what a host has left. Bytes, where nothing else is said."""

from __future__ import annotations

from collections.abc import Iterable

from ..database import Database, Record
from ..errors import XapiError
from ..types import NULL

MIB = 1 << 20
PAGES_A_MIB = 256


def mib_of_pages(pages: int) -> int:
    return -(-pages // PAGES_A_MIB)


def overhead(vm: Record) -> int:
    """What Xen needs for a VM besides its memory: shadow pages by size and vCPUs, and a little more."""
    static_max = -(-vm["memory_static_max"] // MIB)
    vcpus = vm["VCPUs_max"]
    pv = vm["domain_type"] == "pv"
    shadow = mib_of_pages(PAGES_A_MIB * vcpus + 2 * static_max)
    shadow = max(1, int(shadow * (1.0 if pv else vm["HVM_shadow_multiplier"])))
    shim = 23 + static_max // 90 if vm["domain_type"] == "pv_in_pvh" else 0
    return ((1 if pv else 2) + shadow + mib_of_pages(38 * vcpus) + shim) * MIB


def start_memory(vm: Record) -> int:
    """What a host must have free to start the VM."""
    wanted = vm["memory_static_max" if vm["domain_type"] == "pv_in_pvh" else "memory_dynamic_min"]
    return int(-(-wanted // MIB) * MIB + overhead(vm))


def free_memory(db: Database, host: str, ignoring: str = "") -> int:
    """What a new VM could get on `host` if all others shrink to their dynamic minimum, but for `ignoring`'s reservation."""
    return max(0, left_over(db, host, ignoring))


def left_over(db: Database, host: str, ignoring: str = "") -> int:
    """Less than nothing, where more is promised than there is."""
    record = db.record("host", host)
    metrics = record["metrics"]
    total = db.get(metrics, "memory_total") if db.exists(metrics) else 0
    held = [db.record("VM", vm) for vm in record["resident_VMs"]]
    held += [r for ref, r in scheduled(db, host) if ref != ignoring]
    return int(total - record["memory_overhead"] - sum(vm["memory_dynamic_min"] + vm["memory_overhead"] for vm in held))


def can_hold(db: Database, host: str, vm: Record) -> bool:
    """Would everybody on `host` and the VM still have their dynamic minimum? Looser than `start_memory`, which xapi asks for later."""
    return bool(left_over(db, host) >= vm["memory_dynamic_min"] + vm["memory_overhead"])


def unused(db: Database, host: str) -> int:
    """What no domain of `host` holds at this moment: host_metrics.memory_free, and memory_free_kib among the measurements."""
    record = db.record("host", host)
    held = 0
    for vm in record["resident_VMs"]:
        metrics = db.get(vm, "metrics")
        held += (db.exists(metrics) and db.get(metrics, "memory_actual")) or db.get(vm, "memory_dynamic_max")
    return int(max(0, db.get(record["metrics"], "memory_total") - record["memory_overhead"] - held))


def tell_unused(db: Database, *hosts: str) -> None:
    """Hosts whose domains have changed say what they have left; NULL is none."""
    for host in hosts:
        metrics = db.get(host, "metrics") if db.exists(host) else NULL
        if db.exists(metrics):
            db.set(metrics, memory_free=unused(db, host))


def scheduled(db: Database, host: str) -> Iterable[tuple[str, Record]]:
    """VMs on their way to `host`."""
    if not db.get(host, "current_operations"):
        return []  # the host would show it
    return [(ref, vm) for ref, vm in db.records("VM") if vm["scheduled_to_be_resident_on"] == host]


def check_limits(vm: Record, static_min: int, dynamic_min: int, dynamic_max: int, static_max: int, *, nested: bool) -> None:
    """MEMORY_CONSTRAINT_VIOLATION_*: the four in order; the last three equal where memory cannot balloon (`nested`: it runs VMs)."""
    ordered = static_min <= dynamic_min <= dynamic_max <= static_max
    pinned = ordered and dynamic_min == dynamic_max == static_max
    if vm["is_control_domain"] and not pinned:
        raise XapiError("MEMORY_CONSTRAINT_VIOLATION_MAXPIN", "control domain")
    if not vm["is_control_domain"] and nested and not pinned:
        raise XapiError("MEMORY_CONSTRAINT_VIOLATION_MAXPIN", "nested virt")
    if not ordered:
        raise XapiError("MEMORY_CONSTRAINT_VIOLATION_ORDER")


def coercible(vm: Record) -> bool:
    """Can the VM's limits be put in order at all, as a start does?"""
    return bool(vm["memory_static_min"] <= vm["memory_static_max"] and vm["memory_dynamic_min"] <= vm["memory_dynamic_max"])


def shrunken(total: int, vm: Record, approximate: bool) -> int:
    """The largest static_max with which the VM fits in `total`, in whole MiB."""
    vcpus = 64 if approximate else vm["VCPUs_max"]
    low, high = 0, total // MIB
    while low < high:
        middle = (low + high + 1) // 2
        trial = {**vm, "memory_static_max": middle * MIB, "VCPUs_max": vcpus}
        if middle * MIB + overhead(trial) <= total:
            low = middle
        else:
            high = middle - 1
    return low * MIB


def resident(db: Database, host: str) -> list[str]:
    """VMs on `host`, its control domains not."""
    return [vm for vm in db.record("host", host)["resident_VMs"] if not db.get(vm, "is_control_domain")]


def is_live(db: Database, host: str) -> bool:
    metrics = db.get(host, "metrics")
    return bool(metrics != NULL and db.exists(metrics) and db.get(metrics, "live"))
