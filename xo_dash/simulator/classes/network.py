"""Networks: what VMs and hosts are connected by."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..generic import constructor
from ..registry import message
from . import pif_rules

RESERVED = ("xen", "xapi", "vif", "tap", "eth")
LONGEST = 15  # characters of a bridge's name
EXCLUDES = {"nbd": "insecure_nbd", "insecure_nbd": "nbd"}


@message("network.create")
def create(call: Call, args: Record) -> str:
    fields = constructor(call.db.model, "network", args)
    taken = {record["bridge"] for _, record in call.db.records("network")}
    bridge = fields.get("bridge", "")
    if not bridge:
        bridge = next(f"xapi{n}" for n in range(len(taken) + 1) if f"xapi{n}" not in taken)
    elif len(bridge) > LONGEST or bridge.startswith(RESERVED):
        raise XapiError("INVALID_VALUE", "bridge", bridge)
    elif bridge in taken:
        raise XapiError("BRIDGE_NAME_EXISTS", bridge)
    mtu = fields.get("MTU", 1500)
    return call.db.create("network", {**fields, "bridge": bridge, "MTU": mtu if mtu > 0 else 1500, "default_locking_mode": "unlocked"})


@message("network.destroy")
def destroy(call: Call, network: str) -> str:
    record = call.db.record("network", network)
    attached = [vif for vif in record["VIFs"] if call.db.get(vif, "currently_attached")]
    if attached:
        raise XapiError("NETWORK_CONTAINS_VIF", *attached)
    if record["PIFs"]:
        raise XapiError("NETWORK_CONTAINS_PIF", *record["PIFs"])
    if record["other_config"].get("is_host_internal_management_network") == "true":
        raise XapiError("CANNOT_DESTROY_SYSTEM_NETWORK", network)
    for vif in list(record["VIFs"]):
        metrics = call.db.get(vif, "metrics")
        call.db.destroy(vif)
        if call.db.exists(metrics):
            call.db.destroy(metrics)
    call.db.destroy(network)
    return ""


@message("network.set_default_locking_mode")
def set_default_locking_mode(call: Call, network: str, value: str) -> str:
    for vif in call.db.get(network, "VIFs"):
        if call.db.get(vif, "currently_attached"):
            raise XapiError("VIF_IN_USE", network, vif)
    call.db.set(network, default_locking_mode=value)
    return ""


@message("network.add_purpose")
def add_purpose(call: Call, network: str, value: str) -> str:
    """All networks of a pool serve NBD with TLS, or all without."""
    pif_rules.need_managed_network(call.db, network)
    held, other = call.db.get(network, "purpose"), EXCLUDES[value]
    if value in held:
        return ""
    if any(other in record["purpose"] for _, record in call.db.records("network")):
        raise XapiError("NETWORK_INCOMPATIBLE_PURPOSES", value, other)
    call.db.set(network, purpose=[value, *held])
    return ""


@message("network.remove_purpose")
def remove_purpose(call: Call, network: str, value: str) -> str:
    call.db.set(network, purpose=[p for p in call.db.get(network, "purpose") if p != value])
    return ""
