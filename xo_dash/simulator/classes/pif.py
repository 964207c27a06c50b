"""PIFs: what connects a host to a network comes up, goes down, and is tuned."""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import network_sriov_state, pif_rules, pif_state

PROPERTIES = {"gro": ("on", "off")}


def need_host(call: Call, pif: str) -> None:
    """What is done to a PIF is done on its host."""
    machine.need(call.pool, call.db.get(pif, "host"))


@message("PIF.plug")
def plug(call: Call, pif: str) -> str:
    """With what it stands on, where that may be down: tunnels and SR-IOV."""
    db = call.db
    need_host(call, pif)
    pif_rules.need_managed(db, pif)
    record = db.record("PIF", pif)
    lower, kind = pif_rules.below(db, record), pif_rules.kind(record)
    if kind == "tunnel":
        if db.get(lower, "ip_configuration_mode") == "None":
            raise XapiError("TRANSPORT_PIF_NOT_CONFIGURED", lower)
        plug(call, lower)
    elif kind == "sriov" or (kind == "vlan" and db.get(lower, "sriov_logical_PIF_of")):
        plug(call, lower)
    slave = record["bond_slave_of"] != NULL
    if slave and not record["sriov_physical_PIF_of"]:
        raise XapiError("CANNOT_PLUG_BOND_SLAVE", pif)
    if slave:
        plug(call, db.get(record["bond_slave_of"], "master"))
    elif kind == "sriov":
        network_sriov_state.enable(db, pif)
    elif kind == "vlan" and db.get(lower, "sriov_logical_PIF_of"):
        db.set(pif, currently_attached=db.get(lower, "currently_attached"))
    else:
        pif_state.bring_up(call.pool, pif)
    return ""


@message("PIF.unplug")
def unplug(call: Call, pif: str) -> str:
    """With the tunnels and the virtual functions on it. VLANs stay up."""
    db = call.db
    need_host(call, pif)
    pif_rules.need_managed(db, pif)
    pif_rules.need_unprotected(call, pif)
    pif_rules.need_not_management(db, pif)
    record = db.record("PIF", pif)
    pif_rules.need_idle(db, record["host"], record["network"])
    if record["disallow_unplug"]:
        raise XapiError("PIF_DOES_NOT_ALLOW_UNPLUG", pif)
    for tunnel in record["tunnel_transport_PIF_of"]:
        unplug(call, db.get(tunnel, "access_PIF"))
    for sriov in record["sriov_physical_PIF_of"]:
        unplug(call, db.get(sriov, "logical_PIF"))
    if pif_rules.kind(record) == "bond":
        for slave in db.get(record["bond_master_of"][0], "slaves"):
            if db.get(slave, "sriov_physical_PIF_of"):
                unplug(call, slave)
    if pif_rules.kind(record) == "sriov":
        for vlan in record["VLAN_slave_of"]:
            unplug(call, db.get(vlan, "untagged_PIF"))
        network_sriov_state.disable(db, pif)
    if record["bond_slave_of"] == NULL:
        pif_state.bring_down(call.pool, pif)
    return ""


@message("PIF.set_disallow_unplug")
def set_disallow_unplug(call: Call, pif: str, value: bool) -> str:
    if call.db.get(pif, "disallow_unplug") and not value:
        pif_rules.need_no_cluster(call.db, pif)
    call.db.set(pif, disallow_unplug=value)
    return ""


@message("PIF.set_property")
def set_property(call: Call, pif: str, name: str, value: str) -> str:
    """Of a NIC by itself, or of a bond and its members."""
    db = call.db
    need_host(call, pif)
    if value not in PROPERTIES.get(name, ()):
        raise XapiError("INVALID_VALUE", "properties", f"{name} = {value}")
    record = db.record("PIF", pif)
    if not (record["bond_master_of"] or record["physical"]) or record["bond_slave_of"] != NULL:
        raise XapiError("CANNOT_CHANGE_PIF_PROPERTIES", pif)
    properties = {name: value, **{key: held for key, held in record["properties"].items() if key != name}}
    slaves = [slave for bond in record["bond_master_of"] for slave in db.get(bond, "slaves")]
    for ref in (pif, *slaves):
        db.set(ref, properties=properties)
    return ""
