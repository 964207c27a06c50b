"""Hosts: scripts that clients run on them. XCP-ng's are there where the host is an XCP-ng one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..plugins import hardware, lvm, sdncontroller, services, trim, updater
from ..plugins.script import Functions
from ..registry import message

EVERYWHERE: Mapping[str, Functions] = {
    "perfmon": services.PERFMON, "disk-space": services.DISK, "echo.py": services.ECHO, "trim": trim.FUNCTIONS
}  # fmt: skip
OF_XCP_NG: Mapping[str, Functions] = {
    "updater.py": updater.FUNCTIONS, "hyperthreading.py": hardware.HYPERTHREADING, "ipmitool.py": hardware.IPMITOOL,
    "lsblk.py": hardware.LSBLK, "lvm.py": lvm.FUNCTIONS, "netdata.py": services.NETDATA, "raid.py": hardware.RAID,
    "sdncontroller.py": sdncontroller.FUNCTIONS, "service.py": services.SERVICE, "smartctl.py": hardware.SMARTCTL, "zfs.py": hardware.ZFS,
}  # fmt: skip


def functions(call: Call, host: str, plugin: str) -> Functions:
    """XENAPI_MISSING_PLUGIN, if the host has no such script."""
    of_xcp_ng = call.db.get(host, "software_version").get("product_brand") == "XCP-ng"
    found = EVERYWHERE.get(plugin) or (OF_XCP_NG.get(plugin) if of_xcp_ng else None)
    if found is None:
        raise XapiError("XENAPI_MISSING_PLUGIN", plugin)
    return found


async def run(call: Call, host: str, plugin: str, function: str, arguments: Mapping[str, str]) -> str:
    machine.need(call.pool, host)
    script = functions(call, host, plugin).get(function)
    if script is None:
        raise XapiError("UNKNOWN_XENAPI_PLUGIN_FUNCTION", function)
    answer = script(call, host, arguments)
    return await answer if inspect.isawaitable(answer) else answer


@message("host.call_plugin")
async def call_plugin(call: Call, host: str, plugin: str, function: str, arguments: dict[str, str]) -> str:
    return await run(call, host, plugin, function, arguments)


@message("host.has_extension", "pool.has_extension")
def has_extension(_call: Call, _self: str, _name: str) -> bool:
    return False


@message("host.call_extension")
def call_extension(_call: Call, _host: str, text: str) -> str:
    """`text` is a whole call as JSON; no host here has an extension for it."""
    raise XapiError("MESSAGE_METHOD_UNKNOWN", text)
