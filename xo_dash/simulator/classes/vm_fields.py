"""VMs: setters that look before they write."""

from __future__ import annotations

from .. import generic
from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..rights import require_changes
from ..types import NULL
from . import subject, vm_life, vmss

NO_BIOS_CHOICE = ("hp-rombios", "oem-1", "oem-2")
LONGEST_BIOS_STRING = 512  # bytes


@message("VM.set_order", "VM.set_start_delay", "VM.set_shutdown_delay")
def set_not_negative(call: Call, vm: str, value: int) -> str:
    name = call.method.removeprefix("VM.set_")
    if value < 0:
        raise XapiError("INVALID_VALUE", f"{name} must be non-negative", value)
    call.db.set(vm, **{name: value})
    return ""


@message("VM.set_actions_after_crash")
def set_plain(call: Call, vm: str, value: object) -> str:
    """Whether it makes sense is found out at the next start."""
    call.db.set(vm, **{call.method.removeprefix("VM.set_"): value})
    return ""


@message("VM.set_groups")
def set_groups(call: Call, vm: str, value: list[str]) -> str:
    subject.assert_licensed(call, "VM_groups")
    record = call.db.record("VM", vm)
    if record["is_control_domain"] or record["is_a_template"] or record["is_a_snapshot"]:
        raise XapiError("OPERATION_NOT_ALLOWED", "Control domains, templates, and snapshots cannot be added to VM groups.")
    if len(value) > 1:
        raise XapiError("TOO_MANY_GROUPS")
    call.db.set(vm, groups=value)
    return ""


@message("VM.set_domain_type")
def set_domain_type(call: Call, vm: str, value: str) -> str:
    if value == "unspecified":
        raise XapiError("INVALID_VALUE", "domain_type", value)
    call.db.set(vm, domain_type=value, HVM_boot_policy="BIOS order" if value == "hvm" else "")
    refresh_devices(call, vm)
    return ""


@message("VM.set_HVM_boot_policy")
def set_boot_policy(call: Call, vm: str, value: str) -> str:
    call.db.set(vm, HVM_boot_policy=value, domain_type="hvm" if value else "pv")
    refresh_devices(call, vm)
    return ""


def refresh_devices(call: Call, vm: str) -> None:
    """What can be plugged depends on the type of the domain."""
    call.pool.refresh(*call.db.get(vm, "VBDs"), *call.db.get(vm, "VIFs"))


@message("VM.set_platform", "VM.set_other_config")
def set_map(call: Call, vm: str, value: dict[str, str]) -> str:
    """VCPU_MAX_NOT_CORES_PER_SOCKET_MULTIPLE is found out at start only."""
    name = call.method.removeprefix("VM.set_")
    require_changes(call.session, "VM", name, call.db.get(vm, name), value)
    call.db.set(vm, **{name: value})
    call.pool.refresh(vm)
    return ""


@message("VM.add_to_platform", "VM.add_to_other_config", "VM.add_to_blocked_operations")
def add_to(call: Call, vm: str, key: str, value: str) -> str:
    generic.add_to_map(call, "VM", vm, call.method.removeprefix("VM.add_to_"), key, value)
    call.pool.refresh(vm)
    return ""


@message("VM.remove_from_platform", "VM.remove_from_other_config", "VM.remove_from_blocked_operations")
def remove_from(call: Call, vm: str, key: str) -> str:
    generic.remove_from_map(call, "VM", vm, call.method.removeprefix("VM.remove_from_"), key)
    call.pool.refresh(vm)
    return ""


@message("VM.set_blocked_operations")
def set_blocked_operations(call: Call, vm: str, value: dict[str, str]) -> str:
    call.db.set(vm, blocked_operations=value)
    call.pool.refresh(vm)
    return ""


@message("VM.set_bios_strings")
def set_bios_strings(call: Call, vm: str, value: dict[str, str]) -> str:
    if call.db.get(vm, "bios_strings"):
        raise XapiError("VM_BIOS_STRINGS_ALREADY_SET")
    for key, text in value.items():
        check_bios_string(key, text)
    call.db.set(vm, bios_strings={**vm_life.GENERIC_BIOS, **value})
    return ""


def check_bios_string(key: str, text: str) -> None:
    """A key that clients may set, and printable ASCII."""
    if key not in vm_life.GENERIC_BIOS or key in NO_BIOS_CHOICE:
        raise XapiError("INVALID_VALUE", key, "Unknown key")
    size = len(text.encode())
    if not size:
        raise XapiError("INVALID_VALUE", key, "Value provided is empty")
    if size > LONGEST_BIOS_STRING:
        raise XapiError("INVALID_VALUE", key, f"{text} has length more than {LONGEST_BIOS_STRING} characters")
    if not all(" " <= letter < "\x7f" for letter in text):
        raise XapiError("INVALID_VALUE", key, f"{text} has non-printable ASCII characters")


@message("VM.copy_bios_strings")
def copy_bios_strings(call: Call, vm: str, host: str) -> str:
    """Those of a host, where it had better start then."""
    if call.db.get(vm, "bios_strings"):
        raise XapiError("VM_BIOS_STRINGS_ALREADY_SET")
    call.db.set(vm, bios_strings=dict(call.db.record("host", host)["bios_strings"]), affinity=host)
    return ""


@message("VM.set_snapshot_schedule")
def set_snapshot_schedule(call: Call, vm: str, value: str) -> str:
    record = call.db.record("VM", vm)
    if value not in ("", NULL):
        if value not in call.db.rows("VMSS"):
            raise XapiError("INVALID_VALUE", value)
        if record["is_control_domain"]:
            raise XapiError("INVALID_VALUE", value)
        if record["is_a_template"]:
            raise XapiError("VM_IS_TEMPLATE", vm)
        if call.db.get(value, "type") == "snapshot_with_quiesce":
            vmss.check_quiescing(call.pool, vm)
    call.db.set(vm, snapshot_schedule=value or NULL)
    call.pool.refresh(vm)
    return ""
