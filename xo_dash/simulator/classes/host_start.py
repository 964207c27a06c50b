"""What a toolstack does when it starts: it brings the database in line with its machine, plugs storage, and opens the host for VMs."""

from __future__ import annotations

import logging

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import cpu_features, pci, pif_rules, vm_life, vm_memory

log = logging.getLogger(__name__)

AUTOSTART = "auto_poweron"


def begin_anew(pool: Pool) -> None:
    """The master's start: tasks and operations of the whole pool, which are in its memory only, are forgotten."""
    db = pool.db
    for task in list(db.rows("task")):
        db.destroy(task)
    for name, cls in pool.model.classes.items():
        if "current_operations" not in cls.fresh:
            continue
        busy = [ref for ref, record in db.records(name) if record["current_operations"]]
        for ref in busy:
            db.set(ref, current_operations={})
            if name == "VM" and db.get(ref, "power_state") == "Halted":
                db.set(ref, scheduled_to_be_resident_on=NULL)
        pool.refresh(*busy)


def synchronise(pool: Pool, host: str, *, booted: bool) -> None:
    """The host's own part of the database; after a boot there are no VMs on it."""
    db = pool.db
    record = db.record("host", host)
    for task, row in db.records("task"):
        if row["resident_on"] == host and row["status"] == "pending":
            db.destroy(task)
    if booted:
        for vm in list(record["resident_VMs"]):
            if not db.get(vm, "is_control_domain"):
                halt(pool, vm)
        pool.facts.setdefault("domids", {}).pop(host, None)
        bring_up_networks(pool, record)
        pci.rebooted(pool, host)
        for pbd in record["PBDs"]:
            db.set(pbd, currently_attached=False)
    now = f"{pool.clock.now():.0f}."
    times = {"agent_start_time": now, **({"boot_time": now} if booted else {})}
    db.set(host, other_config={**record["other_config"], **times}, current_operations={}, **done(record, booted=booted))
    if booted and db.exists(record["control_domain"]):
        db.set(db.get(record["control_domain"], "metrics"), start_time=pool.clock.iso())
    db.set(record["metrics"], live=True, last_updated=pool.clock.iso())
    vm_memory.tell_unused(db, host)
    cpu_features.refresh(pool)
    pool.refresh(host)


def bring_up_networks(pool: Pool, host: Record) -> None:
    """NICs, bonds, SR-IOV, and what has an address; VLANs and tunnels without one wait for a VM that wants them."""
    for ref in host["PIFs"]:
        pif = pool.db.record("PIF", ref)
        addressed = {pif["ip_configuration_mode"], pif["ipv6_configuration_mode"]} != {"None"}
        wanted = addressed or pif_rules.kind(pif) in ("physical", "bond", "sriov")
        pool.db.set(ref, currently_attached=wanted and pif["bond_slave_of"] == NULL)


def done(record: Record, *, booted: bool) -> Record:
    """Guidances of updates that this start has followed."""
    followed = {"restart_toolstack"}
    if booted:
        followed |= {"reboot_host", "reboot_host_on_livepatch_failure", "reboot_host_on_kernel_livepatch_failure",
                     "reboot_host_on_xen_livepatch_failure"}  # fmt: skip
    names = ("pending_guidances", "pending_guidances_recommended", "pending_guidances_full")
    left: Record = {name: [g for g in record[name] if g not in followed] for name in names}
    if booted:
        left["updates_requiring_reboot"] = []
    return left


def halt(pool: Pool, vm: str) -> None:
    """Its domain went with the machine."""
    pool.db.set(vm, current_operations={})
    vm_life.gone(pool, vm)


async def serve(pool: Pool, host: str, *, booted: bool, enable: bool) -> None:
    """Storage first; then VMs may come."""
    for pbd in list(pool.db.get(host, "PBDs")):
        if not pool.db.get(pbd, "currently_attached"):
            await plug(pool, host, pbd)
    if enable and pool.db.exists(host):
        pool.db.set(host, enabled=True)
        pool.refresh(host)
        if booted:
            pool.spawn(autostart(pool))


async def plug(pool: Pool, host: str, pbd: str) -> None:
    try:
        await pool.run("PBD.plug", pbd)
    except XapiError as error:
        if not pool.db.exists(host):
            return
        uuid, sr = pool.db.get(host, "uuid"), pool.db.get(pool.db.get(pbd, "SR"), "uuid")
        pool.messages.create("PBD_PLUG_FAILED_ON_SERVER_START", 3, "Host", uuid, f"PBD {pbd} of SR {sr}: {error}")


async def autostart(pool: Pool) -> None:
    """What an init script does after each boot, without HA: VMs that are to run and do not are started."""
    pool_record = pool.db.record("pool", pool.ref)
    if pool_record["other_config"].get(AUTOSTART) != "true" or pool_record["ha_enabled"]:
        return
    for vm, record in pool.db.records("VM"):
        wanted = record["other_config"].get(AUTOSTART) == "true" and not record["is_a_snapshot"]
        if wanted and pool.db.exists(vm) and record["power_state"] == "Halted" and not record["current_operations"]:
            try:
                await pool.run("VM.start", vm, False, False)
            except XapiError as error:
                log.info("%s was not started: %s", record["name_label"], error)
