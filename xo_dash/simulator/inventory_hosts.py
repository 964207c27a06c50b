"""The machines of a pool: hosts with their CPUs, control domains, NICs and certificates, and the pool's own row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .classes import cpu_features, vm_life, vm_memory
from .classes.cpu_features import BOOT, CPUS, MOVE
from .clock import iso
from .inventory_names import GIB, MIB, Site
from .pool import Endpoint, Pool

DAY = 86400.0
SOFTWARE = {
    "product_brand": "XCP-ng", "product_version": "8.3.0", "product_version_text": "8.3", "product_version_text_short": "8.3",
    "platform_name": "XCP", "platform_version": "3.4.0", "build_number": "cloud", "date": "2025-10-06", "xapi": "25.33",
    "xapi_build": "25.33.1", "xen": "4.17.5-20", "linux": "4.19.0+1", "xencenter_min": "2.21", "xencenter_max": "2.21",
    "network_backend": "openvswitch", "db_schema": "5.792",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HardwareModel:
    vendor: str
    product: str
    cpu: str
    cpu_vendor: str
    mhz: int
    threads: int
    sockets: int
    family: str
    model: str
    features: str


SMALL = HardwareModel(
    "Supermicro", "SYS-5019D-FN8TP", "AMD EPYC 7252 8-Core Processor", "AuthenticAMD", 3100, 16, 1, "23", "49", CPUS["rome"].features
)
MEDIUM = HardwareModel(
    "Dell Inc.", "PowerEdge R6515", "AMD EPYC 7402P 24-Core Processor", "AuthenticAMD", 2800, 48, 1, "23", "49", CPUS["rome"].features
)
LARGE = HardwareModel(
    "Dell Inc.", "PowerEdge R7615", "AMD EPYC 9354P 32-Core Processor", "AuthenticAMD", 3250, 64, 1, "25", "17", CPUS["genoa"].features
)
SIZES = [n * GIB for n in (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)]


def memory_of_hosts(needed: int, hosts: int, spare: int) -> list[int]:
    """Bytes of each host so that `needed` fits; every third has a bit less, the first has `spare` more."""
    each = needed / hosts * 1.25
    size = fitting(each + 8 * GIB)
    smaller = [size * 3 // 4 if n % 3 == 2 else size for n in range(hosts)]
    sizes = smaller if sum(smaller) > needed * 1.15 + hosts * 8 * GIB else [size] * hosts
    return [fitting(each + spare) if spare else sizes[0], *sizes[1:]]


def fitting(bytes_: float) -> int:
    """The smallest size machines come in."""
    return next((s for s in SIZES if s >= bytes_), 0) or -(-int(bytes_) // (512 * GIB)) * 512 * GIB


def build(pool: Pool, names: Sequence[str], addresses: Sequence[str], memory: Sequence[int], dice: random.Random) -> list[str]:
    """Hosts with all their parts but storage and network; the first is to be the master."""
    machine = SMALL if max(memory) <= 192 * GIB else MEDIUM if max(memory) <= 512 * GIB else LARGE
    made = []
    for name, address, size in zip(names, addresses, memory, strict=True):
        host = create(pool, name, address, size, machine, dice)
        pool.hosts[address] = Endpoint(host, address)
        made.append(host)
    return made


def create(pool: Pool, name: str, address: str, memory: int, machine: HardwareModel, dice: random.Random) -> str:
    db, now = pool.db, pool.clock.now()
    booted = now - dice.uniform(9, 90) * DAY
    serial = f"{dice.getrandbits(32):08X}"
    host = db.create("host", {
        "name_label": name, "name_description": f"{machine.product}, {memory >> 30} GiB", "hostname": name, "address": address,
        "enabled": True,
        "API_version_major": 2, "API_version_minor": pool.dialect.api_minor, "API_version_vendor": "XenSource",
        "software_version": {**(pool.dialect.software or SOFTWARE), "hostname": name},
        "capabilities": ["xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_32p", "hvm-3.0-x86_64"], "sched_policy": "credit",
        "supported_bootloaders": ["pygrub", "eliloader"], "virtual_hardware_platform_versions": [0, 1, 2], "edition": pool.dialect.edition,
        "editions": [pool.dialect.edition],
        "cpu_info": cpu_info(machine), "memory_overhead": memory // 100 + 340 * MIB, "display": "enabled",
        "license_params": {**pool.dialect.licence, **pool.dialect.restrictions},
        "license_server": {"address": "localhost", "port": "27000"},
        "iscsi_iqn": f"iqn.2025-10.lan.home:{serial.lower()}", "tls_verification_enabled": True, "https_only": False,
        "other_config": {"agent_start_time": f"{booted + 70:.0f}.", "boot_time": f"{booted:.0f}.",
                         "iscsi_iqn": f"iqn.2025-10.lan.home:{serial.lower()}"},
        "bios_strings": {"bios-vendor": "American Megatrends Inc.", "bios-version": "2.8a", "system-manufacturer": machine.vendor,
                         "system-product-name": machine.product, "system-version": "", "system-serial-number": serial,
                         "oem-1": "Xen", "oem-2": "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d"},
        "chipset_info": {"iommu": "true"}, "power_on_mode": "", "logging": {}, "timezone": "UTC", "ssh_enabled": True,
        "metrics": db.create("host_metrics", {"memory_total": memory, "live": True, "last_updated": pool.clock.iso()}),
    })  # fmt: skip
    for number in range(machine.threads):
        db.create("host_cpu", {"host": host, "number": number, "vendor": machine.cpu_vendor, "speed": machine.mhz, "modelname": machine.cpu,
                               "family": int(machine.family), "model": int(machine.model), "stepping": "0",
                               "flags": "fpu de tsc msr"})  # fmt: skip
    db.create("Certificate", {"type": "host", "host": host, "not_before": iso(now - 200 * DAY), "not_after": iso(now + 3450 * DAY),
                              **fingerprints(dice)})  # fmt: skip
    control_domain(pool, host, name, memory, machine, booted)
    return host


def fingerprints(dice: random.Random) -> dict[str, str]:
    def shown(size: int) -> str:
        return dice.randbytes(size).hex(":").upper()

    sha256 = shown(32)
    return {"fingerprint": sha256, "fingerprint_sha256": sha256, "fingerprint_sha1": shown(20)}


def cpu_info(machine: HardwareModel) -> dict[str, str]:
    return {
        "cpu_count": str(machine.threads), "socket_count": str(machine.sockets), "threads_per_core": "2", "nr_nodes": str(machine.sockets),
        "vendor": machine.cpu_vendor, "speed": f"{machine.mhz}.000", "modelname": machine.cpu, "family": machine.family,
        "model": machine.model,
        "stepping": "0", "flags": "fpu de tsc msr pae mce cx8 apic sep mca cmov pat clflush mmx fxsr sse sse2 ht nx lm aes avx2",
        **dict.fromkeys((*BOOT, *MOVE), machine.features),
    }  # fmt: skip


def dom0_memory(memory: int) -> int:
    """Bytes that the control domain takes of a host."""
    return 3 * GIB if memory <= 64 * GIB else 4 * GIB if memory <= 256 * GIB else 8 * GIB


def control_domain(pool: Pool, host: str, name: str, memory: int, machine: HardwareModel, booted: float) -> None:
    db, own, vcpus = pool.db, dom0_memory(memory), min(16, machine.threads)
    metrics = db.create("VM_metrics", {"memory_actual": own, "VCPUs_number": vcpus, "start_time": iso(booted), "current_domain_type": "pv",
                                       "last_updated": pool.clock.iso(), "VCPUs_utilisation": {"0": 0.0}})  # fmt: skip
    vm = db.create("VM", {
        "name_label": f"Control domain on host: {name}", "name_description": "Looks after the devices and the domains of its host",
        "is_control_domain": True, "power_state": "Running", "resident_on": host, "affinity": host, "domid": 0, "domarch": "x64",
        "domain_type": "pv", "memory_static_min": own, "memory_dynamic_min": own, "memory_dynamic_max": own, "memory_static_max": own,
        "memory_target": own, "VCPUs_max": vcpus, "VCPUs_at_startup": vcpus, "actions_after_shutdown": "destroy",
        "actions_after_reboot": "destroy", "actions_after_crash": "destroy", "HVM_shadow_multiplier": 1.0, "metrics": metrics,
        "other_config": {"storage_driver_domain": "OpaqueRef:NULL", "is_system_domain": "true"}, "user_version": 1,
    })  # fmt: skip
    db.set(vm, memory_overhead=vm_memory.overhead(db.record("VM", vm)))
    vm_life.locate(pool, db.create("console", {"protocol": "vt100", "VM": vm}), host)
    db.set(host, control_domain=vm)


def pool_row(pool: Pool, of: Site, hosts: Sequence[str]) -> str:
    return pool.db.create("pool", {
        "name_label": of.pool, "name_description": of.description, "master": hosts[0], "coordinator_bias": True, "ha_cluster_stack": "xhad",
        "other_config": {"auto_poweron": "true", "memory-ratio-hvm": "0.25", "memory-ratio-pv": "0.25"}, "tls_verification_enabled": True,
        "cpu_info": cpu_features.level(pool.db, hosts), "restrictions": pool.dialect.restrictions,
        "telemetry_frequency": "weekly", "update_sync_frequency": "weekly", "migration_compression": False,
    })  # fmt: skip
