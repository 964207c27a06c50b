"""VMs of a real pool: those that ran run, with metrics, screens and what their agents said; the rest stands still."""

from __future__ import annotations

from typing import Any

from ..classes import vm_guest, vm_life, vm_memory
from ..classes.devices import disk_name
from ..classes.vm_rules import has_drivers
from ..database import Record
from ..pool import Pool
from ..types import NULL
from . import revive as living

LIVE = ("Running", "Paused")


def revive(pool: Pool, shift: float) -> None:
    metered: set[str] = set()
    for vm in list(pool.db.rows("VM")):
        settle(pool, vm)
        if pool.db.get(vm, "metrics") in metered:
            pool.db.set(vm, metrics=NULL)  # old xapis let a snapshot share those of its VM
        metered.add(pool.db.get(vm, "metrics"))
        meter(pool, vm, shift)
        record = pool.db.record("VM", vm)
        remember_guest(pool, record)
        if record["power_state"] in LIVE:
            run(pool, vm)
            answering(pool, vm)
        else:
            stand_still(pool, vm)


def settle(pool: Pool, vm: str) -> None:
    """What is computed of a VM, and a state that can be true."""
    record = pool.db.record("VM", vm)
    state = record["power_state"]
    if state in LIVE and (record["resident_on"] == NULL or record["is_a_template"]):
        state = "Halted"
    default = record["is_default_template"] or record["other_config"].get("default_template") == "true"
    fields: dict[str, Any] = {
        "power_state": state,
        "domain_type": kind_of(record) if record["domain_type"] == "unspecified" else record["domain_type"],
        "is_default_template": default and not record["is_a_snapshot"],
        "HVM_shadow_multiplier": record["HVM_shadow_multiplier"] or 1.0,
        "scheduled_to_be_resident_on": NULL,
    }
    if state not in LIVE:
        fields.update(resident_on=NULL, domid=-1)
    pool.db.set(vm, **fields)
    if not record["memory_overhead"]:
        pool.db.set(vm, memory_overhead=vm_memory.overhead(pool.db.record("VM", vm)))


def kind_of(record: Record) -> str:
    return "hvm" if record["HVM_boot_policy"] and not record["is_control_domain"] else "pv"


def meter(pool: Pool, vm: str, shift: float) -> None:
    db = pool.db
    record = db.record("VM", vm)
    if record["metrics"] == NULL:
        db.set(vm, metrics=db.create("VM_metrics", {"VCPUs_utilisation": {"0": 0.0}}))
    if record["power_state"] not in LIVE:
        return  # what was measured last stays, in snapshots what was measured when they were taken
    held = db.record("VM_metrics", record["metrics"])
    db.set(
        record["metrics"],
        VCPUs_number=max(1, held["VCPUs_number"] or record["VCPUs_at_startup"]),
        memory_actual=held["memory_actual"] or record["memory_dynamic_max"],
        hvm=record["domain_type"] == "hvm",
        current_domain_type=record["domain_type"],
        start_time=living.moved(pool, held["start_time"], shift),
        last_updated=pool.clock.iso(),
    )
    if record["guest_metrics"] != NULL:
        told = db.record("VM_guest_metrics", record["guest_metrics"])
        db.set(record["guest_metrics"], last_updated=pool.clock.iso(), live=True, PV_drivers_detected=has_drivers(told))


def answering(pool: Pool, vm: str) -> None:
    """A VM that runs has guest metrics, also where no agent speaks."""
    if not pool.db.get(vm, "is_control_domain"):
        vm_guest.open_metrics(pool, vm)


def remember_guest(pool: Pool, record: Record) -> None:
    """What runs in it, for the next time it starts."""
    told = pool.db.record("VM_guest_metrics", record["guest_metrics"]) if record["guest_metrics"] != NULL else None
    if told is None:
        if record["power_state"] in LIVE:
            vm_guest.guests(pool)[record["uuid"]] = vm_guest.GuestSystem(tools=False)
        return
    drivers = told["PV_drivers_version"]
    version = (drivers.get("major", "8"), drivers.get("minor", "3"), drivers.get("micro", "0"), drivers.get("build", "1"))
    os = tuple(told["os_version"].items()) or vm_guest.GuestSystem().os
    vm_guest.guests(pool)[record["uuid"]] = vm_guest.GuestSystem(os, version, tools=has_drivers(told))


def run(pool: Pool, vm: str) -> None:
    db = pool.db
    record = db.record("VM", vm)
    host = record["resident_on"]
    if record["is_control_domain"]:
        db.set(vm, domid=max(0, record["domid"]), power_state="Running")
        db.set(host, control_domain=vm)
    elif record["domid"] < 1:
        db.set(vm, domid=vm_life.next_domid(pool, host))
    counts: dict[str, int] = pool.facts.setdefault("domids", {})
    counts[host] = max(counts.get(host, 0), db.get(vm, "domid"))
    for vbd in record["VBDs"]:
        drive = db.record("VBD", vbd)
        if drive["currently_attached"] and not drive["device"]:
            db.set(vbd, device=disk_name(drive["userdevice"]))
    if not record["consoles"] and not record["is_control_domain"]:
        vm_life.open_consoles(pool, vm, host)
    for console in record["consoles"]:
        vm_life.locate(pool, console, host)


def stand_still(pool: Pool, vm: str) -> None:
    record = pool.db.record("VM", vm)
    vm_life.close_consoles(pool, vm)
    if record["power_state"] == "Halted":
        for device in (*record["VBDs"], *record["VIFs"]):
            pool.db.set(device, currently_attached=False)
