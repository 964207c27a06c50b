"""Scripts about what runs in a host's control domain: services, netdata, room on its disk, and a knock at perfmon's door."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .. import alarms
from ..call import Call
from ..errors import XapiError
from . import updater
from .script import Function, Functions, command_failed, failure, kept, needed

UNITS = """
xapi xenopsd xenopsd-xc xcp-networkd xcp-rrdd squeezed perfmon mpathalert sshd chronyd ntpd openvswitch snmpd rsyslog multipathd
iscsid stunnel@xapi nbd linstor-controller linstor-satellite drbd netdata xo-lite
"""
DISK_SPACE = 9_663_676_416  # bytes free on the control domain's root


def systemctl(verb: str) -> Function:
    def run(_call: Call, _host: str, arguments: Mapping[str, str]) -> str:
        service = arguments.get("service")
        if not service:
            raise failure("Missing or empty argument `service`")
        if service.removesuffix(".service") not in UNITS.split():
            unit = service if "." in service else f"{service}.service"
            raise command_failed(["systemctl", verb, service], 5, f"Failed to {verb} {unit}: Unit {unit} not found.\\n")
        return json.dumps(True)

    return run


async def install_netdata(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    key = needed(arguments, "api_key")
    needed(arguments, "destination")
    async with updater.Locked(call, host, "install", updater.PATIENCE):
        await call.sleep(5.0)
        kept(call, host, "netdata")["key"] = key
    return json.dumps(True)


def is_netdata_installed(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    return json.dumps("key" in kept(call, host, "netdata"))


def get_netdata_api_key(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    return str(kept(call, host, "netdata").get("key", ""))


def get_avail_host_disk_space(_call: Call, _host: str, _arguments: Mapping[str, str]) -> str:
    return str(DISK_SPACE)


def check_patch_upload(_call: Call, _host: str, arguments: Mapping[str, str]) -> str:
    return str(size(arguments, "check_patch_upload") < DISK_SPACE)


def get_required_space(_call: Call, _host: str, arguments: Mapping[str, str]) -> str:
    return str(size(arguments, "get_required_space"))


def size(arguments: Mapping[str, str], function: str) -> int:
    if "size" not in arguments:
        raise XapiError("XENAPI_PLUGIN_FAILURE", function, "Exception", "MISSING_SIZE")
    return int(arguments["size"])


def get_reclaimable_disk_space(_call: Call, _host: str, _arguments: Mapping[str, str]) -> str:
    return "0"


def cleanup_disk_space(_call: Call, _host: str, _arguments: Mapping[str, str]) -> str:
    return ""


def echo(_call: Call, _host: str, arguments: Mapping[str, str]) -> str:
    return f"args were: {dict(arguments)!r}"


def refresh(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    alarms.refresh(call.pool, host)
    return "True"


SERVICE: Functions = {
    "start_service": systemctl("start"), "stop_service": systemctl("stop"), "restart_service": systemctl("restart"),
    "try_restart_service": systemctl("try-restart"),
}  # fmt: skip
NETDATA: Functions = {
    "is_netdata_installed": is_netdata_installed, "install_netdata": install_netdata, "get_netdata_api_key": get_netdata_api_key,
}  # fmt: skip
DISK: Functions = {
    "get_avail_host_disk_space": get_avail_host_disk_space, "get_reclaimable_disk_space": get_reclaimable_disk_space,
    "check_patch_upload": check_patch_upload, "cleanup_disk_space": cleanup_disk_space, "get_required_space": get_required_space,
}  # fmt: skip
ECHO: Functions = {"main": echo}
PERFMON: Functions = {"refresh": refresh}
