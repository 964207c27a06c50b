"""VLANs: on one PIF, or on those of all hosts."""

from __future__ import annotations

from collections.abc import Iterable

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import pif, pif_rules, pif_state
from .pif import need_host

MAC = "fe:ff:ff:ff:ff:ff"
HIGHEST = 4094


def check_tag(tag: int) -> None:
    if not 0 <= tag <= HIGHEST:
        raise XapiError("VLAN_TAG_INVALID", tag)


@message("VLAN.create")
def create(call: Call, tagged: str, tag: int, network: str) -> str:
    db = call.db
    need_host(call, tagged)
    pif_rules.need_managed_network(db, network)
    pif_rules.need_unconnected(db, db.get(tagged, "host"), network)
    pif_rules.need_managed(db, tagged)
    check_base(call, tagged, network)
    check_tag(tag)
    if any(db.get(vlan, "tag") == tag for vlan in db.get(tagged, "VLAN_slave_of")):
        raise XapiError("PIF_VLAN_EXISTS", db.get(tagged, "device"))
    vlan = make(call, tagged, tag, network)
    pif.plug(call, db.get(vlan, "untagged_PIF"))
    return vlan


def check_base(call: Call, tagged: str, network: str) -> None:
    db = call.db
    kinds = pif_rules.kinds(db, tagged)
    if kinds[0] == "physical" and pif_rules.is_slave(db, tagged):
        raise XapiError("CANNOT_ADD_VLAN_TO_BOND_SLAVE", tagged)
    if kinds[0] == "vlan":
        raise XapiError("PIF_IS_VLAN", tagged)
    if kinds[0] == "tunnel":
        raise XapiError("IS_TUNNEL_ACCESS_PIF", tagged)
    held = db.get(network, "PIFs")
    if kinds[0] == "sriov":
        if held and pif_rules.kinds(db, held[0])[:2] != ["vlan", "sriov"]:
            raise XapiError("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_SRIOV", network)
    elif pif_rules.on_sriov(db, network):
        raise XapiError("NETWORK_INCOMPATIBLE_WITH_VLAN_ON_BRIDGE", network)


def make(call: Call, tagged: str, tag: int, network: str) -> str:
    """The rows alone; the metrics are those of the NIC."""
    db = call.db
    pif_rules.need_no_trunks(db, network)
    base = db.record("PIF", tagged)
    same = {name: base[name] for name in ("host", "device", "MTU", "metrics", "primary_address_type")}
    untagged = pif_state.create(db, **same, network=network, MAC=MAC, VLAN=tag)
    vlan = db.create("VLAN", {"tagged_PIF": tagged, "untagged_PIF": untagged, "tag": tag})
    db.set(untagged, VLAN_master_of=vlan)
    return vlan


@message("VLAN.destroy")
def destroy(call: Call, vlan: str) -> str:
    db = call.db
    untagged = db.get(vlan, "untagged_PIF")
    if not db.exists(untagged):
        db.destroy(vlan)
        return ""
    record = db.record("PIF", untagged)
    need_host(call, untagged)
    if record["bond_slave_of"] != NULL or record["bond_master_of"]:
        raise XapiError("PIF_ALREADY_BONDED", untagged)
    pif_rules.need_unprotected(call, untagged)
    pif.unplug(call, untagged)
    db.destroy(vlan)
    pif_state.destroy(db, untagged)
    return ""


@message("PIF.destroy")
def destroy_pif(call: Call, ref: str) -> str:
    """The old way to end a VLAN."""
    if call.db.get(ref, "VLAN") < 0:
        raise XapiError("PIF_IS_PHYSICAL")
    return destroy(call, call.db.get(ref, "VLAN_master_of"))


@message("PIF.create_VLAN")
def create_on_host(call: Call, device: str, network: str, host: str, tag: int) -> str:
    """INVALID_VALUE if the host has no such device."""
    machine.need(call.pool, host)
    for ref in call.db.get(host, "PIFs"):
        base = call.db.record("PIF", ref)
        if base["device"] == device and base["VLAN"] == -1:
            return str(call.db.get(create(call, ref, tag, network), "untagged_PIF"))
    raise XapiError("INVALID_VALUE", "device", device)


@message("pool.create_VLAN_from_PIF")
def create_everywhere(call: Call, ref: str, network: str, tag: int) -> list[str]:
    """One on every live host that has a PIF in the same network; or none, if one fails."""
    db = call.db
    bases = [other for other in db.get(db.get(ref, "network"), "PIFs") if db.get(db.get(db.get(other, "host"), "metrics"), "live")]
    made: list[str] = []
    try:
        for base in bases:
            made.append(create(call, base, tag, network))
    except XapiError:
        undo(call, made)
        raise
    return [db.get(vlan, "untagged_PIF") for vlan in made]


@message("pool.create_VLAN")
def create_by_device(call: Call, device: str, network: str, tag: int) -> list[str]:
    """On every host, live or not; or on none."""
    made: list[str] = []
    try:
        for host in list(call.db.rows("host")):
            made.append(create_on_host(call, device, network, host, tag))
    except XapiError:
        undo(call, [call.db.get(pif, "VLAN_master_of") for pif in made])
        raise
    return made


def undo(call: Call, vlans: Iterable[str]) -> None:
    """As far as it goes."""
    for vlan in vlans:
        try:
            destroy(call, vlan)
        except XapiError:
            continue
