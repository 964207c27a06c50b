"""XAPI's power states and operations in words."""

from __future__ import annotations

from typing import Final

from data.objects import PowerState
from xo_dash.control.said import Said
from xo_dash.i18n import N_

STATES: Final = {
    PowerState.HALTED: N_("halted"),
    PowerState.PAUSED: N_("paused"),
    PowerState.RUNNING: N_("running"),
    PowerState.SUSPENDED: N_("suspended"),
    PowerState.UNKNOWN: N_("in an unknown state"),
}

UNDER_WAY: Final = {
    "start": N_("it is starting"),
    "start_on": N_("it is starting"),
    "clean_shutdown": N_("it is shutting down"),
    "hard_shutdown": N_("it is being switched off"),
    "shutdown": N_("it is shutting down"),
    "clean_reboot": N_("it is rebooting"),
    "hard_reboot": N_("it is being reset"),
    "pause": N_("it is being paused"),
    "unpause": N_("it is being unpaused"),
    "suspend": N_("it is being suspended"),
    "resume": N_("it is resuming"),
    "resume_on": N_("it is resuming"),
    "pool_migrate": N_("it is moving to another host"),
    "migrate_send": N_("it is moving, with its disks"),
    "snapshot": N_("a snapshot of it is being taken"),
    "snapshot_with_quiesce": N_("a snapshot of it is being taken"),
    "checkpoint": N_("a snapshot with its memory is being taken"),
    "revert": N_("it is being reverted to a snapshot"),
    "reverting": N_("it is being reverted to a snapshot"),
    "clone": N_("it is being cloned"),
    "copy": N_("it is being copied"),
    "create_template": N_("a template is being made of it"),
    "make_into_template": N_("it is becoming a template"),
    "provision": N_("it is being set up"),
    "export": N_("it is being exported"),
    "metadata_export": N_("its configuration is being exported"),
    "import": N_("it is being imported"),
    "destroy": N_("it is being deleted"),
    "changing_dynamic_range": N_("its memory is being changed"),
    "changing_static_range": N_("its memory is being changed"),
    "changing_memory_live": N_("its memory is being changed"),
    "changing_memory_limits": N_("its memory is being changed"),
    "changing_VCPUs": N_("its number of CPUs is being changed"),
    "changing_VCPUs_live": N_("its number of CPUs is being changed"),
    "power_state_reset": N_("its power state is being reset"),
}

METHODS: Final = {
    "VM.start": N_("Start"),
    "VM.start_on": N_("Start on a host"),
    "VM.clean_shutdown": N_("Shut down"),
    "VM.shutdown": N_("Shut down"),
    "VM.hard_shutdown": N_("Force off"),
    "VM.clean_reboot": N_("Reboot"),
    "VM.hard_reboot": N_("Reset"),
    "VM.pause": N_("Pause"),
    "VM.unpause": N_("Unpause"),
    "VM.suspend": N_("Suspend"),
    "VM.resume": N_("Resume"),
    "VM.resume_on": N_("Resume on a host"),
    "VM.snapshot": N_("Snapshot"),
    "VM.checkpoint": N_("Snapshot with memory"),
    "VM.revert": N_("Revert to a snapshot"),
    "VM.clone": N_("Clone"),
    "VM.copy": N_("Copy"),
    "VM.provision": N_("Set up a new VM"),
    "VM.destroy": N_("Delete a VM"),
    "VM.pool_migrate": N_("Migrate"),
    "VM.migrate_send": N_("Migrate with disks"),
    "VM.assert_can_migrate": N_("Check a migration"),
    "VM.import": N_("Import a VM"),
    "VM.export": N_("Export a VM"),
    "VDI.create": N_("Create a disk"),
    "VDI.destroy": N_("Delete a disk"),
    "VDI.copy": N_("Copy a disk"),
    "VDI.clone": N_("Clone a disk"),
    "VDI.snapshot": N_("Snapshot of a disk"),
    "VDI.resize": N_("Resize a disk"),
    "VDI.pool_migrate": N_("Move a disk"),
    "VDI.update": N_("Refresh a disk"),
    "VBD.plug": N_("Attach a disk"),
    "VBD.unplug": N_("Detach a disk"),
    "VBD.insert": N_("Insert a CD"),
    "VBD.eject": N_("Eject a CD"),
    "VIF.plug": N_("Connect a NIC"),
    "VIF.unplug": N_("Disconnect a NIC"),
    "SR.scan": N_("Scan storage"),
    "SR.create": N_("Create storage"),
    "SR.destroy": N_("Destroy storage"),
    "SR.probe": N_("Look for storage"),
    "SR.probe_ext": N_("Look for storage"),
    "PBD.plug": N_("Attach storage"),
    "PBD.unplug": N_("Detach storage"),
    "host.evacuate": N_("Move all VMs away"),
    "host.disable": N_("Enter maintenance mode"),
    "host.enable": N_("Leave maintenance mode"),
    "host.reboot": N_("Reboot a host"),
    "host.shutdown": N_("Shut down a host"),
    "host.power_on": N_("Power on a host"),
    "host.restart_agent": N_("Restart the toolstack"),
    "pool.join": N_("Join a pool"),
    "pool.eject": N_("Leave a pool"),
    "pool.enable_ha": N_("Enable HA"),
    "pool.disable_ha": N_("Disable HA"),
    "pool.designate_new_master": N_("Change the master"),
    "network.create": N_("Create a network"),
    "network.destroy": N_("Delete a network"),
    "task.cancel": N_("Cancel a task"),
}


def state_words(state: PowerState) -> Said:
    return Said(STATES[state])


def states_words(states: frozenset[PowerState]) -> Said:
    """`paused, running or suspended`, in the order of XAPI's enum."""
    first, *others = [state_words(state) for state in PowerState if state in states]
    spoken = first
    for word in others:
        joined = N_("{one} or {other}") if word is others[-1] else "{one}, {other}"
        spoken = Said(joined, {"one": spoken, "other": word})
    return spoken


def under_way(operation: str) -> Said:
    """An operation of XAPI's that runs, as a clause."""
    if operation in UNDER_WAY:
        return Said(UNDER_WAY[operation])
    return Said(N_("another operation is under way ({operation})"), {"operation": operation})


def method_words(label: str) -> str | None:
    """The message for a task's label, `Async.VM.start` or `VM.start`; None for what a tool called it."""
    return METHODS.get(label.removeprefix("Async."))
