"""What older xapis, and those of others, do differently. `modern` is the newest: everything in the model, in its newest form.

The database always holds everything; a dialect takes away at the edge what its xapi does not know: classes, fields, values, methods.
Fields that the published data model has in every release stay even where an old xapi lacked them (pool.coordinator_bias,
pending_guidances): programs that hold a pool against that model would call them missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from . import features
from .errors import XapiError
from .model import Message
from .types import Type

BUSY = "OTHER_OPERATION_IN_PROGRESS"
PREFIXES = ("get_", "set_", "add_to_", "remove_from_", "add_", "remove_")
Record = dict[str, Any]
UNLOCKED = {"expiry": "never", "productcode": "", "license_type": "xcp-ng"}


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def table(text: str) -> dict[str, frozenset[str]]:
    """Lines of `class: name name`."""
    lines = (line.split(":", 1) for line in text.strip().splitlines())
    return {cls.strip(): words(names) for cls, names in lines}


@dataclass(frozen=True, slots=True)
class Dialect:
    """`software` and `api_minor` are of every host; `values` are {(class, field): what an enum does not have yet}."""

    name: str
    software: Mapping[str, str] = field(default_factory=dict)
    api_minor: int = 21
    edition: str = "xcp-ng"
    licence: Mapping[str, str] = field(default_factory=lambda: dict(UNLOCKED))
    unknown_features: frozenset[str] = frozenset()  # keys of features.py
    classes: frozenset[str] = frozenset()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    values: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()
    gathers_events: bool = True  # event.from waits a little for more to happen
    busy_names_the_task: bool = True  # OTHER_OPERATION_IN_PROGRESS: four arguments, or two
    void_result_is_xml: bool = True  # of a task: <value></value>, or nothing
    console_by_ref: bool = False
    bare_numbers: bool = False  # in metrics as JSON, NaN included

    @property
    def restrictions(self) -> dict[str, str]:
        """Of a pool whose hosts all have this edition."""
        return features.restrictions(self.unknown_features)

    @property
    def trims(self) -> bool:
        return bool(self.classes or self.fields or self.values)

    def knows(self, method: str) -> bool:
        """Has this xapi the method Class.name?"""
        cls, _, name = method.partition(".")
        if cls in self.classes or method in self.methods:
            return False
        gone = self.fields.get(cls, frozenset())
        return not any(name.startswith(prefix) and name.removeprefix(prefix) in gone for prefix in PREFIXES)

    def answer(self, message: Message, value: Any) -> Any:
        """A result without what this xapi does not know."""
        if not self.trims:
            return value
        cls, _, name = message.name.partition(".")
        unknown = self.values.get((cls, name.removeprefix("get_")))
        if unknown and isinstance(value, list):
            return [item for item in value if item not in unknown]
        return self._trimmed(message.result, value)

    def _trimmed(self, kind: Type, value: Any) -> Any:
        if kind.kind == "record" and kind.name not in ("event", ""):
            return self.record(kind.name, value)
        if kind.kind == "map" and kind.of and kind.of.kind == "record":
            return {ref: self.record(kind.of.name, record) for ref, record in value.items()}
        if kind.kind == "batch":
            return self._batch(value)
        if kind.kind == "set" and kind.of == Type("record", "event"):
            return [self._event(event) for event in value]
        return value

    def _batch(self, batch: Record) -> Record:
        absent = {cls.lower() for cls in self.classes}
        events = [self._event(event) for event in batch["events"] if event["class"] not in absent]
        counts = {name: count for name, count in batch["valid_ref_counts"].items() if name not in absent}
        return {**batch, "events": events, "valid_ref_counts": counts}

    def _event(self, event: Record) -> Record:
        cls = self._lower.get(event["class"])
        return {**event, "snapshot": self.record(cls, event["snapshot"])} if cls and "snapshot" in event else event

    @property
    def _lower(self) -> Mapping[str, str]:
        return {cls.lower(): cls for cls in [*self.fields, *(cls for cls, _ in self.values)]}

    def record(self, cls: str, record: Record) -> Record:
        gone = self.fields.get(cls, frozenset())
        values = {name: unknown for (of, name), unknown in self.values.items() if of == cls}
        if not gone and not values:
            return record
        kept = {name: held for name, held in record.items() if name not in gone}
        for name, unknown in values.items():
            if name in kept:
                kept[name] = [item for item in kept[name] if item not in unknown]
        return kept

    def error(self, error: XapiError) -> XapiError:
        if error.code == BUSY and not self.busy_names_the_task:
            return XapiError(*error.details[:3])
        return error


SINCE_8_3 = """
host: max_cstate secure_boot ntp_mode ntp_custom_servers timezone ssh_auto_mode
pool: limit_console_sessions vm_console_idle_timeout auto_update_vm_secureboot_certificates ha_reboot_vm_on_internal_shutdown
VM: secureboot_certificates_state
VM_metrics: numa_optimised numa_nodes numa_node_memory
VM_guest_metrics: services
VIF: trunks
SM: supported_image_formats
Certificate: purpose
"""
SINCE_8_2 = """
host: last_software_update https_only latest_synced_updates_applied numa_affinity_policy pending_guidances_recommended \
pending_guidances_full last_update_hash ssh_enabled ssh_enabled_timeout ssh_expiry console_idle_timeout
pool: custom_uefi_certificates migration_compression local_auth_max_threads ext_auth_max_threads ext_auth_cache_enabled \
ext_auth_cache_size ext_auth_cache_expiry telemetry_uuid telemetry_frequency telemetry_next_collection last_update_sync \
update_sync_frequency update_sync_day update_sync_enabled recommendations license_server
VM: actions_after_softreboot pending_guidances_recommended pending_guidances_full groups
VM_guest_metrics: netbios_name
VTPM: persistence_backend is_unique is_protected
Cluster: cluster_stack_version is_quorate quorum live_hosts expected_hosts
Cluster_host: live last_update_live
Certificate: fingerprint_sha256 fingerprint_sha1
Repository: gpgkey_path origin certificate
"""
METHODS_SINCE_8_3 = """
message.destroy_many message.destroy_all VM.sysprep VM.update_secureboot_certificates_on_boot VM.get_secureboot_readiness VM.set_uefi_mode
VM.call_host_plugin pool.get_guest_secureboot_readiness pool.set_ssh_auto_mode pool.sync_trusted_certificates_from
pool.install_trusted_certificate pool.uninstall_trusted_certificate host.set_servertime host.get_ntp_synchronized host.list_timezones
host.get_ntp_servers_status host.get_tracked_user_agents host.rescan_drivers VDI.revert
"""
METHODS_SINCE_8_2 = """
VM.restart_device_models VM_guest_metrics.get_netbios_name pool.set_https_only pool.configure_update_sync pool.reset_telemetry_uuid
pool.enable_ssh pool.disable_ssh pool.set_ssh_enabled_timeout pool.set_console_idle_timeout host.enable_ssh host.disable_ssh
host.set_ssh_enabled_timeout host.set_console_idle_timeout host.emergency_clear_mandatory_guidance host.apply_updates
host.refresh_server_certificate host.reset_server_certificate host.emergency_disable_tls_verification
host.emergency_reenable_tls_verification pool.sync_updates pool.check_update_readiness pool.set_repositories
pool.add_repository pool.remove_repository pool.configure_repository_proxy pool.disable_repository_proxy pool.enable_tls_verification
pool.enable_client_certificate_auth pool.disable_client_certificate_auth pool.install_ca_certificate pool.uninstall_ca_certificate
PCI.get_dom0_access_status PCI.enable_dom0_access PCI.disable_dom0_access VTPM.create VTPM.destroy Repository.introduce_bundle
Repository.introduce_remote_pool
"""
NEWEST = frozenset({"Caller", "Rate_limit"})
OF_8_3 = NEWEST | {"Host_driver", "Driver_variant"}
OF_8_2 = OF_8_3 | {"VM_group", "Observer", "Repository"}
VALUES_SINCE_8_3 = {("VM", "allowed_operations"): frozenset({"sysprep"}),
                    ("host", "allowed_operations"): frozenset({"enable"})}  # fmt: skip
VALUES_SINCE_8_2 = {
    ("VM", "allowed_operations"): frozenset({"sysprep", "create_vtpm"}),
    ("host", "allowed_operations"): frozenset({"enable", "apply_updates"}),
    ("pool", "allowed_operations"): words(
        "cert_refresh configure_repositories copy_primary_host_certs eject exchange_ca_certificates_on_join exchange_certificates_on_join "
        "exchange_crls_on_join get_updates sync_bundle sync_updates apply_updates tls_verification_enable"
    ),
}
OF_XCP_NG = {"product_brand": "XCP-ng", "platform_name": "XCP", "linux": "4.19.0+1", "network_backend": "openvswitch"}


def merged(*texts: str) -> dict[str, frozenset[str]]:
    tables = [table(text) for text in texts]
    return {cls: frozenset().union(*(t.get(cls, frozenset()) for t in tables)) for t in tables for cls in t}


@cache
def dialects() -> Mapping[str, Dialect]:
    """{name: dialect}; 8.2 is short for XCP-ng's."""
    known = [
        Dialect("modern"),
        Dialect(
            "xcpng-8.2",
            {**OF_XCP_NG, "product_version": "8.2.1", "product_version_text": "8.2", "product_version_text_short": "8.2",
             "platform_version": "3.2.1", "build_number": "release/yangtze/master/58", "date": "2023-10-18", "xapi": "1.20",
             "xapi_build": "1.249.32", "xen": "4.13.5-9.36", "xencenter_min": "2.16", "xencenter_max": "2.16", "db_schema": "5.603"},
            api_minor=16, classes=OF_8_2, fields=merged(SINCE_8_3, SINCE_8_2), values=VALUES_SINCE_8_2,
            methods=words(METHODS_SINCE_8_3 + METHODS_SINCE_8_2), gathers_events=False, busy_names_the_task=False,
            void_result_is_xml=False, console_by_ref=True, bare_numbers=True, unknown_features=words(features.SINCE_8_2),
        ),
        Dialect(
            "xcpng-8.3",
            {**OF_XCP_NG, "product_version": "8.3.0", "product_version_text": "8.3", "product_version_text_short": "8.3",
             "platform_version": "3.4.0", "build_number": "cloud", "date": "2025-03-14", "xapi": "25.6", "xapi_build": "25.6.0",
             "xen": "4.17.5-13", "xencenter_min": "2.21", "xencenter_max": "2.21", "db_schema": "5.786"},
            classes=OF_8_3, fields=merged(SINCE_8_3), values=VALUES_SINCE_8_3,
            methods=words(METHODS_SINCE_8_3), gathers_events=False, busy_names_the_task=False,
            console_by_ref=True, bare_numbers=True,
        ),
        Dialect(
            "xenserver-8",
            {"product_brand": "XenServer", "platform_name": "XCP", "linux": "4.19.0+1", "network_backend": "openvswitch",
             "product_version": "8.4.0", "product_version_text": "8", "product_version_text_short": "8", "platform_version": "3.4.0",
             "build_number": "cloud", "date": "2025-11-04", "xapi": "25.33", "xapi_build": "25.33.1", "xen": "4.17.5-20",
             "xencenter_min": "2.21", "xencenter_max": "2.21", "db_schema": "5.792"},
            edition="premium-per-socket", classes=NEWEST, fields=table("VM: secureboot_certificates_state\nCertificate: purpose"),
            licence={"expiry": "20361231T00:00:00Z", "productcode": "", "license_type": "", "sku_marketing_name": "Premium Edition",
                     "restrict_hotfix_apply": "false"},
        ),
    ]  # fmt: skip
    found = {dialect.name: dialect for dialect in known}
    return {**found, "8.2": found["xcpng-8.2"]}


MODERN = Dialect("modern")
