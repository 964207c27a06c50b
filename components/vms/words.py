"""States, operations and tools of VMs in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.facts.vm import Tools, ToolsState, VmState, state_of
from data.objects import VM
from data.vms import Firmware
from xo_dash.i18n import N_, _

STATES: Final[Mapping[VmState, str]] = {
    VmState.RUNNING: N_("Running"), VmState.HALTED: N_("Halted"), VmState.PAUSED: N_("Paused"), VmState.SUSPENDED: N_("Suspended"),
    VmState.UNKNOWN: N_("Unknown"),
}  # fmt: skip
"""A state is the shape of its mark too."""

DOING: Final[Mapping[str, str]] = {
    "start": N_("Starting"), "start_on": N_("Starting"), "clean_shutdown": N_("Shutting down"), "hard_shutdown": N_("Forcing off"),
    "shutdown": N_("Shutting down"), "clean_reboot": N_("Rebooting"), "hard_reboot": N_("Resetting"), "pause": N_("Pausing"),
    "unpause": N_("Unpausing"), "suspend": N_("Suspending"), "resume": N_("Resuming"), "resume_on": N_("Resuming"),
    "pool_migrate": N_("Migrating"), "migrate_send": N_("Migrating with disks"), "snapshot": N_("Taking a snapshot"),
    "checkpoint": N_("Taking a snapshot"), "revert": N_("Reverting"), "reverting": N_("Reverting"), "clone": N_("Cloning"),
    "copy": N_("Copying"), "export": N_("Exporting"), "provision": N_("Creating"), "destroy": N_("Deleting"),
    "snapshot_with_quiesce": N_("Taking a snapshot"), "create_template": N_("Converting to template"),
    "make_into_template": N_("Converting to template"), "import": N_("Importing"), "metadata_export": N_("Exporting"),
    "changing_memory_live": N_("Changing memory"), "awaiting_memory_live": N_("Changing memory"),
    "changing_memory_limits": N_("Changing memory"), "changing_dynamic_range": N_("Changing memory"),
    "changing_static_range": N_("Changing memory"), "changing_shadow_memory": N_("Changing memory"),
    "changing_shadow_memory_live": N_("Changing memory"), "changing_VCPUs": N_("Changing vCPUs"),
    "changing_VCPUs_live": N_("Changing vCPUs"),
}  # fmt: skip
"""XAPI's operations in a word or two; of the others, which pass in a moment, BUSY says enough."""
BUSY: Final = N_("Busy")

TOOLS: Final[Mapping[str, str]] = {
    ToolsState.WORKING: N_("Working"), ToolsState.SILENT: N_("Not responding"), ToolsState.MISSING: N_("Not installed"), ToolsState.OFF: "",
}  # fmt: skip

FIRMWARE: Final[Mapping[Firmware, str]] = {
    Firmware.BIOS: N_("BIOS"), Firmware.UEFI: N_("UEFI"), Firmware.SECURE: N_("UEFI, Secure Boot"), Firmware.NONE: N_("none, paravirtual"),
}  # fmt: skip

BOOT: Final[Mapping[str, str]] = {"c": N_("disk"), "d": N_("CD"), "n": N_("network")}


def mark_of(vm: VM) -> str:
    """The shape of its mark: its state, or that something is under way."""
    return "busy" if vm.current_operations else state_of(vm)


def doing_of(vm: VM) -> str:
    """The operation under way, `Starting`; "" for none."""
    operation = next(iter(vm.current_operations.values()), "")
    return _(DOING.get(operation, BUSY)) if operation else ""


def tools_text(tools: Tools) -> str:
    """`Working, 8.3.0`; the version alone while the VM is off."""
    said = _(TOOLS[tools.state]) if TOOLS[tools.state] else ""
    return ", ".join(part for part in (said, tools.version) if part)
