"""Pools and their hosts."""

from __future__ import annotations

from typing import Annotated, ClassVar

from data.types import NEVER, NULL_REF, Count, Ref, XapiDate, XapiObject


class Pool(XapiObject):
    """One or more hosts under one master. A lone host is a pool too, often without a name."""

    xapi_class: ClassVar = "pool"
    name_label: str = ""
    name_description: str = ""
    master: Annotated[Ref, "Host"] = NULL_REF
    default_SR: Annotated[Ref, "SR"] = NULL_REF  # may dangle
    suspend_image_SR: Annotated[Ref, "SR"] = NULL_REF
    crash_dump_SR: Annotated[Ref, "SR"] = NULL_REF
    ha_enabled: bool = False
    ha_overcommitted: bool = False
    ha_host_failures_to_tolerate: Count = 0
    ha_plan_exists_for: Count = 0
    ha_statefiles: list[str] = []  # VDI references of the heartbeat
    ha_configuration: dict[str, str] = {}  # timeout: seconds
    repositories: Annotated[list[Ref], "Repository"] = []  # those in use, XenServer's
    last_update_sync: XapiDate = NEVER  # when the pool asked them last
    update_sync_enabled: bool = False  # whether it asks them by itself
    update_sync_frequency: str = ""  # daily, weekly; "" where this xapi does not ask by itself
    update_sync_day: Count = 0  # of a weekly one; Sunday is 0
    repository_proxy_url: str = ""
    repository_proxy_username: str = ""
    wlb_enabled: bool = False
    wlb_url: str = ""
    vm_console_idle_timeout: Count = 0  # seconds after which a console nobody types into is cut; 0: never
    restrictions: dict[str, str] = {}  # restrict_...: "true" for what its release or licence does not let it do
    tags: list[str] = []
    other_config: dict[str, str] = {}
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation


class Host(XapiObject):
    """A server that runs Xen."""

    xapi_class: ClassVar = "host"
    name_label: str = ""
    name_description: str = ""
    hostname: str = ""
    address: str = ""
    enabled: bool = False  # false: in maintenance mode, or still booting
    metrics: Annotated[Ref, "HostMetrics"] = NULL_REF
    control_domain: Annotated[Ref, "VM"] = NULL_REF
    memory_overhead: Count = 0  # bytes of Xen itself
    resident_VMs: Annotated[list[Ref], "VM"] = []
    PBDs: Annotated[list[Ref], "PBD"] = []
    PIFs: Annotated[list[Ref], "PIF"] = []
    cpu_info: dict[str, str] = {}  # cpu_count, socket_count, modelname, speed (MHz) ...
    software_version: dict[str, str] = {}  # product_brand, product_version, xapi, xen, linux ...
    bios_strings: dict[str, str] = {}
    edition: str = ""
    tags: list[str] = []
    other_config: dict[str, str] = {}  # boot_time, agent_start_time, iscsi_iqn ...
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation
    pending_guidances: list[str] = []  # after updates; see data.guidance
    pending_guidances_recommended: list[str] = []
    pending_guidances_full: list[str] = []
    updates_requiring_reboot: list[Ref] = []
    latest_synced_updates_applied: str = ""  # yes, no or unknown; "" where the pool has no repositories of updates
    multipathing: bool = False
    certificates: Annotated[list[Ref], "Certificate"] = []
    power_on_mode: str = ""
    power_on_config: dict[str, str] = {}
    logging: dict[str, str] = {}  # syslog_destination
    ssh_enabled: bool = True
    ssh_enabled_timeout: int = -1  # seconds for which ssh stays on once enabled, 0: for good; -1: this xapi has no say in it
    ntp_mode: str = ""  # Factory, DHCP, Custom, Disabled; "": as above
    ntp_custom_servers: list[str] = []
    timezone: str = ""  # Europe/Berlin; "": as above
    https_only: bool = False


class HostMetrics(XapiObject):
    """A host's memory and pulse; the pulse of a crashed member stays for up to ten minutes."""

    xapi_class: ClassVar = "host_metrics"
    memory_total: Count = 0  # bytes
    live: bool = False
    last_updated: XapiDate = NEVER


class Repository(XapiObject):
    """Where the updates of a XenServer pool come from."""

    xapi_class: ClassVar = "Repository"
    name_label: str = ""
    binary_url: str = ""
    update: bool = False  # it brings updates; false: what they build on
    hash: str = ""  # of the list of updates that the pool synchronized; "" before that
    origin: str = "remote"  # remote, bundle, remote_pool


class PoolUpdate(XapiObject):
    """An update of the old kind (XenServer 7); a pool without any has another kind."""

    xapi_class: ClassVar = "pool_update"
    name_label: str = ""
    name_description: str = ""
    version: str = ""
    installation_size: Count = 0  # bytes
    after_apply_guidance: list[str] = []  # restartHVM, restartPV, restartHost, restartXAPI
    vdi: Annotated[Ref, "VDI"] = NULL_REF  # its file; gone once it was cleaned up
    hosts: Annotated[list[Ref], "Host"] = []  # that have it
    enforce_homogeneity: bool = False  # all hosts of a pool must have it


class Certificate(XapiObject):
    """A certificate a host serves or trusts."""

    xapi_class: ClassVar = "Certificate"
    name: str = ""
    type: str = "host"
    host: Annotated[Ref, "Host"] = NULL_REF
    not_after: XapiDate = NEVER
    fingerprint_sha256: str = ""
