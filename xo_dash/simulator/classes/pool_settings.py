"""What can be set for a whole pool, much of it host by host; and what needs something that is not here, as xapi refuses it."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from .. import machine
from ..call import Call
from ..clock import iso
from ..errors import XapiError
from ..registry import message
from ..types import NULL

# message -> what each host is asked, and what the caller is told of those that refuse
EVERYWHERE = {
    "pool.enable_ssh": ("host.enable_ssh", "ENABLE_SSH_PARTIALLY_FAILED"),
    "pool.disable_ssh": ("host.disable_ssh", "DISABLE_SSH_PARTIALLY_FAILED"),
    "pool.set_ssh_enabled_timeout": ("host.set_ssh_enabled_timeout", "SET_SSH_TIMEOUT_PARTIALLY_FAILED"),
    "pool.set_console_idle_timeout": ("host.set_console_idle_timeout", "SET_CONSOLE_TIMEOUT_PARTIALLY_FAILED"),
    "pool.set_ssh_auto_mode": ("host.set_ssh_auto_mode", "SET_SSH_AUTO_MODE_PARTIALLY_FAILED"),
    "pool.disable_local_storage_caching": ("host.disable_local_storage_caching", "HOSTS_FAILED_TO_DISABLE_CACHING"),
}
DAYS = {"daily": 2, "weekly": 14, "monthly": 62}  # until the next collection of telemetry at the latest
AGENT = {"auto_update_enabled": re.compile("true|false"), "auto_update_url": re.compile("https?:.*")}
REDO_LOG_SIZE = 256 << 20  # bytes
SDN_PORT = 6632


@message(*EVERYWHERE)
async def everywhere(call: Call, _pool: str, *value: object) -> str:
    method, partially = EVERYWHERE[call.method]
    failed: list[str] = []
    for host in list(call.db.rows("host")):
        try:
            await call.run(method, host, *value)
        except XapiError:
            failed.insert(0, host)
    if failed:
        raise XapiError(partially, *failed)
    return ""


@message("pool.set_https_only", "pool.apply_edition")
async def one_after_another(call: Call, _pool: str, value: object) -> str:
    """The first host that refuses ends it."""
    for host in list(call.db.rows("host")):
        await call.run(call.method.replace("pool.", "host."), host, value)
    return ""


@message("pool.enable_local_storage_caching")
async def enable_local_storage_caching(call: Call, _pool: str) -> str:
    """On whatever local storage of each host takes it."""
    failed = []
    for host in list(call.db.rows("host")):
        for pbd in call.db.get(host, "PBDs"):
            try:
                await call.run("host.enable_local_storage_caching", host, call.db.get(pbd, "SR"))
                break
            except XapiError:
                continue
        else:
            failed.append(host)
    if failed:
        raise XapiError("HOSTS_FAILED_TO_ENABLE_CACHING", *failed)
    return ""


@message("pool.get_guest_secureboot_readiness")
def get_guest_secureboot_readiness(_call: Call, _pool: str) -> str:
    return "ready"


@message("pool.set_uefi_certificates")
def set_uefi_certificates(_call: Call, _pool: str, _value: str) -> str:
    raise XapiError("OPERATION_NOT_ALLOWED", "Setting UEFI certificates is deprecated, please use `set_custom_uefi_certificates`")


@message("pool.set_custom_uefi_certificates")
def set_custom_uefi_certificates(call: Call, pool: str, value: str) -> str:
    """XCP-ng allows it; XenServer does not, unless its configuration says so."""
    if call.pool.dialect.edition != "xcp-ng":
        raise XapiError("OPERATION_NOT_ALLOWED", "Setting UEFI certificates is not possible when allow_custom_uefi_certs is false")
    call.db.set(pool, custom_uefi_certificates=value)
    return ""


@message("pool.set_telemetry_next_collection")
def set_telemetry_next_collection(call: Call, pool: str, value: str) -> str:
    latest = call.clock.now() + DAYS[call.db.get(pool, "telemetry_frequency")] * 86400
    if call.pool.seconds(value) > latest:
        raise XapiError("TELEMETRY_NEXT_COLLECTION_TOO_LATE", value)
    call.db.set(pool, telemetry_next_collection=iso(call.pool.seconds(value)))
    return ""


@message("pool.reset_telemetry_uuid")
def reset_telemetry_uuid(call: Call, pool: str) -> str:
    old = call.db.get(pool, "telemetry_uuid")
    call.db.set(pool, telemetry_uuid=call.db.create("secret", {"value": call.db.new_uuid()}))
    if old != NULL and call.db.exists(old):
        call.db.destroy(old)
    return ""


@message("pool.add_to_guest_agent_config")
def add_to_guest_agent_config(call: Call, pool: str, key: str, value: str) -> str:
    if key not in AGENT or not AGENT[key].fullmatch(value):
        raise XapiError("INVALID_VALUE", "guest_agent_config", f"{key} = {value}")
    config = call.db.get(pool, "guest_agent_config")
    if key in config:
        raise XapiError("MAP_DUPLICATE_KEY", "pool", "guest_agent_config", pool, key)
    call.db.set(pool, guest_agent_config={**config, key: value})
    return ""


@message("pool.remove_from_guest_agent_config")
def remove_from_guest_agent_config(call: Call, pool: str, key: str) -> str:
    config = call.db.get(pool, "guest_agent_config")
    call.db.set(pool, guest_agent_config={name: value for name, value in config.items() if name != key})
    return ""


@message("pool.enable_client_certificate_auth")
def enable_client_certificate_auth(call: Call, pool: str, name: str) -> str:
    call.db.set(pool, client_certificate_auth_enabled=True, client_certificate_auth_name=name)
    return ""


@message("pool.disable_client_certificate_auth")
def disable_client_certificate_auth(call: Call, pool: str) -> str:
    call.db.set(pool, client_certificate_auth_enabled=False, client_certificate_auth_name="")
    return ""


@message("pool.disable_ssl_legacy")
def disable_ssl_legacy(_call: Call, _pool: str) -> str:
    return ""


@message("pool.test_archive_target")
def test_archive_target(_call: Call, _pool: str, _config: dict[str, str]) -> str:
    raise XapiError("MESSAGE_REMOVED")


@message("pool.rotate_secret")
async def rotate_secret(call: Call) -> str:
    """All hosts have to be there, and HA must not be watching."""
    if call.db.get(call.pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")
    for host in call.db.rows("host"):
        machine.need(call.pool, host)
    await call.work(2.0 / machine.pace(call.pool))
    return ""


@message("pool.send_test_post")
def send_test_post(_call: Call, _host: str, _port: int, _body: str) -> str:
    raise XapiError("INTERNAL_ERROR", 'Failure("Failed to connect to host")')


@message("pool.set_vswitch_controller")
def set_vswitch_controller(call: Call, address: str) -> str:
    if call.db.get(call.pool.master.ref, "software_version").get("network_backend") != "openvswitch":
        raise XapiError("OPERATION_NOT_ALLOWED", "host not configured for vswitch operation")
    if address == call.db.get(call.pool.ref, "vswitch_controller"):
        return ""
    try:
        if address:
            IPv4Address(address)
    except AddressValueError:
        raise XapiError("INVALID_IP_ADDRESS_SPECIFIED", "address") from None
    call.db.set(call.pool.ref, vswitch_controller=address)
    for controller in list(call.db.rows("SDN_controller")):
        call.db.destroy(controller)
    if address:
        call.db.create("SDN_controller", {"protocol": "ssl", "address": address, "port": SDN_PORT})
    return ""


# the log of changes on shared storage


@message("pool.enable_redo_log")
async def enable_redo_log(call: Call, sr: str) -> str:
    """On a disk that is there, or a new one; whatever is wrong with the SR is told as one thing."""
    record = {"name_label": "Metadata redo-log", "name_description": "Used when HA is disabled, while extra security is still desired",
              "SR": sr, "virtual_size": REDO_LOG_SIZE, "type": "redo_log", "sharable": True, "read_only": False, "other_config": {},
              "sm_config": {"type": "raw"}}  # fmt: skip
    try:
        disks = [(vdi, call.db.record("VDI", vdi)) for vdi in call.db.record("SR", sr)["VDIs"]]
        fit = [vdi for vdi, disk in disks if disk["type"] == "redo_log" and disk["virtual_size"] >= REDO_LOG_SIZE]
        log = fit[0] if fit else await call.run("VDI.create", record)
    except XapiError:
        raise XapiError("CANNOT_ENABLE_REDO_LOG", "failed to create a VDI for the redo log on the SR with the given UUID.") from None
    call.db.set(call.pool.ref, redo_log_vdi=log, redo_log_enabled=True)
    return ""


@message("pool.disable_redo_log")
def disable_redo_log(call: Call) -> str:
    call.db.set(call.pool.ref, redo_log_enabled=False)
    return ""


# workload balancing: there is no appliance that does it


@message("pool.initialize_wlb")
def initialize_wlb(_call: Call, url: str, _user: str, _password: str, _own_user: str, _own_password: str) -> str:
    """url is host:port."""
    if not re.fullmatch(r"(https?://)?[^/:\s]+:\d+/?", url):
        raise XapiError("WLB_URL_INVALID", url)
    raise XapiError("WLB_CONNECTION_REFUSED")


@message("pool.deconfigure_wlb", "pool.retrieve_wlb_configuration", "pool.retrieve_wlb_recommendations", "pool.send_wlb_configuration",
         "host.retrieve_wlb_evacuate_recommendations")  # fmt: skip
def ask_wlb(_call: Call, *_what: object) -> str:
    raise XapiError("WLB_NOT_INITIALIZED")
