"""The controller of the pool's switches: one, by its address, or whoever comes (pssl)."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message
from . import pif_rules, pvs

USUAL_PORT = 6632


@message("SDN_controller.introduce")
def introduce(call: Call, protocol: str = "ssl", address: str = "", port: int = 0) -> str:
    if call.db.get(call.pool.master.ref, "software_version").get("network_backend") != "openvswitch":
        raise XapiError("OPERATION_NOT_ALLOWED", "host not configured for vswitch operation")
    if call.db.rows("SDN_controller"):
        raise XapiError("OPERATION_NOT_ALLOWED", "SDN controller has been configured. Please forget it first.")
    if address == "" if protocol == "ssl" else address != "":
        raise XapiError("INVALID_VALUE", "address", address)
    if protocol == "ssl":
        pif_rules.need_address(address, 4, "address")
    elif port:
        raise XapiError("INVALID_VALUE", "port", port)
    if port:
        pvs.check_port("port", port)
    return call.db.create("SDN_controller", {"protocol": protocol, "address": address,
                                             "port": USUAL_PORT if protocol == "ssl" and not port else port})  # fmt: skip


@message("SDN_controller.forget")
def forget(call: Call, controller: str) -> str:
    call.db.destroy(controller)
    return ""
