"""Hosts: in and out of service, what they tell of themselves, plugins."""

from __future__ import annotations

from datetime import UTC, datetime

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message

GOING_DOWN = 10.0  # seconds from a reboot's success to the silence
BOOT = 90.0


def is_live(pool: Pool, record: Record) -> bool:
    metrics = record["metrics"]
    return bool(pool.db.exists(metrics) and pool.db.get(metrics, "live"))


@message("host.disable")
def disable(call: Call, host: str, auto_enable: bool = True) -> str:
    call.db.set(host, enabled=False)
    call.pool.refresh(host)
    return ""


@message("host.enable")
def enable(call: Call, host: str) -> str:
    call.db.set(host, enabled=True)
    call.pool.refresh(host)
    return ""


@message("host.reboot", "host.shutdown")
async def reboot(call: Call, host: str) -> str:
    """Succeeds first; the machine goes down a little later."""
    record = call.db.record("host", host)
    if record["enabled"]:
        raise XapiError("HOST_NOT_DISABLED")
    for vm in record["resident_VMs"]:
        if not call.db.get(vm, "is_control_domain"):
            raise XapiError("HOST_IN_USE", host, "vm", vm)
    call.pool.spawn(_go_down(call.pool, host, call.task, back=call.method == "host.reboot"))
    return ""


async def _go_down(pool: Pool, host: str, task: str, *, back: bool) -> None:
    db = pool.db
    metrics = db.get(host, "metrics")
    db.set(host, current_operations={**db.get(host, "current_operations"), task: "shutdown"})
    pool.refresh(host)
    await pool.clock.sleep(GOING_DOWN)
    db.set(metrics, live=False)
    current = {ref: name for ref, name in db.get(host, "current_operations").items() if ref != task}
    db.set(host, current_operations=current, enabled=False)
    pool.refresh(host)
    if back:
        await pool.clock.sleep(BOOT)
        now = f"{pool.clock.now():.0f}."
        db.set(host, other_config={**db.get(host, "other_config"), "boot_time": now, "agent_start_time": now})
        db.set(metrics, live=True, last_updated=pool.clock.iso())
        db.set(host, enabled=True)
        pool.refresh(host)


@message("host.restart_agent")
def restart_agent(call: Call, host: str) -> str:
    """The toolstack comes back at once; its sessions do not."""
    now = f"{call.clock.now():.0f}."
    call.db.set(host, other_config={**call.db.get(host, "other_config"), "agent_start_time": now})
    return ""


@message("host.get_servertime")
def get_servertime(call: Call, _host: str) -> str:
    return call.clock.iso()


@message("host.get_server_localtime")
def get_server_localtime(call: Call, _host: str) -> str:
    return datetime.fromtimestamp(call.clock.now(), UTC).strftime("%Y%m%dT%H:%M:%S")


@message("host.get_log")
def get_log(_call: Call, _host: str) -> str:
    raise XapiError("NOT_IMPLEMENTED", "get_log")


@message("host.list_methods")
def list_methods(call: Call) -> list[str]:
    return call.pool.dispatcher.list_methods()


@message("host.call_plugin")
def call_plugin(call: Call, host: str, plugin: str, function: str, arguments: dict[str, str]) -> str:
    """Plugins of ours are functions in pool.facts["plugins"]: {(plugin, function): (call, host, arguments) -> text}."""
    plugins = call.pool.facts.get("plugins", {})
    found = plugins.get((plugin, function))
    if found is None:
        if not any(name == plugin for name, _ in plugins):
            raise XapiError("XENAPI_MISSING_PLUGIN", plugin)
        raise XapiError("XENAPI_PLUGIN_FAILURE", "-1", "", f"unknown function {function}")
    answer: str = found(call, host, arguments)
    return answer


@message("host.has_extension", "pool.has_extension")
def has_extension(_call: Call, _self: str, _name: str) -> bool:
    return False


@message("host.call_extension")
def call_extension(_call: Call, _host: str, name: str) -> str:
    raise XapiError("MESSAGE_METHOD_UNKNOWN", name)


@message("host.get_management_interface")
def get_management_interface(call: Call, host: str) -> str:
    for pif in call.db.get(host, "PIFs"):
        if call.db.get(pif, "management"):
            return str(pif)
    raise XapiError("INTERNAL_ERROR", "Not_found")


@message("host.set_power_on_mode")
def set_power_on_mode(call: Call, host: str, mode: str, config: dict[str, str]) -> str:
    call.db.set(host, power_on_mode=mode, power_on_config=config)
    call.pool.refresh(host)
    return ""


@message("host.set_hostname_live")
def set_hostname_live(call: Call, host: str, hostname: str) -> str:
    if not hostname or len(hostname) > 63 or not hostname.replace("-", "").replace(".", "").isalnum():
        raise XapiError("HOST_NAME_INVALID", "hostname contains invalid characters" if hostname else "hostname empty")
    call.db.set(host, hostname=hostname)
    return ""


@message("host.set_iscsi_iqn")
def set_iscsi_iqn(call: Call, host: str, value: str) -> str:
    call.db.set(host, iscsi_iqn=value, other_config={**call.db.get(host, "other_config"), "iscsi_iqn": value})
    return ""


@message("host.set_multipathing")
def set_multipathing(call: Call, host: str, value: bool) -> str:
    call.db.set(host, multipathing=value, other_config={**call.db.get(host, "other_config"), "multipathing": str(value).lower()})
    return ""


@message("host.get_system_status_capabilities")
def get_system_status_capabilities(_call: Call, _host: str) -> str:
    return '<?xml version="1.0" ?><system-status-capabilities></system-status-capabilities>'


@message("host.dmesg", "host.dmesg_clear")
def dmesg(_call: Call, _host: str) -> str:
    return "(XEN) Xen version 4.17.5\n(XEN) Brought up\n"
