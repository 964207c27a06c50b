"""Snapshot schedules: their rules, and the snapshots they make every hour, day or week."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from ..call import Call
from ..clock import iso
from ..database import Record
from ..errors import XapiError
from ..generic import add_to_map, constructor
from ..pool import Pool
from ..registry import background, message
from . import vm_rules

log = logging.getLogger(__name__)

QUARTER = 900.0  # seconds: schedules are looked at this often
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALLOWED = {"min": ("0", "15", "30", "45"), "hour": tuple(map(str, range(24))), "days": DAYS}
KEYS = {"hourly": ("min",), "daily": ("hour", "min"), "weekly": ("hour", "min", "days")}
METHODS = {"snapshot": "VM.snapshot", "checkpoint": "VM.checkpoint", "snapshot_with_quiesce": "VM.snapshot_with_quiesce"}


def checked(key: str, value: str) -> str:
    """Days as they are spelled; INVALID_VALUE [schedule:key, value]."""
    allowed = {name.lower(): name for name in ALLOWED.get(key, ())}
    parts = value.split(",") if key == "days" else [value]
    found = [allowed.get(part.lower(), "") for part in parts]
    if not all(found) or len(set(found)) < len(found):
        raise XapiError("INVALID_VALUE", f"schedule:{key}", value)
    return ",".join(found)


def completed(frequency: str, schedule: dict[str, str]) -> dict[str, str]:
    """Exactly the keys that this frequency has."""
    return {key: checked(key, schedule.get(key, ALLOWED[key][0])) for key in KEYS[frequency]}


def check_kept(count: int) -> None:
    if not 1 <= count <= 10:
        raise XapiError("INVALID_VALUE", "retained_snapshots", count)


@message("VMSS.create")
def create(call: Call, args: Record) -> str:
    fields = constructor(call.db.model, "VMSS", args)
    frequency, schedule = fields.get("frequency", "hourly"), fields.get("schedule", {})
    for key, value in schedule.items():
        if key not in KEYS[frequency]:
            raise XapiError("INVALID_VALUE", f"schedule:{key}", value)
    fields["schedule"] = completed(frequency, schedule)
    check_kept(fields.get("retained_snapshots", 7))
    return call.db.create("VMSS", fields)


@message("VMSS.destroy")
def destroy(call: Call, ref: str) -> str:
    record = call.db.record("VMSS", ref)
    if record["VMs"]:
        raise XapiError("VMSS_HAS_VM")
    for told, alert in call.pool.messages.items():
        if alert["obj_uuid"] == record["uuid"]:
            call.pool.messages.destroy(told)
    call.db.destroy(ref)
    return ""


@message("VMSS.set_retained_snapshots")
def set_retained_snapshots(call: Call, ref: str, value: int) -> str:
    check_kept(value)
    call.db.set(ref, retained_snapshots=value)
    return ""


@message("VMSS.set_last_run_time")
def set_last_run_time(call: Call, ref: str, value: str) -> str:
    call.db.set(ref, last_run_time=value)
    return ""


@message("VMSS.set_type")
def set_type(call: Call, ref: str, value: str) -> str:
    """Who is to be quiesced must be able to."""
    if value == "snapshot_with_quiesce":
        for vm in call.db.get(ref, "VMs"):
            check_quiescing(call.pool, vm)
    call.db.set(ref, type=value)
    return ""


def check_quiescing(pool: Pool, vm: str) -> None:
    told = (vm_rules.guest_metrics(pool, pool.db.record("VM", vm)) or {"other": {}})["other"]
    if "1" not in (told.get("feature-snapshot"), told.get("feature-quiesce")):
        raise XapiError("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", vm)


@message("VMSS.set_frequency")
def set_frequency(call: Call, ref: str, value: str) -> str:
    call.db.set(ref, frequency=value, schedule=completed(value, call.db.get(ref, "schedule")))
    return ""


@message("VMSS.set_schedule")
def set_schedule(call: Call, ref: str, value: dict[str, str]) -> str:
    merged = {**call.db.get(ref, "schedule"), **value}
    call.db.set(ref, schedule={key: checked(key, text) for key, text in merged.items()})
    return ""


@message("VMSS.add_to_schedule")
def add_to_schedule(call: Call, ref: str, key: str, value: str) -> str:
    add_to_map(call, "VMSS", ref, "schedule", key, checked(key, value))
    return ""


@message("VMSS.remove_from_schedule")
def remove_from_schedule(call: Call, ref: str, key: str) -> str:
    call.db.set(ref, schedule={name: value for name, value in call.db.get(ref, "schedule").items() if name != key})
    return ""


@message("VMSS.snapshot_now")
async def snapshot_now(call: Call, ref: str) -> str:
    """One snapshot of each VM; "True" as the plugin behind it says."""
    await snapshot_all(call.pool, ref)
    return "True"


async def snapshot_all(pool: Pool, ref: str) -> None:
    """What fails is told in an alert and does not keep the others from theirs."""
    db = pool.db
    policy = db.record("VMSS", ref)
    db.set(ref, last_run_time=pool.clock.iso())
    method, what = METHODS[policy["type"]], policy["type"].upper()
    for vm in list(policy["VMs"]):
        if not db.exists(vm):
            continue
        name = f"{policy['name_label']}-{db.get(vm, 'name_label')}-{pool.clock.iso()}"
        try:
            made = await pool.run(method, vm, name, *([[]] if method == "VM.snapshot" else []))
        except XapiError as error:
            pool.messages.create("VMSS_SNAPSHOT_FAILED", 3, "VMSS", policy["uuid"], f"{what} of VM {db.get(vm, 'uuid')} failed: {error}")
            continue
        db.set(made, is_vmss_snapshot=True)
        pool.messages.create("VMSS_SNAPSHOT_SUCCEEDED", 5, "VMSS", policy["uuid"], f"{what} of VM {db.get(vm, 'uuid')}")
        await drop_old(pool, vm, policy["retained_snapshots"])


async def drop_old(pool: Pool, vm: str, kept: int) -> None:
    """The oldest of those that schedules made, and their disks."""
    db = pool.db
    ours = [(db.get(s, "snapshot_time"), s) for s in db.get(vm, "snapshots") if db.get(s, "is_vmss_snapshot")]
    for _, old in sorted(ours)[:-kept]:
        vdis = [db.get(vbd, "VDI") for vbd in db.get(old, "VBDs") if db.get(vbd, "type") == "Disk"]
        await pool.run("VM.destroy", old)
        for vdi in vdis:
            if db.exists(vdi):
                await pool.run("VDI.destroy", vdi)


def is_due(policy: Record, now: float) -> bool:
    """At a quarter of an hour, by UTC."""
    at, schedule = datetime.fromtimestamp(now, UTC), policy["schedule"]
    if not policy["enabled"] or str(at.minute) != schedule.get("min", "0"):
        return False
    if policy["frequency"] != "hourly" and str(at.hour) != schedule.get("hour", "0"):
        return False
    return policy["frequency"] != "weekly" or DAYS[at.weekday()] in schedule.get("days", DAYS[0]).split(",")


@background
async def on_time(pool: Pool) -> None:
    while True:
        await pool.clock.sleep(QUARTER - pool.clock.now() % QUARTER + 0.01)
        quarter = round(pool.clock.now() / QUARTER) * QUARTER
        for ref, policy in pool.db.records("VMSS"):
            if is_due(policy, quarter) and policy["last_run_time"] < iso(quarter):
                pool.spawn(snapshot_all(pool, ref))


VMPP = """
    get_alerts protect_now archive_now set_backup_retention_value set_backup_frequency set_backup_schedule set_archive_frequency
    set_archive_schedule set_archive_target_type set_archive_target_config set_is_alarm_enabled set_alarm_config
    add_to_backup_schedule add_to_archive_target_config add_to_archive_schedule add_to_alarm_config remove_from_backup_schedule
    remove_from_archive_target_config remove_from_archive_schedule remove_from_alarm_config set_backup_last_run_time
    set_archive_last_run_time
"""


@message(*(f"VMPP.{name}" for name in VMPP.split()))
def removed(_call: Call, *_arguments: object) -> str:
    """Schedules of an earlier time, of which only the class is left."""
    raise XapiError("MESSAGE_REMOVED")
