"""XAPI's power states and operations in words."""

from __future__ import annotations

import re
from typing import Final

from data.objects import PowerState
from xo_dash.control.lazy_text import LazyText
from xo_dash.i18n import N_

STATES: Final = {
    PowerState.HALTED: N_("halted"),
    PowerState.PAUSED: N_("paused"),
    PowerState.RUNNING: N_("running"),
    PowerState.SUSPENDED: N_("suspended"),
    PowerState.UNKNOWN: N_("in an unknown state"),
}

WORD: Final = re.compile(r"\w+")
UNDER_WAY: Final = {
    "start": N_("it is starting"),
    "start_on": N_("it is starting"),
    "clean_shutdown": N_("it is shutting down"),
    "hard_shutdown": N_("it is being forced off"),
    "shutdown": N_("it is shutting down"),
    "clean_reboot": N_("it is rebooting"),
    "hard_reboot": N_("it is being reset"),
    "pause": N_("it is being paused"),
    "unpause": N_("it is being unpaused"),
    "suspend": N_("it is being suspended"),
    "resume": N_("it is resuming"),
    "resume_on": N_("it is resuming"),
    "pool_migrate": N_("it is migrating to another host"),
    "migrate_send": N_("it is migrating with its disks"),
    "snapshot": N_("a snapshot of it is being taken"),
    "snapshot_with_quiesce": N_("a snapshot of it is being taken"),
    "checkpoint": N_("a snapshot with its memory is being taken"),
    "revert": N_("it is being reverted to a snapshot"),
    "reverting": N_("it is being reverted to a snapshot"),
    "clone": N_("it is being cloned"),
    "copy": N_("it is being copied"),
    "create_template": N_("a template is being created from it"),
    "make_into_template": N_("it is being converted to a template"),
    "provision": N_("it is being created"),
    "export": N_("it is being exported"),
    "metadata_export": N_("its configuration is being exported"),
    "import": N_("it is being imported"),
    "destroy": N_("it is being deleted"),
    "changing_dynamic_range": N_("its memory is being changed"),
    "changing_static_range": N_("its memory is being changed"),
    "changing_memory_live": N_("its memory is being changed"),
    "changing_memory_limits": N_("its memory is being changed"),
    "changing_VCPUs": N_("its number of vCPUs is being changed"),
    "changing_VCPUs_live": N_("its number of vCPUs is being changed"),
    "power_state_reset": N_("its power state is being reset"),
    "csvm": N_("it is being converted"),
    "get_boot_record": N_("its boot settings are being read"),
    "send_sysrq": N_("a key is being sent to its guest"),
    "send_trigger": N_("a signal is being sent to its guest"),
    "query_services": N_("its services are being listed"),
    "call_plugin": N_("a plugin is working on it"),
    "awaiting_memory_live": N_("its memory is being changed"),
    "changing_shadow_memory": N_("its memory is being changed"),
    "changing_shadow_memory_live": N_("its memory is being changed"),
    "changing_NVRAM": N_("its firmware settings are being changed"),
    "assert_operation_valid": N_("an operation on it is being checked"),
    "data_source_op": N_("its metrics are being configured"),
    "update_allowed_operations": N_("its state is being checked"),
    "create_vtpm": N_("a TPM is being added to it"),
    "sysprep": N_("its Windows is being prepared by Sysprep"),
    # disks and drives, NICs, USB devices
    "attach": N_("it is being attached"),
    "attaching": N_("it is being attached"),
    "plug": N_("it is being attached"),
    "unplug": N_("it is being detached"),
    "unplug_force": N_("it is being detached by force"),
    "eject": N_("it is being ejected"),
    "insert": N_("a disc is being inserted"),
    "resize": N_("it is being resized"),
    "resize_online": N_("it is being resized"),
    "mirror": N_("it is being mirrored"),
    "forget": N_("it is being removed from the database"),
    "update": N_("it is being refreshed"),
    "force_unlock": N_("it is being unlocked"),
    "generate_config": N_("its configuration is being read"),
    "enable_cbt": N_("its changed block tracking is being enabled"),
    "disable_cbt": N_("its changed block tracking is being disabled"),
    "data_destroy": N_("its data is being deleted"),
    "list_changed_blocks": N_("its changed blocks are being listed"),
    "set_on_boot": N_("its reset-on-boot setting is being changed"),
    "blocked": N_("it is blocked"),
    "revert_to": N_("it is being reverted to a snapshot"),
    "revert_from": N_("a disk is being reverted to it"),
    # storage
    "scan": N_("it is being scanned"),
    "vdi_create": N_("a disk is being created on it"),
    "vdi_introduce": N_("a disk is being added to it"),
    "vdi_destroy": N_("a disk is being deleted from it"),
    "vdi_resize": N_("a disk on it is being resized"),
    "vdi_resize_online": N_("a disk on it is being resized"),
    "vdi_clone": N_("a disk on it is being cloned"),
    "vdi_copy": N_("a disk on it is being copied"),
    "vdi_snapshot": N_("a snapshot of a disk on it is being taken"),
    "vdi_mirror": N_("a disk on it is being mirrored"),
    "vdi_enable_cbt": N_("changed block tracking is being enabled for a disk on it"),
    "vdi_disable_cbt": N_("changed block tracking is being disabled for a disk on it"),
    "vdi_data_destroy": N_("the data of a disk on it is being deleted"),
    "vdi_list_changed_blocks": N_("the changed blocks of a disk on it are being listed"),
    "vdi_set_on_boot": N_("the reset-on-boot setting of a disk on it is being changed"),
    "vdi_blocked": N_("a disk on it is blocked"),
    "vdi_force_unlock": N_("a disk on it is being unlocked"),
    "vdi_forget": N_("a disk on it is being removed from the database"),
    "vdi_generate_config": N_("the configuration of a disk on it is being read"),
    "vdi_update": N_("a disk on it is being refreshed"),
    "vdi_revert": N_("a disk on it is being reverted to a snapshot"),
    "pbd_create": N_("a host is being connected to it"),
    "pbd_destroy": N_("a host is being disconnected from it"),
    # hosts, pools, clusters
    "evacuate": N_("its VMs are being migrated away"),
    "reboot": N_("it is rebooting"),
    "power_on": N_("it is being powered on"),
    "vm_start": N_("a VM is starting on it"),
    "vm_resume": N_("a VM is resuming on it"),
    "vm_migrate": N_("a VM is migrating to it"),
    "apply_updates": N_("updates are being installed"),
    "enable": N_("it is being enabled"),
    "disable": N_("it is being disabled"),
    "add": N_("a host is being added to it"),
    "remove": N_("a host is being removed from it"),
    "ha_enable": N_("HA is being turned on"),
    "ha_disable": N_("HA is being turned off"),
    "cluster_create": N_("a cluster is being created"),
    "designate_new_master": N_("another host is becoming its master"),
    "configure_repositories": N_("its update repositories are being changed"),
    "sync_updates": N_("updates are being fetched"),
    "sync_bundle": N_("updates are being read from a file"),
    "get_updates": N_("its updates are being listed"),
    "tls_verification_enable": N_("certificate checking is being enabled"),
    "cert_refresh": N_("certificates are being renewed"),
    "exchange_certificates_on_join": N_("a host is joining it"),
    "exchange_ca_certificates_on_join": N_("a host is joining it"),
    "exchange_crls_on_join": N_("a host is joining it"),
    "copy_primary_host_certs": N_("certificates are being copied to its hosts"),
    # tasks
    "cancel": N_("it is being cancelled"),
}
"""XAPI's operations as clauses about the object: of all its classes, as of schema 5.909."""

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
    "VM.provision": N_("New VM"),
    "VM.destroy": N_("Delete VM"),
    "VM.pool_migrate": N_("Migrate"),
    "VM.migrate_send": N_("Migrate with disks"),
    "VM.assert_can_migrate": N_("Check migration"),
    "VM.import": N_("Import VM"),
    "VM.export": N_("Export VM"),
    "VDI.create": N_("Create disk"),
    "VDI.destroy": N_("Delete disk"),
    "VDI.copy": N_("Copy disk"),
    "VDI.clone": N_("Clone disk"),
    "VDI.snapshot": N_("Snapshot disk"),
    "VDI.resize": N_("Resize disk"),
    "VDI.pool_migrate": N_("Move disk"),
    "VDI.update": N_("Refresh disk"),
    "VBD.plug": N_("Attach disk"),
    "VBD.unplug": N_("Detach disk"),
    "VBD.insert": N_("Insert CD"),
    "VBD.eject": N_("Eject CD"),
    "VIF.plug": N_("Connect NIC"),
    "VIF.unplug": N_("Disconnect NIC"),
    "SR.scan": N_("Scan SR"),
    "SR.create": N_("Create SR"),
    "SR.destroy": N_("Destroy SR"),
    "SR.probe": N_("Find storage"),
    "SR.probe_ext": N_("Find storage"),
    "PBD.plug": N_("Attach SR"),
    "PBD.unplug": N_("Detach SR"),
    "host.evacuate": N_("Evacuate"),
    "host.disable": N_("Enter maintenance mode"),
    "host.enable": N_("Leave maintenance mode"),
    "host.reboot": N_("Reboot host"),
    "host.shutdown": N_("Shut down host"),
    "host.power_on": N_("Power on host"),
    "host.restart_agent": N_("Restart toolstack"),
    "host.call_plugin": N_("Call host plugin"),
    "pool.join": N_("Join pool"),
    "pool.eject": N_("Leave pool"),
    "pool.enable_ha": N_("Turn HA on"),
    "pool.disable_ha": N_("Turn HA off"),
    "pool.designate_new_master": N_("Change pool master"),
    "network.create": N_("Create network"),
    "network.destroy": N_("Delete network"),
    "task.cancel": N_("Cancel task"),
}


def state_words(state: PowerState) -> LazyText:
    return LazyText(STATES[state])


def states_words(states: frozenset[PowerState]) -> LazyText:
    """`paused, running or suspended`, in the order of XAPI's enum."""
    first, *others = [state_words(state) for state in PowerState if state in states]
    spoken = first
    for word in others:
        joined = N_("{one} or {other}") if word is others[-1] else "{one}, {other}"
        spoken = LazyText(joined, {"one": spoken, "other": word})
    return spoken


def under_way(operation: str) -> LazyText:
    """An operation of XAPI's that runs, as a clause. Of several, `{clean_shutdown; snapshot}`, the first that has words."""
    known = (UNDER_WAY[word] for word in WORD.findall(operation) if word in UNDER_WAY)
    return LazyText(next(known, N_("another operation is running")))


def method_words(label: str) -> str | None:
    """The message for a task's label, `Async.VM.start` or `VM.start`; None for what a tool called it."""
    return METHODS.get(label.removeprefix("Async."))
