"""Rules about VMs, and about the alarms that XAPI itself has raised."""

from __future__ import annotations

from data.facts.pool import has_ha
from data.facts.vm import ToolsState, VmState, is_guest, state_of, tools_of
from data.failover import srs_of
from data.findings.finding import ADVISED, ALWAYS, Limits, Look, Reading, Rule
from data.guidance import RESTART_DEVICE_MODEL, RESTART_VM, Urgency, urgency_of
from data.history import History
from data.messages import CLASSES, alarm_of, subject_of
from data.objects import PBD, SR, VM, Host, Message, PowerState
from data.on_map import on_map
from data.types import timestamp
from data.vms import AutoStart, auto_start, drives_of, is_of_backup

DAY = 86400.0
MINUTE = 60.0
KEEP = "keep-running"
"""A tag: the VM should run, whatever XAPI thinks."""
OLD_SNAPSHOT, LARGE_SNAPSHOT = 7 * DAY, 0.1
"""A snapshot counts from this age on, if it takes this share of the disks' size."""


def of_guests(look: Look) -> Look:
    """`look`, at VMs that are somebody's: no templates, snapshots or control domains."""
    return lambda vm, now: look(vm, now) if is_guest(vm) else None


def of_running(look: Look) -> Look:
    """`look`, at those that surely run: of one whose host is not heard nobody knows."""
    return of_guests(lambda vm, now: look(vm, now) if state_of(vm) is VmState.RUNNING else None)


@of_guests
def down(vm: VM, _now: float) -> Reading | None:
    """2 for a VM that HA or its tag wants running, 1 for one that starts with its host, and is halted."""
    if vm.power_state is not PowerState.HALTED or vm.current_operations:
        return None
    protected = has_ha(vm.home) and vm.ha_restart_priority == "restart"
    if protected or KEEP in vm.tags:
        return Reading(2, vms=1)
    return Reading(1, vms=1) if auto_start(vm) is AutoStart.ON else None


@of_running
def cpu(vm: VM, _now: float) -> Reading | None:
    load = vm.home.part(History).load(vm.uuid)
    return Reading(load.cpu, vms=1) if load else None


@of_running
def memory(vm: VM, _now: float) -> Reading | None:
    """Used share inside the guest, where its agent tells."""
    load = vm.home.part(History).load(vm.uuid)
    return Reading(load.guest_memory, vms=1) if load else None


@of_running
def latency(vm: VM, _now: float) -> Reading | None:
    """Seconds that its slowest disk takes for a request."""
    load = vm.home.part(History).load(vm.uuid)
    return Reading(load.disk_latency, vms=1) if load else None


@of_guests
def disk_gone(vm: VM, _now: float) -> Reading | None:
    """Disks that are no longer there."""
    count = sum(drive.is_disk and (drive.vdi is None or drive.vdi.missing) for drive in drives_of(vm)) if vm.VBDs else 0
    return Reading(count, vms=1) if count else None


@of_guests
def old_snapshots(vm: VM, now: float) -> Reading | None:
    """Days since the oldest of its snapshots that take much room."""
    oldest = 0.0
    for snapshot in vm.all_of(VM, vm.snapshots) if vm.snapshots else ():
        taken = timestamp(snapshot.snapshot_time)
        if taken is None or now - taken < max(OLD_SNAPSHOT, oldest) or is_of_backup(snapshot):
            continue
        disks = [drive.vdi for drive in drives_of(snapshot) if drive.is_disk and drive.vdi]
        size, used = sum(max(0, vdi.virtual_size) for vdi in disks), sum(max(0, vdi.physical_utilisation) for vdi in disks)
        if used > LARGE_SNAPSHOT * size:
            oldest = now - taken
    return Reading(oldest / DAY, vms=1) if oldest else None


@of_running
def no_tools(vm: VM, _now: float) -> Reading | None:
    return Reading(1, vms=1) if tools_of(vm).state in (ToolsState.MISSING, ToolsState.SILENT) else None


@of_running
def image_left(vm: VM, _now: float) -> Reading | None:
    """An image in its drive on an SR that one host alone reaches: it cannot move."""
    for drive in drives_of(vm):
        if not drive.is_disk and drive.vdi is not None and drive.sr is not None and not drive.sr.is_tools_sr and is_local(drive.sr):
            return Reading(1, vms=1)
    return None


@of_running
def bound(vm: VM, _now: float) -> Reading | None:
    """It cannot leave its host, where there are others: a device of the host, or a disk on a local SR."""
    if len(vm.home.all(Host)) < 2:
        return None
    if vm.attached_PCIs or vm.VGPUs:
        return Reading(1, vms=1, detail="device")
    return Reading(1, vms=1, detail="sr") if any(map(is_local, srs_of(vm))) else None


@of_running
def restart(vm: VM, _now: float) -> Reading | None:
    return Reading(1, vms=1) if vm.requires_reboot else None


def asked_by_updates(what: str) -> Look:
    """2 where updates of the hosts demand it, 1 where they advise it."""

    def look(vm: VM, _now: float) -> Reading | None:
        urgency = urgency_of(vm, what)
        if urgency is None:
            return None
        return Reading(2, vms=1) if urgency is Urgency.MANDATORY else Reading(1, vms=1, detail=ADVISED)

    return of_running(look)


def is_local(sr: SR) -> bool:
    return not sr.shared and len(sr.all_of(PBD, sr.PBDs)) <= 1


def alarm(message: Message, now: float) -> Reading | None:
    """How grave XAPI itself thinks it is, 5 data loss to 1 a note; of the last day, not dismissed, about what is still there."""
    at = timestamp(message.timestamp)
    if at is None or now - at > DAY or (message.cls in CLASSES and subject_of(message) is None):
        return None
    told = alarm_of(message)
    detail = f"{message.name} {told.name}" if told else message.name
    return Reading(6 - message.priority, vms=int(message.cls == "VM"), detail=detail)


RULES = (
    Rule("vm.down", VM, down, Limits(warning=1, critical=2), hold=MINUTE),
    Rule("vm.disk_gone", VM, disk_gone, Limits(critical=1), unit="count"),
    Rule("vm.cpu", VM, cpu, Limits(warning=0.9), unit="share", margin=0.1, hold=10 * MINUTE, measures=True, load="cpu"),
    Rule("vm.memory", VM, memory, Limits(warning=0.95), unit="share", margin=0.03, hold=10 * MINUTE, measures=True, load="guest_memory"),
    Rule("vm.latency", VM, latency, Limits(warning=0.05), unit="seconds", margin=0.02, hold=5 * MINUTE, measures=True, load="disk_latency"),
    Rule("vm.old_snapshot", VM, old_snapshots, Limits(warning=7), unit="days", folds=ALWAYS),
    Rule("vm.no_tools", VM, no_tools, Limits(information=1), hold=5 * MINUTE, folds=ALWAYS),
    Rule("vm.image_left", VM, image_left, Limits(information=1), folds=ALWAYS, marks=False),
    Rule("vm.bound", VM, bound, Limits(information=1), folds=ALWAYS, marks=False),
    Rule("vm.restart", VM, restart, Limits(information=1), folds=ALWAYS),
    Rule("vm.restart_after_update", VM, asked_by_updates(RESTART_VM), Limits(information=1, warning=2), folds=ALWAYS),
    Rule("vm.device_model", VM, asked_by_updates(RESTART_DEVICE_MODEL), Limits(information=1, warning=2), folds=ALWAYS),
    Rule("xapi.alarm", Message, alarm, Limits(warning=3, critical=4), folds=ALWAYS, about=on_map),
)
