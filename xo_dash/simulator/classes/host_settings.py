"""What can be set on a host: names, storage access, time, ssh, and what little its hypervisor lets be changed."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import available_timezones

from ..call import Call
from ..clock import iso
from ..database import Interest
from ..errors import XapiError
from ..pool import Pool
from ..registry import background, message
from ..types import NULL
from .host_forward import on_host
from .host_power import check_unused

HOSTNAME = re.compile(r"(?!-)[A-Za-z0-9.-]+(?<!-)$")
CSTATE = re.compile(r"(\d+)(?:,(\d+))?$")
SSH_AT_MOST = 2 * 86400  # seconds
NEVER = "19700101T00:00:00Z"
NTP = "0.xenserver.pool.ntp.org"
CACHING = ("ext", "xfs")  # SR types that can hold the cache of another


@on_host("host.set_hostname_live")
def set_hostname_live(call: Call, host: str, hostname: str) -> str:
    if not hostname:
        raise XapiError("HOST_NAME_INVALID", "hostname empty")
    if len(hostname) > 255:
        raise XapiError("HOST_NAME_INVALID", "hostname is too long")
    if not HOSTNAME.match(hostname):
        raise XapiError("HOST_NAME_INVALID", "hostname contains invalid characters")
    software = call.db.get(host, "software_version")
    call.db.set(host, hostname=hostname, software_version={**software, "hostname": hostname} if "hostname" in software else software)
    return ""


@on_host("host.set_iscsi_iqn")
def set_iscsi_iqn(call: Call, host: str, value: str) -> str:
    if not value:
        raise XapiError("INVALID_VALUE", "value", value)
    call.db.set(host, iscsi_iqn=value, other_config={**call.db.get(host, "other_config"), "iscsi_iqn": value})
    return ""


@on_host("host.set_multipathing")
def set_multipathing(call: Call, host: str, value: bool) -> str:
    call.db.set(host, multipathing=value, other_config={**call.db.get(host, "other_config"), "multipathing": str(value).lower()})
    return ""


@background
async def follow_other_config(pool: Pool) -> None:
    """Older clients set both of these in other_config alone."""
    while True:
        await pool.db.watch(Interest(frozenset({"host"})))
        for host, record in pool.db.records("host"):
            wanted = record["other_config"]
            if wanted.get("iscsi_iqn"):
                pool.db.set(host, iscsi_iqn=wanted["iscsi_iqn"])
            if wanted.get("multipathing") in ("true", "false"):
                pool.db.set(host, multipathing=wanted["multipathing"] == "true")


@on_host("host.get_sched_gran")
def get_sched_gran(_call: Call, _host: str) -> str:
    return "cpu"


@on_host("host.set_sched_gran")
def set_sched_gran(_call: Call, _host: str, _value: str) -> str:
    raise XapiError("OPERATION_NOT_ALLOWED", "Disabled by xapi.conf")


@on_host("host.set_numa_affinity_policy", "host.set_https_only", "host.set_ssh_auto_mode")
def set_plainly(call: Call, host: str, value: object) -> str:
    call.db.set(host, **{call.method.removeprefix("host.set_"): value})
    return ""


@on_host("host.set_max_cstate")
def set_max_cstate(call: Call, host: str, value: str) -> str:
    """ "" is unlimited, or C0 or C1, maybe with a sub-state: 1,0."""
    found = CSTATE.match(value)
    if value and not found:
        raise XapiError("INVALID_VALUE", "max_cstate", value)
    if found and int(found[1]) > 1:
        raise XapiError("VALUE_NOT_SUPPORTED", "max_cstate", value, "Only C0, C1 and unlimited are supported for max-cstate")
    call.db.set(host, max_cstate=value)
    return ""


@message("host.set_ssl_legacy")
def set_ssl_legacy(_call: Call, _host: str, value: bool) -> str:
    if value:
        raise XapiError("VALUE_NOT_SUPPORTED", "value", "true", "Legacy SSL support has been removed")
    return ""


@message("host.set_uefi_certificates")
def set_uefi_certificates(_call: Call, _host: str, _value: str) -> str:
    raise XapiError("OPERATION_NOT_ALLOWED", "To set UEFI certificates use: `Pool.set_custom_uefi_certificates`")


@on_host("host.enable_display", "host.disable_display")
def change_display(call: Call, host: str) -> str:
    """Takes effect at the next boot; until then the field says what is to come. Its new value is the result."""
    now, wanted = call.db.get(host, "display"), call.method == "host.enable_display"
    new = {"disabled": "enable_on_reboot", "disable_on_reboot": "enabled"} if wanted else {
        "enabled": "disable_on_reboot", "enable_on_reboot": "disabled"}  # fmt: skip
    call.db.set(host, display=new.get(now, now))
    return str(call.db.get(host, "display"))


@on_host("host.syslog_reconfigure", "host.sync_data", "host.refresh_pack_info", "host.rescan_drivers", "host.send_debug_keys")
def nothing_to_see(_call: Call, _host: str, *_more: object) -> str:
    """Has its effect on the machine only."""
    return ""


@on_host("host.backup_rrds")
def backup_rrds(_call: Call, _host: str, _delay: float) -> str:
    return ""


@on_host("host.bugreport_upload")
def bugreport_upload(_call: Call, _host: str, url: str, _options: dict[str, str]) -> str:
    """There is nowhere to upload it to from here."""
    if not url:
        raise XapiError("INVALID_VALUE", "url", "")
    raise XapiError("INTERNAL_ERROR", 'Failure("Failed to resolve proxy or host")')


@on_host("host.get_tracked_user_agents")
def get_tracked_user_agents(_call: Call, _host: str) -> dict[str, str]:
    return {}


# time


@cache
def timezones() -> list[str]:
    return sorted(name for name in available_timezones() if not name.startswith(("posix", "right", "localtime", "posixrules")))


@on_host("host.list_timezones")
def list_timezones(_call: Call, _host: str) -> list[str]:
    return list(timezones())


@on_host("host.set_timezone")
def set_timezone(call: Call, host: str, value: str) -> str:
    if value not in timezones():
        raise XapiError("INVALID_VALUE", "timezone", value)
    call.db.set(host, timezone=value)
    return ""


@on_host("host.set_ntp_mode")
def set_ntp_mode(call: Call, host: str, value: str) -> str:
    if value != call.db.get(host, "ntp_mode"):
        if value == "Custom" and not call.db.get(host, "ntp_custom_servers"):
            raise XapiError("INVALID_NTP_CONFIG", "Can't set ntp_mode to Custom when ntp_custom_servers is empty")
        call.db.set(host, ntp_mode=value)
    return ""


@on_host("host.set_ntp_custom_servers")
def set_ntp_custom_servers(call: Call, host: str, value: list[str]) -> str:
    if not value and call.db.get(host, "ntp_mode") == "Custom":
        raise XapiError("INVALID_NTP_CONFIG", "Can't set ntp_custom_servers empty when ntp_mode is Custom")
    call.db.set(host, ntp_custom_servers=value)
    return ""


@on_host("host.get_ntp_servers_status")
def get_ntp_servers_status(call: Call, host: str) -> dict[str, str]:
    match call.db.get(host, "ntp_mode"):
        case "Disabled":
            return {}
        case "Custom":
            servers = call.db.get(host, "ntp_custom_servers")
            return {server: "*" if number == 0 else "+" for number, server in enumerate(servers)}
    return {NTP: "*"}


@on_host("host.get_ntp_synchronized")
def get_ntp_synchronized(call: Call, host: str) -> bool:
    return bool(call.db.get(host, "ntp_mode") != "Disabled")


@on_host("host.set_servertime")
def set_servertime(call: Call, host: str, _value: str) -> str:
    """Taken, but all hosts here share one clock: see the simulator's own control to turn it."""
    if call.db.get(host, "ntp_mode") != "Disabled":
        raise XapiError("NOT_ALLOWED_WHEN_NTP_IS_ENABLED", host)
    return ""


# ssh and consoles


@on_host("host.enable_ssh")
def enable_ssh(call: Call, host: str) -> str:
    """For as long as ssh_enabled_timeout says; a mode that opens it by itself is over with that, until then."""
    automatic = call.db.get(host, "ssh_auto_mode")
    call.db.set(host, ssh_auto_mode=False, ssh_enabled=True)
    expire(call.pool, host, automatic=automatic)
    return ""


@on_host("host.disable_ssh")
def disable_ssh(call: Call, host: str) -> str:
    call.db.set(host, ssh_enabled=False, ssh_expiry=call.clock.iso())
    return ""


@on_host("host.set_ssh_enabled_timeout")
def set_ssh_enabled_timeout(call: Call, host: str, value: int) -> str:
    """Seconds; 0 = for ever."""
    if not 0 <= value <= SSH_AT_MOST:
        raise XapiError("INVALID_VALUE", "ssh_enabled_timeout", value)
    call.db.set(host, ssh_enabled_timeout=value)
    if call.db.get(host, "ssh_enabled"):
        expire(call.pool, host, automatic=False)
    return ""


def expire(pool: Pool, host: str, *, automatic: bool) -> None:
    seconds = pool.db.get(host, "ssh_enabled_timeout")
    until = iso(pool.clock.now() + seconds) if seconds else NEVER
    pool.db.set(host, ssh_expiry=until)

    async def end() -> None:
        await pool.clock.sleep(seconds)
        if pool.db.exists(host) and pool.db.get(host, "ssh_expiry") == until:
            pool.db.set(host, ssh_enabled=False, ssh_auto_mode=automatic)

    if seconds:
        pool.spawn(end())


@on_host("host.set_console_idle_timeout")
def set_console_idle_timeout(call: Call, host: str, value: int) -> str:
    if value < 0:
        raise XapiError("INVALID_VALUE", "console_timeout", value)
    call.db.set(host, console_idle_timeout=value)
    return ""


# caching of shared disks on local storage


@on_host("host.enable_local_storage_caching")
def enable_local_storage_caching(call: Call, host: str, sr: str) -> str:
    check_out_of_service(call, host)
    record = call.db.record("SR", sr)
    if record["shared"] or len(record["PBDs"]) != 1 or record["type"] not in CACHING:
        raise XapiError("SR_OPERATION_NOT_SUPPORTED")
    if call.db.get(record["PBDs"][0], "host") != host:
        raise XapiError("HOST_CANNOT_SEE_SR", host, sr)
    drop_cache(call, host)
    call.db.set(host, local_cache_sr=sr)
    call.db.set(sr, local_cache_enabled=True)
    return ""


@on_host("host.disable_local_storage_caching")
def disable_local_storage_caching(call: Call, host: str) -> str:
    check_out_of_service(call, host)
    drop_cache(call, host)
    return ""


def check_out_of_service(call: Call, host: str) -> None:
    if call.db.get(host, "enabled"):
        raise XapiError("HOST_NOT_DISABLED")
    check_unused(call.db, host)


def drop_cache(call: Call, host: str) -> None:
    sr = call.db.get(host, "local_cache_sr")
    if sr != NULL and call.db.exists(sr):
        call.db.set(sr, local_cache_enabled=False)
    call.db.set(host, local_cache_sr=NULL)


# licences: XCP-ng has one edition, and nobody who would sell another


@on_host("host.apply_edition")
def apply_edition(call: Call, host: str, edition: str, _force: bool = False) -> str:
    if edition not in ("", *call.db.get(host, "editions")):
        raise XapiError("INVALID_EDITION", edition)
    if edition:
        call.db.set(host, edition=edition)
    return ""


@on_host("host.license_add")
def license_add(_call: Call, _host: str, _contents: str) -> str:
    raise XapiError("LICENSE_PROCESSING_ERROR")


@on_host("host.license_remove")
def license_remove(_call: Call, _host: str) -> str:
    return ""
