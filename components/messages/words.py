"""What XAPI's messages mean, in words; a name that we do not know stays as it is."""

from __future__ import annotations

import re
from typing import Final

from data.findings.finding import Level
from data.messages import Alarm, alarm_of
from data.objects import Message
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
    "VM_SECURE_BOOT_FAILED": N_("Secure boot failed"),
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
    "HA_POOL_OVERCOMMITTED": N_("HA: not enough room to restart all VMs"),
    "HA_POOL_DROP_IN_PLAN_EXISTS_FOR": N_("HA: fewer hosts can fail"),
    "HA_PROTECTED_VM_RESTART_FAILED": N_("HA: VM could not be restarted"),
    "REDO_LOG_BROKEN": N_("HA: log of the database is broken"),
    "REDO_LOG_HEALTHY": N_("HA: log of the database works again"),
    "IP_CONFIGURED_PIF_CAN_UNPLUG": N_("A NIC with an address may be unplugged"),
    "HOST_SYNC_DATA_FAILED": N_("Host could not synchronise its data"),
    "HOST_CLOCK_SKEW_DETECTED": N_("Host clock differs"),
    "HOST_CLOCK_WENT_BACKWARDS": N_("Host clock went back"),
    "POOL_MASTER_TRANSITION": N_("Another host is master"),
    "PBD_PLUG_FAILED_ON_SERVER_START": N_("SR was not attached when the host started"),
    "MULTIPATH_PERIODIC_ALERT": N_("Paths of multipath changed"),
    "BOND_STATUS_CHANGED": N_("Bond changed"),
    "SM_GC_NO_SPACE": N_("No room to coalesce disks"),
    "VDI_CBT_METADATA_INCONSISTENT": N_("Changed block tracking was switched off"),
    "VDI_CBT_SNAPSHOT_FAILED": N_("Changed block tracking was switched off"),
    "VDI_CBT_RESIZE_FAILED": N_("Changed block tracking was switched off"),
    "EXTAUTH_INIT_IN_HOST_FAILED": N_("Directory sign-in does not work on a host"),
    "EXTAUTH_IN_POOL_IS_NON_HOMOGENEOUS": N_("Hosts differ in their directory sign-in"),
    "FAILED_LOGIN_ATTEMPTS": N_("Failed sign-ins"),
    "TLS_VERIFICATION_EMERGENCY_DISABLED": N_("Certificates are not checked"),
    "LICENSE_EXPIRES_SOON": N_("Licence ends soon"),
    "LICENSE_EXPIRED": N_("Licence has ended"),
    "GRACE_LICENSE": N_("Licence is in its grace period"),
    "LICENSE_SERVER_UNAVAILABLE": N_("Licence server does not answer"),
    "LICENSE_SERVER_UNREACHABLE": N_("Licence server does not answer"),
    "LICENSE_SERVER_CONNECTED": N_("Licence server answers again"),
    "HOST_SERVER_CERTIFICATE_EXPIRED": N_("Host certificate has ended"),
    "HOST_SERVER_CERTIFICATE_EXPIRING_07": N_("Host certificate ends in a week"),
    "HOST_SERVER_CERTIFICATE_EXPIRING_14": N_("Host certificate ends in two weeks"),
    "HOST_SERVER_CERTIFICATE_EXPIRING_30": N_("Host certificate ends in a month"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRED": N_("Internal certificate has ended"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRING_07": N_("Internal certificate ends in a week"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRING_14": N_("Internal certificate ends in two weeks"),
    "HOST_INTERNAL_CERTIFICATE_EXPIRING_30": N_("Internal certificate ends in a month"),
    "POOL_CA_CERTIFICATE_EXPIRED": N_("CA certificate has ended"),
    "POOL_CA_CERTIFICATE_EXPIRING_07": N_("CA certificate ends in a week"),
    "POOL_CA_CERTIFICATE_EXPIRING_14": N_("CA certificate ends in two weeks"),
    "POOL_CA_CERTIFICATE_EXPIRING_30": N_("CA certificate ends in a month"),
    "CLUSTER_HOST_FENCING": N_("Host left its cluster"),
    "CLUSTER_HOST_ENABLE_FAILED": N_("Host could not join its cluster"),
    "CLUSTER_QUORUM_APPROACHING_LOST": N_("Cluster is near losing its quorum"),
    "PERIODIC_UPDATE_SYNC_FAILED": N_("Update repositories could not be read"),
    "UPDATES_FEATURE_EXPIRED": N_("Updates have ended with the licence"),
    "ALL_RUNNING_VMS_IN_APPLIANCE_STOPPED": N_("All VMs of an appliance have stopped"),
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
    "fs_usage": N_("File system of the control domain"),
    "log_fs_usage": N_("Log partition of the control domain"),
    "mem_usage": N_("Memory of the control domain"),
    "memory_free_kib": N_("Free memory"),
    "memory_internal_free": N_("Free memory in the guest"),
    "physical_utilisation": N_("Used room"),
    "sr_io_throughput_total_per_host": N_("Throughput to the SR"),
}
# fmt: on


UUIDS: Final = re.compile(r" ?\(uuid: [0-9a-f-]{36}\)", re.IGNORECASE)
"""What xapi puts after each name."""
LONGEST: Final = 2000
"""Characters of a body that a list shows."""


def title(message: Message) -> str:
    """What happened, short."""
    alarm = alarm_of(message)
    return alarm_words(alarm) if alarm else name_words(message.name)


def name_words(name: str) -> str:
    return _(NAMES[name]) if name in NAMES else name


def alarm_words(alarm: Alarm) -> str:
    """`CPU above 90 % for 1 min`"""
    what = _(_measured(alarm.name))
    text = _("{what} above {limit} for {time}") if alarm.high else _("{what} below {limit} for {time}")
    return text.format(what=what, limit=_amount(alarm.name, alarm.limit), time=duration(alarm.period))


def body(message: Message) -> str:
    """What more it says, on one line."""
    alarm = alarm_of(message)
    if alarm:
        return _("it was {value}").format(value=_amount(alarm.name, alarm.value)) if alarm.value == alarm.value else ""
    return UUIDS.sub("", " ".join(message.body[:LONGEST].split()))


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
