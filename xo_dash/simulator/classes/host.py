"""Hosts: what they tell of themselves, plugins."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ..call import Call
from ..errors import XapiError
from ..registry import message
from .host_forward import on_host


@on_host("host.get_servertime")
def get_servertime(call: Call, _host: str) -> str:
    return call.clock.iso()


@on_host("host.get_server_localtime")
def get_server_localtime(call: Call, host: str) -> str:
    zone = ZoneInfo(call.db.get(host, "timezone") or "UTC")
    return datetime.fromtimestamp(call.clock.now(), zone).strftime("%Y%m%dT%H:%M:%S")


@on_host("host.get_log")
def get_log(_call: Call, _host: str) -> str:
    raise XapiError("NOT_IMPLEMENTED", "get_log")


@message("host.list_methods")
def list_methods(_call: Call) -> list[str]:
    raise XapiError("NOT_IMPLEMENTED", "list_method")


@message("host.get_management_interface")
def get_management_interface(call: Call, host: str) -> str:
    for pif in call.db.get(host, "PIFs"):
        if call.db.get(pif, "management"):
            return str(pif)
    raise XapiError("INTERNAL_ERROR", "Not_found")


@on_host("host.get_system_status_capabilities")
def get_system_status_capabilities(_call: Call, _host: str) -> str:
    return '<?xml version="1.0" ?><system-status-capabilities></system-status-capabilities>'


@on_host("host.dmesg")
def dmesg(call: Call, host: str) -> str:
    """What Xen says of itself at its start."""
    record = call.db.record("host", host)
    cpu, megabytes = record["cpu_info"], call.db.get(record["metrics"], "memory_total") >> 20
    lines = [
        f"Xen version {record['software_version'].get('xen', '')}",
        f"Command line: dom0_mem={call.db.get(record['control_domain'], 'memory_static_max') >> 20}M crashkernel=256M",
        f"System RAM: {megabytes}MB ({megabytes << 10}kB)",
        f"Detected {cpu.get('speed', '')} MHz processor.",
        f"CPU0: {cpu.get('modelname', '')}",
        f"Brought up {cpu.get('cpu_count', '')} CPUs",
        "*** LOADING DOMAIN 0 ***",
    ]
    return "".join(f"(XEN) {line}\n" for line in lines)


@on_host("host.dmesg_clear")
def dmesg_clear(_call: Call, _host: str) -> str:
    raise XapiError("NOT_IMPLEMENTED", "dmesg_clear")
