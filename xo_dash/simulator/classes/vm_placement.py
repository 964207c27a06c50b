"""Where a VM can run, why not, and which host is chosen."""

from __future__ import annotations

import random

from ..database import Database, Record
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import cpu_features, vm_hardware, vm_memory

OVERHEAD_OF_MASTER = 4  # a host that is not master is so much likelier


def check_host(pool: Pool, ref: str, host: str, *, memory: bool = True, storage: bool = True, cpu: bool = True) -> None:
    """Raises the first reason why VM `ref` cannot boot on `host`, or go on there if it has booted already."""
    db = pool.db
    vm = db.record("VM", ref)
    check_record(vm)
    if not vm_memory.is_live(db, host):
        raise XapiError("HOST_NOT_LIVE")
    check_affinity(vm, host)
    at_home = vm["power_state"] == "Running" and vm["resident_on"] == host
    if not db.get(host, "enabled") and not vm["is_control_domain"] and not at_home:
        raise XapiError("HOST_DISABLED", host)
    check_platform(db, ref, vm, host)
    if cpu:
        cpu_features.check(db, ref, vm, host)
    if storage:
        check_storage(db, ref, vm, host)
    check_networks(db, ref, networks_of(db, vm), host)
    vm_hardware.check(db, ref, vm, host)
    if vm["domain_type"] != "pv" and not supports_hvm(db, host):
        raise XapiError("VM_HVM_REQUIRED", ref)
    if memory:
        needed, free = vm_memory.start_memory(vm), vm_memory.free_memory(db, host, ref)
        if free < needed:
            raise XapiError("HOST_NOT_ENOUGH_FREE_MEMORY", needed, free)
    check_cpus(db, vm, host)


def check_affinity(vm: Record, host: str) -> None:
    if vm["is_control_domain"] and vm["affinity"] not in (NULL, host):
        raise XapiError("OPERATION_NOT_ALLOWED", "Cannot boot a control domain on a host different from its affinity")


def check_record(vm: Record) -> None:
    """What is wrong with the VM itself, wherever it would run."""
    most, start = vm["VCPUs_max"], vm["VCPUs_at_startup"]
    if most < 1:
        raise XapiError("INVALID_VALUE", "VCPUs_max", most)
    if start < 1:
        raise XapiError("INVALID_VALUE", "VCPUs-at-startup", start)
    if start > most:
        raise XapiError("VALUE_NOT_SUPPORTED", "VCPUs-at-startup", start, "value greater than VCPUs-max")
    if not vm_memory.coercible(vm):
        raise XapiError("MEMORY_CONSTRAINT_VIOLATION")
    if vm["HVM_shadow_multiplier"] < 1:
        raise XapiError("INVALID_VALUE", "HVM_shadow_multiplier", shown(vm["HVM_shadow_multiplier"]))
    check_crash_action(vm)


def check_crash_action(vm: Record) -> None:
    """Only a PV domain can leave a dump of its memory."""
    field, action = "VM.actions_after_crash", vm["actions_after_crash"]
    if action == "rename_restart":
        raise XapiError("VALUE_NOT_SUPPORTED", field, action, "option would leak a domain; VMs and not domains are managed by this API")
    if action.startswith("coredump") and not is_pv(vm):
        raise XapiError("VALUE_NOT_SUPPORTED", field, action, "cannot invoke a coredump of an HVM, PVH or PV-in-PVH domain")


def is_pv(vm: Record) -> bool:
    """Would it boot as a PV domain?"""
    return bool(vm["domain_type"] == "pv" or (vm["domain_type"] == "unspecified" and not vm["HVM_boot_policy"]))


def shown(number: float) -> str:
    """A float as errors have it: 0.5, and 0. with a point but nothing behind."""
    text = f"{number:.12g}"
    return text if any(mark in text for mark in ".en") else text + "."


def check_platform(db: Database, ref: str, vm: Record, host: str) -> None:
    offered, wanted = db.get(host, "virtual_hardware_platform_versions"), vm["hardware_platform_version"]
    if offered and wanted not in offered:
        shown = "[" + "; ".join(map(str, offered)) + "]"
        raise XapiError("VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION", host, shown, ref, wanted)


def storage_of(db: Database, vm: Record) -> list[str]:
    """SRs that a host needs for the VM's disks, and for its memory while it is suspended."""
    vdis = [db.get(vbd, "VDI") for vbd in vm["VBDs"] if not db.get(vbd, "empty")]
    if vm["power_state"] == "Suspended":
        vdis.append(vm["suspend_VDI"])
    return list(dict.fromkeys(db.get(vdi, "SR") for vdi in vdis if vdi != NULL and db.exists(vdi)))


def seen_by(db: Database, host: str) -> set[str]:
    """SRs that `host` has plugged."""
    return {db.get(pbd, "SR") for pbd in db.get(host, "PBDs") if db.get(pbd, "currently_attached")}


def check_storage(db: Database, ref: str, vm: Record, host: str) -> None:
    seen = seen_by(db, host)
    for sr in storage_of(db, vm):
        if sr not in seen:
            raise XapiError("VM_REQUIRES_SR", ref, sr)


def networks_of(db: Database, vm: Record) -> list[str]:
    return list(dict.fromkeys(db.get(vif, "network") for vif in vm["VIFs"]))


def reaches(db: Database, host: str, network: str) -> bool:
    """Has `host` the network? One without any PIF is where its running VMs are, or anywhere while there are none."""
    record = db.record("network", network)
    if record["PIFs"]:
        return any(db.get(pif, "host") == host for pif in record["PIFs"])
    if record["other_config"].get("assume_network_is_shared") == "true" or not record["managed"]:
        return True
    vms = [db.record("VM", db.get(vif, "VM")) for vif in record["VIFs"]]
    homes = {vm["resident_on"] for vm in vms if vm["power_state"] == "Running"}
    return not homes or host in homes


def check_networks(db: Database, ref: str, networks: list[str], host: str) -> None:
    for network in networks:
        if db.exists(network) and not reaches(db, host, network):
            raise XapiError("VM_REQUIRES_NETWORK", ref, network)
    for network in networks:
        if not db.exists(network):
            continue
        pifs = [db.record("PIF", pif) for pif in db.get(network, "PIFs")]
        if any(pif["host"] == host and pif["bond_slave_of"] != NULL for pif in pifs):
            raise XapiError("HOST_CANNOT_ATTACH_NETWORK", host, network)


def supports_hvm(db: Database, host: str) -> bool:
    capabilities = db.get(host, "capabilities")
    return not capabilities or any(c.startswith("hvm") for c in capabilities)


def check_cpus(db: Database, vm: Record, host: str) -> None:
    count = int(db.get(host, "cpu_info").get("cpu_count", "0") or 0)
    if count and vm["VCPUs_max"] > count and vm["platform"].get("vcpu-unrestricted") != "true":
        raise XapiError("HOST_NOT_ENOUGH_PCPUS", vm["VCPUs_max"], count)


def suits(pool: Pool, ref: str, host: str, *, memory: bool = True, cpu: bool = True) -> bool:
    """Would the pool itself choose `host`?"""
    if "evacuate" in pool.db.get(host, "current_operations").values():
        return False
    try:
        check_host(pool, ref, host, memory=memory, cpu=cpu)
    except XapiError:
        return False
    return bool(pool.db.get(host, "enabled"))


def possible_hosts(pool: Pool, ref: str) -> list[str]:
    """Hosts that the VM could boot on now."""
    bound = pool.db.get(ref, "scheduled_to_be_resident_on")
    if bound != NULL:
        return [bound]
    found = []
    for host in pool.db.rows("host"):
        try:
            check_host(pool, ref, host, cpu=False)
        except XapiError:
            continue
        found.append(host)
    return found


def choose(pool: Pool, ref: str, dice: random.Random) -> str:
    """The host for VM.start and VM.resume. NO_HOSTS_AVAILABLE if none is fit, whatever for: memory is not named here.

    xapi asks again without the check of memory, but of hosts that could hold the VM alone: only a VM that needs more for its
    start than its dynamic minimum comes to a host that then refuses with HOST_NOT_ENOUGH_FREE_MEMORY.
    """
    vm = pool.db.record("VM", ref)
    large = [host for host in pool.db.rows("host") if vm_memory.can_hold(pool.db, host, vm)]
    for memory in (True, False):
        fit = [host for host in large if suits(pool, ref, host, memory=memory)]
        if fit:
            return pick(pool, ref, fit, dice)
    raise XapiError("NO_HOSTS_AVAILABLE")


def is_bound(db: Database, ref: str) -> bool:
    """Is it on a network without PIFs, so that the first VM decides where all the others can run? The master is a good place then."""
    return any(not db.get(n, "PIFs") and db.get(n, "managed") for n in networks_of(db, db.record("VM", ref)) if db.exists(n))


def pick(pool: Pool, ref: str, hosts: list[str], dice: random.Random) -> str:
    """Its favourite, or one by chance: the more free memory the likelier, the master less."""
    favourite = pool.db.get(ref, "affinity")
    if favourite in hosts:
        return str(favourite)
    biased = pool.db.get(pool.ref, "coordinator_bias")
    master = pool.db.get(pool.ref, "master")
    if master in hosts and is_bound(pool.db, ref):
        return str(master)
    weights = [1 + vm_memory.free_memory(pool.db, h) // (OVERHEAD_OF_MASTER if biased and h == master else 1) for h in hosts]
    return dice.choices(hosts, weights)[0]
