"""Hosts of a real pool on this machine: they live, are reached at loopback addresses, and know what newer xapis know of them."""

from __future__ import annotations

from collections.abc import Sequence

from .. import inventory_hosts
from ..database import Database, Record
from ..inventory_names import GIB
from ..pool import Endpoint, Pool
from ..types import NULL
from .dump import Dump

BOOTED = ("boot_time", "agent_start_time")


def revive(pool: Pool, dump: Dump, addresses: Sequence[str], shift: float) -> None:
    for ref, address in zip(dump.hosts, addresses, strict=True):
        pool.hosts[address] = Endpoint(ref, address)
        control(pool, ref)
        settle(pool, ref, address, shift)
    lead(pool, dump)


def measured(pool: Pool, dump: Dump) -> None:
    """What the hosts measure of themselves: once their VMs live, and it is known what Xen takes for each."""
    for ref in dump.hosts:
        boot_free = dump.rows("host")[ref].get("boot_free_mem", "")
        measure(pool, ref, int(boot_free) if boot_free.isdecimal() else 0)


def lead(pool: Pool, dump: Dump) -> None:
    """The pool's own row: a master that is there, CPUs, and no plan that nobody watches over."""
    db, first = pool.db, dump.hosts[0]
    for extra in list(db.rows("pool"))[1:]:
        db.destroy(extra)
    record = db.record("pool", pool.ref)
    if not record["cpu_info"]:
        infos = [db.get(host, "cpu_info") for host in db.rows("host")]
        total = {name: str(sum(int(info.get(name, 0)) for info in infos)) for name in ("cpu_count", "socket_count")}
        features = {name: infos[0].get(name, "") for name in ("features_hvm", "features_pv", "features_hvm_host", "features_pv_host")}
        db.set(pool.ref, cpu_info={"vendor": infos[0].get("vendor", ""), **total, **features})
    db.set(pool.ref, master=first, ha_enabled=False, ha_statefiles=[])


def settle(pool: Pool, ref: str, address: str, shift: float) -> None:
    db = pool.db
    record = db.record("host", ref)
    other = dict(record["other_config"])
    for name in BOOTED:
        if name in other:
            other[name] = f"{min(pool.clock.now(), seconds(other[name]) + shift):.0f}."
    db.set(
        ref, address=address, enabled=True, other_config=other, API_version_major=2, API_version_minor=pool.dialect.api_minor,
        cpu_info=record["cpu_info"] or cpu_info(db, record), memory_overhead=record["memory_overhead"] or 340 << 20,
        iscsi_iqn=record["iscsi_iqn"] or other.get("iscsi_iqn", ""),
        multipathing=record["multipathing"] or other.get("multipathing") == "true",
        virtual_hardware_platform_versions=record["virtual_hardware_platform_versions"] or [0, 1, 2],
    )  # fmt: skip
    for pif in record["PIFs"]:
        if db.get(pif, "management"):
            db.set(pif, IP=address, netmask="255.0.0.0", gateway="127.0.0.1", currently_attached=True)


def seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def cpu_info(db: Database, host: Record) -> dict[str, str]:
    """As newer schemas have it, from the rows of the CPUs."""
    cpus = [db.record("host_cpu", ref) for ref in host["host_CPUs"]]
    if not cpus:
        return {"cpu_count": "1", "socket_count": "1"}
    first = cpus[0]
    return {"cpu_count": str(len(cpus)), "socket_count": "1", "vendor": first["vendor"], "speed": str(first["speed"]),
            "modelname": first["modelname"], "family": str(first["family"]), "model": str(first["model"]),
            "stepping": first["stepping"], "flags": first["flags"]}  # fmt: skip


def control(pool: Pool, ref: str) -> None:
    """Every host has a control domain."""
    record = pool.db.record("host", ref)
    if not any(pool.db.get(vm, "is_control_domain") for vm in record["resident_VMs"]):
        inventory_hosts.control_domain(pool, ref, record["name_label"], 4 * GIB, inventory_hosts.SMALL, pool.clock.now())


def measure(pool: Pool, ref: str, boot_free: int) -> None:
    """host_metrics: live, and with at least as much memory as what runs there needs."""
    db = pool.db
    record = db.record("host", ref)
    running = [db.record("VM", vm) for vm in record["resident_VMs"]]
    control = sum(vm["memory_dynamic_max"] for vm in running if vm["is_control_domain"])
    needed = sum(vm["memory_dynamic_max"] + vm["memory_overhead"] for vm in running) + record["memory_overhead"]
    if record["metrics"] == NULL:
        db.set(ref, metrics=db.create("host_metrics", {}))
    held = db.get(record["metrics"], "memory_total") or boot_free + control
    total = held if held > needed else inventory_hosts.fitting(needed + 2 * GIB)
    db.set(record["metrics"], memory_total=total, live=True, last_updated=pool.clock.iso())
