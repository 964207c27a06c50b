"""What may be done with a VM, by its state: the tables and the order of the checks."""

from __future__ import annotations

from typing import Any

import pytest

from xo_dash.simulator.classes import vm_states
from xo_dash.simulator.classes.vm_rules import advertised, refusal
from xo_dash.simulator.dispatch import Dispatcher
from xo_dash.simulator.model import load
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.registry import collect

COMMON = "changing_NVRAM changing_dynamic_range changing_shadow_memory changing_static_range clone copy export metadata_export"
SHOWN = {
    "halted": f"{COMMON} create_vtpm destroy make_into_template migrate_send snapshot start start_on",
    "running": "changing_VCPUs_live changing_dynamic_range checkpoint clean_reboot clean_shutdown hard_reboot hard_shutdown "
    "metadata_export migrate_send pause pool_migrate snapshot suspend sysprep",
    "running without tools": "changing_dynamic_range hard_reboot hard_shutdown metadata_export pause snapshot sysprep",
    "paused": "checkpoint hard_reboot hard_shutdown metadata_export snapshot unpause",
    "suspended": "checkpoint destroy export hard_shutdown metadata_export migrate_send resume resume_on snapshot",
    "template": f"{COMMON} destroy migrate_send provision",
    "default template": f"{COMMON} provision",
    "snapshot": "clone copy destroy export metadata_export revert",
    "checkpoint": "clone copy destroy export hard_shutdown metadata_export revert",
}
FIELDS: dict[str, dict[str, Any]] = {
    "halted": {},
    "running": {"power_state": "Running"},
    "running without tools": {"power_state": "Running", "guest_metrics": "OpaqueRef:NULL"},
    "paused": {"power_state": "Paused"},
    "suspended": {"power_state": "Suspended"},
    "template": {"is_a_template": True},
    "default template": {"is_a_template": True, "other_config": {"default_template": "true"}},
    "snapshot": {"is_a_template": True, "is_a_snapshot": True},
    "checkpoint": {"is_a_template": True, "is_a_snapshot": True, "power_state": "Suspended"},
}


@pytest.fixture(scope="module")
def pool() -> Pool:
    made = Pool(Dispatcher(load(), collect()))
    made.db.create("pool", {})
    return made


def vm_with(pool: Pool, **fields: Any) -> str:
    tools = pool.db.create("VM_guest_metrics", {"PV_drivers_version": {"major": "8", "minor": "3"}})
    return pool.db.create("VM", {"domain_type": "hvm", "power_state": "Halted", "domid": -1, "guest_metrics": tools, **fields})


@pytest.mark.parametrize("state", SHOWN)
def test_what_is_shown(pool: Pool, state: str) -> None:
    vm = vm_with(pool, **FIELDS[state])
    assert sorted(advertised(pool, vm, pool.db.record("VM", vm))) == sorted(SHOWN[state].split())


@pytest.mark.parametrize(
    ("running", "operation", "fits"),
    [
        ("clone", "copy", True),
        ("clone", "export", True),
        ("snapshot", "checkpoint", True),
        ("snapshot", "clone", False),
        ("clean_shutdown", "hard_shutdown", True),
        ("hard_shutdown", "hard_shutdown", False),
        ("clean_reboot", "hard_reboot", True),
        ("hard_shutdown", "hard_reboot", False),
        ("migrate_send", "clean_shutdown", True),
        ("pool_migrate", "clean_shutdown", False),
    ],
)
def test_what_overlaps(running: str, operation: str, fits: bool) -> None:
    assert vm_states.may_overlap(operation, (running,)) is fits


CASES = [
    ("a reason of the user's comes first", {"blocked_operations": {"start": "not today"}, "power_state": "Running"}, "start",
     ["OPERATION_BLOCKED", "VM", "not today"]),
    ("then the power state", {"is_a_template": True}, "hard_reboot", ["VM_BAD_POWER_STATE", "VM", "paused, running", "halted"]),
    ("all states that would do", {}, "hard_shutdown", ["VM_BAD_POWER_STATE", "VM", "paused, suspended, running", "halted"]),
    ("what runs already", {"current_operations": {"task": "start"}, "is_a_template": True}, "clone",
     ["OTHER_OPERATION_IN_PROGRESS", "class", "VM", "start", "task"]),
    ("two at once", {"current_operations": {"a": "clone", "b": "copy"}}, "start",
     ["OTHER_OPERATION_IN_PROGRESS", "class", "VM", "{clone,copy}", "{a,b}"]),
    ("templates", {"is_a_template": True}, "start", ["VM_IS_TEMPLATE", "VM", "start"]),
    ("snapshots", {"is_a_template": True, "is_a_snapshot": True}, "start_on", ["VM_IS_SNAPSHOT", "VM", "start_on"]),
    ("operations without a word", {"is_a_template": True, "is_a_snapshot": True}, "changing_VCPUs",
     ["VM_IS_SNAPSHOT", "VM", "(unknown operation)"]),
    ("provision", {}, "provision", ["PROVISION_ONLY_ALLOWED_ON_TEMPLATE"]),
    ("revert", {}, "revert", ["REVERT_ONLY_ALLOWED_ON_SNAPSHOT"]),
    ("immobile", {"power_state": "Running", "platform": {"nomigrate": "true"}}, "suspend", ["VM_IS_IMMOBILE", "VM"]),
    ("nested", {"platform": {"nested-virt": "1"}}, "changing_dynamic_range", ["VM_IS_USING_NESTED_VIRT", "VM"]),
    ("dom0", {"is_control_domain": True, "domid": 0, "power_state": "Running"}, "hard_shutdown",
     ["OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain"]),
    ("no drivers", {"power_state": "Running", "guest_metrics": "OpaqueRef:NULL"}, "clean_shutdown", ["VM_LACKS_FEATURE", "VM"]),
    ("a device passed through", {"power_state": "Running", "attached_PCIs": ["x"]}, "pool_migrate", ["VM_HAS_PCI_ATTACHED", "VM"]),
    ("a USB device", {"VUSBs": ["OpaqueRef:x"]}, "snapshot", ["VM_HAS_VUSBS", "VM"]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "fields", "operation", "answer"), CASES, ids=[c[0] for c in CASES])
def test_why_not(pool: Pool, why: str, fields: dict[str, Any], operation: str, answer: list[str]) -> None:
    vm = vm_with(pool, **fields)
    reason = refusal(pool, vm, pool.db.record("VM", vm), operation)
    assert reason is not None
    assert reason.details == [{"VM": vm, "class": "VM"}.get(word, word) for word in answer], why
