"""The failures few people meet: a sentence for a family of codes, with the code in words as the detail."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from xo_dash.i18n import N_

# fmt: off
FAMILIES: Final[tuple[tuple[str, str], ...]] = (
    # the first prefix that fits counts, so the particular ones come first
    ("POOL_AUTH_ AUTH_ SUBJECT_ ROLE_ USER_IS_NOT_LOCAL_SUPERUSER TOO_MANY_GROUPS CHANGE_PASSWORD_REJECTED",
     N_("the pool's users could not be changed or checked; check its directory service: {detail}")),
    ("POOL_JOINING_ JOINING_HOST_ HOSTS_NOT_ POOL_",
     N_("the host and the pool are not compatible; resolve the differences first: {detail}")),
    ("WLB_",
     N_("the pool's workload balancing server failed; check that server: {detail}")),
    ("PVS_",
     N_("there is a problem with the pool's PVS cache; check its sites and storage: {detail}")),
    ("CLUSTER INVALID_CLUSTER_STACK INCOMPATIBLE_CLUSTER_STACK NO_CLUSTER_HOSTS NO_COMPATIBLE_CLUSTER",
     N_("there is a problem with the cluster; check that all its hosts are running: {detail}")),
    ("HA_ INCOMPATIBLE_STATEFILE_SR CANNOT_CREATE_STATE_FILE NO_MORE_REDO_LOGS REDO_LOG_ CANNOT_ENABLE_REDO_LOG",
     N_("HA prevents this; check the pool's HA settings, its hosts and its heartbeat SR: {detail}")),
    ("LICENSE_ ACTIVATION_ INVALID_EDITION V6D_FAILURE",
     N_("there is a problem with the pool's licence or licence server; check both: {detail}")),
    ("SERVER_CERTIFICATE_ CERTIFICATE_ TRUSTED_CERTIFICATE_ CRL_ SSL_ TLS_ NOT_TRUSTED_CERTIFICATE",
     N_("there is a problem with a certificate; check its dates, names and chain: {detail}")),
    ("UPDATE PATCH_ INVALID_UPDATE INVALID_PATCH CANNOT_FETCH_PATCH CANNOT_FIND_PATCH CANNOT_FIND_UPDATE APPLY_ GET_UPDATES "
     "GET_HOST_UPDATES REPO MULTIPLE_UPDATE_ NO_REPOSITOR BUNDLE_ BLOCKED_REPO SYNC_ CAN_NOT_SYNC CAN_NOT_PERIODIC "
     "CONFIGURE_REPOSITORIES INVALID_REPO INVALID_BASE_URL INVALID_GPGKEY HOST_PENDING_MANDATORY",
     N_("there is a problem with the pool's updates; check its repositories and the pending updates of its hosts: {detail}")),
    ("GPU_ PGPU_ VGPU_ NVIDIA_",
     N_("there is a problem with the GPUs of the hosts; check what each supports: {detail}")),
    ("USB_ PUSB_ TOO_MANY_VUSBS BOOT_DEVICE_PASSTHROUGH VM_PCI_BUS_FULL HOST_DRIVER_",
     N_("there is a problem with a host device; check what is passed through: {detail}")),
    ("PIF_ NETWORK_ VLAN_ VIF_ BRIDGE_ CANNOT_ADD_TUNNEL CANNOT_ADD_VLAN CANNOT_CHANGE_PIF CANNOT_PLUG CANNOT_FORGET_SRIOV "
     "CANNOT_DESTROY_SYSTEM_NETWORK DUPLICATE_PIF IS_TUNNEL INCOMPATIBLE_PIF INTERFACE_ REQUIRED_PIF TRANSPORT_PIF MAC_ OPENVSWITCH_ "
     "ADDRESS_VIOLATES COULD_NOT_UPDATE_IGMP HOST_CANNOT_ATTACH_NETWORK INVALID_IP INVALID_CIDR SLAVE_REQUIRES HOST_HAS_NO_MANAGEMENT",
     N_("there is a problem with a network; check the pool's networks and the NICs of its hosts: {detail}")),
    ("SR_ PBD_ VDI_ VBD_ LOCATION_ DEFAULT_SR ILLEGAL_VBD DISK_VBD DEVICE_ INVALID_DEVICE PROVISION_FAILED VM_NO_CRASHDUMP VM_NO_EMPTY_CD "
     "VM_DUPLICATE_VBD HOST_CD_DRIVE",
     N_("there is a problem with a disk or its storage; check both: {detail}")),
    ("IMPORT_ COULD_NOT_IMPORT RESTORE_ BACKUP_ VM_TO_IMPORT",
     N_("the file could not be imported; check that it is complete and not from a newer pool: {detail}")),
    ("XEN_VSS_ VM_SNAPSHOT_WITH_QUIESCE",
     N_("the guest could not be quiesced for the snapshot; check its shadow copy service, or take an ordinary snapshot: {detail}")),
    ("VMPP_ VMSS_ VM_ASSIGNED_",
     N_("there is a problem with the pool's snapshot schedule; check it: {detail}")),
    ("HOST_ CANNOT_EVACUATE_HOST CANNOT_RESTART_DEVICE MISSING_CONNECTION VM_MIGRATE_CONTACT XEN_INCOMPATIBLE CPU_FEATURE INVALID_FEATURE "
     "NOT_IN_EMERGENCY",
     N_("there is a problem with a host; check its page: {detail}")),
    ("DISABLE_SSH ENABLE_SSH SET_ SYSTEM_STATUS INVALID_NTP NOT_ALLOWED ONLY_ALLOWED TELEMETRY_ CANNOT_FIND_OEM CANNOT_FIND_STATE",
     N_("the setting could not be applied on every host; check each of them: {detail}")),
    ("VM_ PROVISION_ FEATURE_REQUIRES_HVM DUPLICATE_MAC_SEED NOT_SYSTEM_DOMAIN CANNOT_RESET VCPU_ VTPM_ SYSPREP CANNOT_DESTROY_DISASTER",
     N_("the settings of the VM do not allow this; check them: {detail}")),
    ("MESSAGE_ FIELD_ MAP_ DB_ XMLRPC_ EVENT SESSION_ INVALID_",
     N_("the pool did not accept the call as xo-dash made it; please report this: {detail}")),
)
# fmt: on

UNKNOWN: Final = N_("the pool refused: {detail}")


def family(code: str) -> str:
    """The message for `code`, with one field `{detail}`."""
    for prefixes, message in FAMILIES:
        if code.startswith(tuple(prefixes.split())):
            return message
    return UNKNOWN


@cache
def known_codes() -> dict[str, tuple[str, ...]]:
    """{code: names of its arguments}, as xapi declares them."""
    table: dict[str, tuple[str, ...]] = {}
    for line in files(__package__).joinpath("codes.txt").read_text("utf-8").splitlines():
        code, _space, names = line.partition(" ")
        table[code] = tuple(names.split(", ")) if names else ()
    return table
