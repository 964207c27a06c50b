"""May this operation run on this VM now? xapi's checks, in xapi's order; the first that fails is the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import advertises, allowed
from ..types import NULL
from .vm_states import (
    LIVE,
    ON_CONTROL_DOMAINS,
    ON_OWN_TEMPLATES,
    ON_SNAPSHOTS,
    ON_TEMPLATES,
    SILENT,
    SUSPENDED,
    legal_states,
    may_overlap,
    spoken,
)

Refusal = XapiError | None
MOVING = frozenset({"suspend", "checkpoint", "pool_migrate", "migrate_send"})
FROZEN = frozenset({"snapshot", "checkpoint", "suspend", "snapshot_with_quiesce"})  # not with disks that reset on boot
FEATURES = {"clean_shutdown": ("feature-shutdown", "feature-poweroff"), "clean_reboot": ("feature-shutdown", "feature-reboot"),
            "changing_VCPUs_live": ("feature-vcpu-hotplug",)}  # fmt: skip


@allowed("VM")
def refusal(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    """The first reason against `operation`, or None."""
    for rule in RULES:
        reason = rule(pool, ref, vm, operation)
        if reason is not None:
            return reason
    return None


def lenient(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    """The same for who insists: flags of the platform that keep it here do not count, nor what the guest's drivers are not known for."""
    for rule in RULES:
        reason = None if rule is _mobility else rule(pool, ref, vm, operation)
        if reason is not None and reason.code != "VM_LACKS_FEATURE":
            return reason
    return None


@advertises("VM")
def advertised(pool: Pool, ref: str, vm: Record) -> list[str]:
    """What allowed_operations shows."""
    operations = pool.model.field("VM", "allowed_operations").type.of
    names = operations.values if operations else ()
    state, running = vm["power_state"], bool(vm["current_operations"])
    return [n for n in names if n not in SILENT and _possible(pool, vm, n, state, running) and refusal(pool, ref, vm, n) is None]


def _possible(pool: Pool, vm: Record, operation: str, state: str, running: bool) -> bool:
    """A quick no for most: they are not even legal in this state."""
    if running and not may_overlap(operation, tuple(dict.fromkeys(vm["current_operations"].values()))):
        return False
    return state in _states(pool, vm, operation)


def _states(pool: Pool, vm: Record, operation: str) -> tuple[str, ...]:
    suspended = vm["is_a_snapshot"] or (operation in ("clone", "copy") and clones_suspended(pool))
    return legal_states(operation, control_domain=vm["is_control_domain"], cloned_suspended=suspended)


def clones_suspended(pool: Pool) -> bool:
    return bool(pool.db.get(pool.ref, "other_config").get("allow_clone_suspended_vm") == "true")


def _blocked(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    reason = vm["blocked_operations"].get(operation)
    return None if reason is None else XapiError("OPERATION_BLOCKED", ref, reason)


def _power_state(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    legal = _states(pool, vm, operation)
    if vm["power_state"] in legal:
        return None
    return XapiError("VM_BAD_POWER_STATE", ref, ", ".join(legal).lower(), vm["power_state"].lower())


def _concurrency(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    current = vm["current_operations"]
    if not current or may_overlap(operation, tuple(current.values())):
        return None
    names, tasks = [spoken(name) for name in current.values()], list(current)
    if len(current) == 1:
        return XapiError("OTHER_OPERATION_IN_PROGRESS", "VM", ref, names[0], tasks[0])
    return XapiError("OTHER_OPERATION_IN_PROGRESS", "VM", ref, "{" + ",".join(names) + "}", "{" + ",".join(tasks) + "}")


def is_default_template(vm: Record) -> bool:
    return bool(vm["is_default_template"] or is_true(vm["other_config"].get("default_template", "")))


def is_true(text: str) -> bool:
    """A flag in a map."""
    return text.lower() in ("true", "1")


def _template(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if not vm["is_a_template"] or vm["is_a_snapshot"] or operation in ON_TEMPLATES:
        return None
    if operation in ON_OWN_TEMPLATES and not is_default_template(vm):
        return None
    return XapiError("VM_IS_TEMPLATE", ref, spoken(operation))


def _snapshot(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if not vm["is_a_snapshot"] or operation in ON_SNAPSHOTS:
        return None
    return XapiError("VM_IS_SNAPSHOT", ref, spoken(operation))


def _kind(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if operation == "provision" and not vm["is_a_template"]:
        return XapiError("PROVISION_ONLY_ALLOWED_ON_TEMPLATE")
    if operation == "revert" and not vm["is_a_snapshot"]:
        return XapiError("REVERT_ONLY_ALLOWED_ON_SNAPSHOT")
    return None


def platform_says(pool: Pool, vm: Record, field: str, key: str) -> bool:
    """A platform flag: as it was at boot if the VM has metrics, as it is set otherwise."""
    if vm["metrics"] != NULL and pool.db.exists(vm["metrics"]):
        return bool(pool.db.get(vm["metrics"], field))
    return is_true(vm["platform"].get(key, ""))


def _mobility(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if operation in MOVING or operation == "changing_dynamic_range":
        nested = platform_says(pool, vm, "nested_virt", "nested-virt")
        if operation == "changing_dynamic_range":
            return XapiError("VM_IS_USING_NESTED_VIRT", ref) if nested else None
        if nested or platform_says(pool, vm, "nomigrate", "nomigrate"):
            return XapiError("VM_IS_IMMOBILE", ref)
    return None


def _control_domain(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if not vm["is_control_domain"]:
        return None
    if vm["domid"] == 0 and operation in ("changing_VCPUs", "destroy"):
        return XapiError("OPERATION_NOT_ALLOWED", "This operation is not allowed on dom0")
    if operation not in ON_CONTROL_DOMAINS:
        return XapiError("OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain")
    return None


def guest_metrics(pool: Pool, vm: Record) -> Record | None:
    """What the agent in the VM told, if it did."""
    ref = vm["guest_metrics"]
    return pool.db.record("VM_guest_metrics", ref) if ref != NULL and pool.db.exists(ref) else None


def has_drivers(metrics: Record | None) -> bool:
    return metrics is not None and "major" in metrics["PV_drivers_version"] and "minor" in metrics["PV_drivers_version"]


def is_pv(pool: Pool, vm: Record) -> bool:
    """Did it surely boot as a PV guest, which needs no drivers?"""
    ref = vm["metrics"]
    return ref != NULL and pool.db.exists(ref) and pool.db.get(ref, "current_domain_type") in ("pv", "pv_in_pvh", "pvh")


def _features(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    """What needs the guest's help, and the guest cannot give."""
    if (operation not in MOVING and operation not in FEATURES) or vm["power_state"] not in LIVE:
        return None
    metrics = guest_metrics(pool, vm)
    told = metrics["other"] if metrics else {}
    if operation in MOVING and "data-cant-suspend-reason" in told:
        return XapiError("VM_NON_SUSPENDABLE", ref, told["data-cant-suspend-reason"])
    if is_pv(pool, vm) or has_drivers(metrics):
        return None
    wanted = ("feature-suspend",) if operation in MOVING else FEATURES[operation]
    return None if any(told.get(f) == "1" for f in wanted) else XapiError("VM_LACKS_FEATURE", ref)


def disks(pool: Pool, vm: Record) -> Iterator[Record]:
    """The VDIs in the VM's drives."""
    for vbd in vm["VBDs"]:
        vdi = pool.db.get(vbd, "VDI")
        if vdi != NULL and pool.db.exists(vdi):
            yield pool.db.record("VDI", vdi)


def _quiesced(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    return XapiError("VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", ref) if operation == "snapshot_with_quiesce" else None


def _disks(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    """What the driver keeps in sm_config counts here, not the disk's own on_boot: that is found out by who touches the disk."""
    if operation in FROZEN or operation == "pool_migrate":
        for vdi in disks(pool, vm):
            config = vdi["sm_config"]
            if config.get("on_boot") == "reset" and (operation != "pool_migrate" or is_true(config.get("caching", ""))):
                return XapiError("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
    return None


def _hardware(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if operation in MOVING:
        if vm["attached_PCIs"]:
            return XapiError("VM_HAS_PCI_ATTACHED", ref)
        if vm["VGPUs"] and (operation, vm["power_state"]) not in (("migrate_send", "Halted"), ("checkpoint", SUSPENDED)):
            return XapiError("VM_HAS_VGPU", ref)
    if vm["VUSBs"] and (operation in MOVING or operation == "snapshot"):
        return XapiError("VM_HAS_VUSBS", ref)
    return None


def _membership(pool: Pool, ref: str, vm: Record, operation: str) -> Refusal:
    if operation == "make_into_template":
        for field, code in (("appliance", "VM_IS_PART_OF_AN_APPLIANCE"), ("snapshot_schedule", "VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE")):
            if vm[field] != NULL and pool.db.exists(vm[field]):
                return XapiError(code, ref, vm[field])
    if operation == "create_vtpm" and vm["VTPMs"]:
        return XapiError("VTPM_MAX_AMOUNT_REACHED", len(vm["VTPMs"]))
    if operation == "query_services" and not is_true(vm["other_config"].get("is_system_domain", "")):
        return XapiError("NOT_SYSTEM_DOMAIN", ref)
    return None


RULES: tuple[Callable[[Pool, str, Record, str], Refusal], ...] = (
    _blocked,
    _power_state,
    _concurrency,
    _template,
    _snapshot,
    _kind,
    _mobility,
    _control_domain,
    _features,
    _quiesced,
    _disks,
    _hardware,
    _membership,
)
