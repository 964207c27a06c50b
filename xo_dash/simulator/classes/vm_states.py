"""In which power states a VM's operations are legal, and which of them may overlap. Tables, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping


def words(text: str) -> frozenset[str]:
    """Names as they are easiest to read: in a row."""
    return frozenset(text.split())


HALTED, PAUSED, RUNNING, SUSPENDED = "Halted", "Paused", "Running", "Suspended"
LIVE = frozenset({RUNNING, PAUSED})
ALL = (HALTED, PAUSED, SUSPENDED, RUNNING)

# The order within a tuple is the order in which VM_BAD_POWER_STATE names them.
_STATES: dict[tuple[str, ...], str] = {
    (): "import",
    (HALTED,): "changing_VCPUs changing_static_range changing_memory_limits changing_shadow_memory changing_NVRAM make_into_template "
    "provision start start_on create_vtpm clone copy",
    (PAUSED,): "unpause",
    (SUSPENDED,): "csvm resume resume_on",
    (RUNNING,): "awaiting_memory_live call_plugin clean_reboot clean_shutdown changing_memory_live changing_shadow_memory_live "
    "changing_VCPUs_live data_source_op pause pool_migrate send_sysrq send_trigger snapshot_with_quiesce sysprep suspend",
    (HALTED, RUNNING): "changing_dynamic_range",
    (HALTED, SUSPENDED): "create_template destroy export",
    (PAUSED, RUNNING): "hard_reboot",
    (PAUSED, SUSPENDED, RUNNING): "checkpoint get_boot_record shutdown hard_shutdown",
    (HALTED, SUSPENDED, RUNNING): "migrate_send",
    ALL: "assert_operation_valid metadata_export power_state_reset revert reverting snapshot update_allowed_operations query_services",
}
LEGAL: Mapping[str, tuple[str, ...]] = {name: states for states, names in _STATES.items() for name in names.split()}
WITH_CONTROL_DOMAINS_RUNNING = frozenset({"changing_VCPUs", "changing_static_range", "changing_memory_limits"})
CLONING = frozenset({"clone", "copy"})

# Possible, but never shown in allowed_operations.
SILENT = words(
    "create_template power_state_reset csvm get_boot_record send_sysrq send_trigger query_services shutdown call_plugin "
    "changing_memory_live awaiting_memory_live changing_memory_limits changing_shadow_memory_live changing_VCPUs "
    "assert_operation_valid data_source_op update_allowed_operations import reverting"
)
ON_TEMPLATES = words(
    "changing_dynamic_range changing_static_range changing_memory_limits changing_shadow_memory changing_VCPUs changing_NVRAM "
    "clone copy export metadata_export provision"
)
ON_OWN_TEMPLATES = frozenset({"destroy", "migrate_send"})  # not on the default ones
ON_SNAPSHOTS = words("revert clone copy export destroy hard_shutdown metadata_export")
ON_CONTROL_DOMAINS = words(
    "data_source_op changing_memory_live awaiting_memory_live metadata_export changing_dynamic_range changing_memory_limits "
    "changing_static_range start start_on changing_VCPUs destroy"
)

OVERLAPPING = (frozenset({"clone", "copy", "export"}), frozenset({"snapshot", "checkpoint"}), frozenset({"get_boot_record"}))
DURING = frozenset(
    {
        (("snapshot_with_quiesce",), "snapshot"),
        (("migrate_send",), "metadata_export"),
        (("migrate_send",), "clean_shutdown"),
        (("migrate_send",), "clean_reboot"),
    }
)
# xapi has no word for these, and says so in its errors.
UNNAMED = frozenset({"changing_VCPUs", "changing_memory_limits", "query_services", "create_template"})
RENAMED = {"assert_operation_valid": "assertoperationvalid", "data_source_op": "data_sources_op"}


def legal_states(operation: str, *, control_domain: bool = False, cloned_suspended: bool = False) -> tuple[str, ...]:
    """The power states `operation` needs; `cloned_suspended`: a snapshot, or a pool that clones suspended VMs."""
    states = LEGAL[operation]
    if operation in WITH_CONTROL_DOMAINS_RUNNING and control_domain:
        return (*states, RUNNING)
    if operation in CLONING and cloned_suspended:
        return (*states, SUSPENDED)
    return states


def may_overlap(operation: str, current: tuple[str, ...]) -> bool:
    """May `operation` begin while these run, whatever the power state?"""
    if any(operation in group and group.issuperset(current) for group in OVERLAPPING):
        return True
    if operation == "hard_shutdown":
        return "hard_shutdown" not in current
    if operation == "hard_reboot":
        return not {"hard_shutdown", "hard_reboot"} & set(current)
    return (current, operation) in DURING


def spoken(operation: str) -> str:
    """An operation as error arguments name it."""
    return "(unknown operation)" if operation in UNNAMED else RENAMED.get(operation, operation)
