"""What XAPI's messages mean, in words; a name that we do not know is spelled out."""

from __future__ import annotations

import re
from typing import Final

from data.level import Level
from data.messages import Alarm
from xo_dash.i18n import N_, _, bits_rate, duration, number, percent, rate, size

# fmt: off
NAMES: Final[dict[str, str]] = {
    "ALARM": N_("Alarm"),
    "VM_STARTED": N_("VM started"),
    "VM_SHUTDOWN": N_("VM shut down"),
    "VM_REBOOTED": N_("VM rebooted"),
    "VM_SUSPENDED": N_("VM suspended"),
    "VM_RESUMED": N_("VM resumed"),
    "VM_PAUSED": N_("VM paused"),
    "VM_UNPAUSED": N_("VM unpaused"),
    "VM_CRASHED": N_("VM crashed"),
    "VM_CLONED": N_("VM cloned"),
    "VM_MIGRATED": N_("VM migrated"),
    "VM_SNAPSHOTTED": N_("Snapshot taken"),
    "VM_CHECKPOINTED": N_("Snapshot with memory taken"),
    "VM_SNAPSHOT_REVERTED": N_("VM reverted to a snapshot"),
    "VM_SECURE_BOOT_FAILED": N_("Secure Boot failed"),
    "VMSS_SNAPSHOT_SUCCEEDED": N_("Scheduled snapshot taken"),
    "VMSS_SNAPSHOT_FAILED": N_("Scheduled snapshot failed"),
    "VMSS_SNAPSHOT_MISSED_EVENT": N_("Scheduled snapshot missed"),
    "HA_HOST_FAILED": N_("Host failed"),
    "HA_HOST_WAS_FENCED": N_("Host was fenced"),
    "HA_STATEFILE_LOST": N_("HA: state file lost"),
    "HA_STATEFILE_APPROACHING_TIMEOUT": N_("HA: state file is slow"),
    "HA_HEARTBEAT_APPROACHING_TIMEOUT": N_("HA: heartbeat is slow"),
    "HA_XAPI_HEALTHCHECK_APPROACHING_TIMEOUT": N_("HA: toolstack is slow"),
    "HA_NETWORK_BONDING_ERROR": N_("HA: bond has lost a NIC"),
    "HA_POOL_OVERCOMMITTED": N_("HA: not enough memory to restart all VMs"),
    "HA_POOL_DROP_IN_PLAN_EXISTS_FOR": N_("HA: fewer host failures tolerated"),
    "HA_PROTECTED_VM_RESTART_FAILED": N_("HA: VM could not be restarted"),
    "REDO_LOG_BROKEN": N_("HA: database redo log is broken"),
    "REDO_LOG_HEALTHY": N_("HA: database redo log works again"),
    "IP_CONFIGURED_PIF_CAN_UNPLUG": N_("NIC with an address may be unplugged"),
    "HOST_SYNC_DATA_FAILED": N_("Host could not synchronise its data"),
    "HOST_CLOCK_SKEW_DETECTED": N_("Host clock difference"),
    "HOST_CLOCK_WENT_BACKWARDS": N_("Host clock went back"),
    "POOL_MASTER_TRANSITION": N_("Pool master changed"),
    "PBD_PLUG_FAILED_ON_SERVER_START": N_("SR was not attached when the host started"),
    "MULTIPATH_PERIODIC_ALERT": N_("Multipath paths changed"),
    "BOND_STATUS_CHANGED": N_("Bond changed"),
    "SM_GC_NO_SPACE": N_("No space to coalesce disks"),
    "VDI_CBT_METADATA_INCONSISTENT": N_("Changed block tracking was disabled"),
    "VDI_CBT_SNAPSHOT_FAILED": N_("Changed block tracking was disabled"),
    "VDI_CBT_RESIZE_FAILED": N_("Changed block tracking was disabled"),
    "EXTAUTH_INIT_IN_HOST_FAILED": N_("Active Directory sign-in fails on a host"),
    "EXTAUTH_IN_POOL_IS_NON_HOMOGENEOUS": N_("Hosts have different Active Directory settings"),
    "FAILED_LOGIN_ATTEMPTS": N_("Failed sign-ins"),
    "TLS_VERIFICATION_EMERGENCY_DISABLED": N_("Certificates are not checked"),
    "LICENSE_EXPIRES_SOON": N_("Licence expires soon"),
    "LICENSE_EXPIRED": N_("Licence has expired"),
    "GRACE_LICENSE": N_("Licence is in its grace period"),
    "LICENSE_SERVER_UNAVAILABLE": N_("Licence server not responding"),
    "LICENSE_SERVER_UNREACHABLE": N_("Licence server not responding"),
    "LICENSE_SERVER_CONNECTED": N_("Licence server responds again"),
    "HOST_SERVER_CERTIFICATE_EXPIRED": N_("Host certificate has expired"),
    "HOST_SERVER_CERTIFICATE_EXPIRING_07": N_("Host certificate expires in a week"),
    "HOST_SERVER_CERTIFICATE_EXPIRING_14": N_("Host certificate expires in two weeks"),
    "HOST_SERVER_CERTIFICATE_EXPIRING_30": N_("Host certificate expires in a month"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRED": N_("Internal certificate has expired"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRING_07": N_("Internal certificate expires in a week"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRING_14": N_("Internal certificate expires in two weeks"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRING_30": N_("Internal certificate expires in a month"),
    "POOL_CA_CERTIFICATE_EXPIRED": N_("CA certificate has expired"),
    "POOL_CA_CERTIFICATE_EXPIRING_07": N_("CA certificate expires in a week"),
    "POOL_CA_CERTIFICATE_EXPIRING_14": N_("CA certificate expires in two weeks"),
    "POOL_CA_CERTIFICATE_EXPIRING_30": N_("CA certificate expires in a month"),
    "CLUSTER_HOST_FENCING": N_("Host left its cluster"),
    "CLUSTER_HOST_ENABLE_FAILED": N_("Host could not join its cluster"),
    "CLUSTER_QUORUM_APPROACHING_LOST": N_("Cluster is close to losing quorum"),
    "PERIODIC_UPDATE_SYNC_FAILED": N_("Update repositories could not be read"),
    "UPDATES_FEATURE_EXPIRED": N_("No more updates: the licence has expired"),
    "ALL_RUNNING_VMS_IN_APPLIANCE_STOPPED": N_("All VMs of a vApp stopped"),
}
"""{XAPI's name: what it means}"""

PRIORITIES: Final = {
    Level.CRITICAL: N_("Critical"), Level.WARNING: N_("Warning"), Level.INFORMATION: N_("Information"),
}  # fmt: skip
MARKS: Final = {Level.CRITICAL: "critical", Level.WARNING: "warning", Level.INFORMATION: "information", Level.NONE: "information"}

SHARES: Final = frozenset({"cpu_usage", "fs_usage", "log_fs_usage", "mem_usage", "physical_utilisation"})
KIB: Final = frozenset({"memory_free_kib", "memory_internal_free"})
MEASURED: Final[dict[str, str]] = {
    "cpu_usage": N_("CPU"),
    "network_usage": N_("Network"),
    "disk_usage": N_("Disks"),
    "fs_usage": N_("Control domain file system"),
    "log_fs_usage": N_("Control domain log partition"),
    "mem_usage": N_("Control domain memory"),
    "memory_free_kib": N_("Free memory"),
    "memory_internal_free": N_("Free guest memory"),
    "physical_utilisation": N_("Space used"),
    "sr_io_throughput_total_per_host": N_("Throughput to the SR"),
}
# fmt: on


UUIDS: Final = re.compile(r" ?\(uuid: [0-9a-f-]{36}\)", re.IGNORECASE)
"""What xapi puts after each name."""
LONGEST: Final = 2000
"""Characters of a body that a list shows."""


def title(name: str, alarm: Alarm | None) -> str:
    """What happened, short."""
    if alarm:
        return alarm_words(alarm)
    return _(NAMES[name]) if name in NAMES else name.replace("_", " ").capitalize()


def alarm_words(alarm: Alarm) -> str:
    """`CPU above 90 % for 1 min`"""
    what = _(_measured(alarm.name))
    text = _("{what} above {limit} for {time}") if alarm.high else _("{what} below {limit} for {time}")
    return text.format(what=what, limit=_amount(alarm.name, alarm.limit), time=duration(alarm.period))


def details(body: str, alarm: Alarm | None) -> str:
    """What more it says, on one line."""
    if alarm:
        return _("it was {value}").format(value=_amount(alarm.name, alarm.value)) if alarm.value == alarm.value else ""
    return UUIDS.sub("", " ".join(body[:LONGEST].split()))


def _measured(name: str) -> str:
    if name.startswith("sr_io_throughput_total_"):
        return MEASURED["sr_io_throughput_total_per_host"]
    return MEASURED.get(name, name)


def _amount(name: str, value: float) -> str:
    if name in SHARES:
        return percent(value)
    if name in KIB:
        return size(value * 1024)
    if name == "network_usage":
        return bits_rate(8 * value)
    if name == "disk_usage":
        return rate(value)
    if name.startswith("sr_io_throughput"):
        return rate(value * (1 << 20))  # rrdd tells MiB a second
    return number(value, 2)
