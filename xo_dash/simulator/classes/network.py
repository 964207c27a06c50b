"""Networks and what hosts connect to them with: PIFs, VLANs, bonds."""

from __future__ import annotations

import re

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..generic import constructor
from ..registry import message
from ..types import NULL

RESERVED = ("xen", "xapi", "vif", "tap", "eth")
MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}$", re.IGNORECASE)
ADDRESS = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$")
VLAN_MAC = "fe:ff:ff:ff:ff:ff"


@message("network.create")
def create(call: Call, args: Record) -> str:
    fields = constructor(call.db.model, "network", args)
    taken = {record["bridge"] for _, record in call.db.records("network")}
    bridge = fields.get("bridge", "")
    if not bridge:
        bridge = next(f"xapi{n}" for n in range(len(taken) + 1) if f"xapi{n}" not in taken)
    elif len(bridge) > 15 or bridge.startswith(RESERVED):
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
        call.db.destroy(vif)
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
    held = call.db.get(network, "purpose")
    other = {"nbd": "insecure_nbd", "insecure_nbd": "nbd"}[value]
    if other in held:
        raise XapiError("NETWORK_INCOMPATIBLE_PURPOSES", value, other)
    call.db.set(network, purpose=[*dict.fromkeys([*held, value])])
    return ""


@message("network.remove_purpose")
def remove_purpose(call: Call, network: str, value: str) -> str:
    call.db.set(network, purpose=[p for p in call.db.get(network, "purpose") if p != value])
    return ""


def create_pif(call: Call, host: str, network: str, **fields: object) -> str:
    """A PIF with its metrics; `fields` as in the data model."""
    known = {"carrier": True, "speed": 10_000, "duplex": True, "last_updated": call.clock.iso()}
    metrics = call.db.create("PIF_metrics", known)
    return call.db.create("PIF", {"host": host, "network": network, "metrics": metrics, "MTU": 1500, "VLAN": -1, **fields})


@message("PIF.plug")
def plug(call: Call, pif: str) -> str:
    call.db.set(pif, currently_attached=True)
    return ""


@message("PIF.unplug")
def unplug(call: Call, pif: str) -> str:
    record = call.db.record("PIF", pif)
    if record["management"]:
        raise XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)
    if record["disallow_unplug"]:
        raise XapiError("PIF_DOES_NOT_ALLOW_UNPLUG", pif)
    call.db.set(pif, currently_attached=False)
    return ""


@message("PIF.set_disallow_unplug")
def set_disallow_unplug(call: Call, pif: str, value: bool) -> str:
    call.db.set(pif, disallow_unplug=value)
    return ""


@message("PIF.scan")
def scan(_call: Call, _host: str) -> str:
    return ""


@message("PIF.reconfigure_ip")
def reconfigure_ip(call: Call, pif: str, mode: str, ip: str, netmask: str, gateway: str, dns: str) -> str:
    if call.db.get(pif, "management") and mode == "None":
        raise XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)
    if mode == "Static":
        for name, value in (("IP", ip), ("netmask", netmask)):
            if not is_address(value):
                raise XapiError("INVALID_IP_ADDRESS_SPECIFIED", name)
        call.db.set(pif, ip_configuration_mode=mode, IP=ip, netmask=netmask, gateway=gateway, DNS=dns)
    else:
        call.db.set(pif, ip_configuration_mode=mode, IP="", netmask="", gateway="", DNS=dns)
    return ""


def is_address(text: str) -> bool:
    found = ADDRESS.match(text)
    return bool(found) and all(int(part) < 256 for part in found.groups()) if found else False


@message("VLAN.create")
def create_vlan(call: Call, tagged: str, tag: int, network: str) -> str:
    pif = call.db.record("PIF", tagged)
    if not 0 <= tag <= 4094:
        raise XapiError("VLAN_TAG_INVALID", tag)
    if pif["bond_slave_of"] != NULL:
        raise XapiError("CANNOT_ADD_VLAN_TO_BOND_SLAVE", tagged)
    for ref, record in call.db.records("PIF"):
        if record["host"] != pif["host"]:
            continue
        if record["network"] == network:
            raise XapiError("NETWORK_ALREADY_CONNECTED", pif["host"], ref)
        if record["device"] == pif["device"] and record["VLAN"] == tag:
            raise XapiError("PIF_VLAN_EXISTS", pif["device"])
    untagged = create_pif(call, pif["host"], network, device=pif["device"], MAC=VLAN_MAC, VLAN=tag, physical=False,
                          currently_attached=pif["currently_attached"])  # fmt: skip
    vlan = call.db.create("VLAN", {"tagged_PIF": tagged, "untagged_PIF": untagged, "tag": tag})
    call.db.set(untagged, VLAN_master_of=vlan)
    return vlan


@message("VLAN.destroy")
def destroy_vlan(call: Call, vlan: str) -> str:
    untagged = call.db.get(vlan, "untagged_PIF")
    call.db.destroy(vlan)
    forget_pif(call, untagged)
    return ""


def forget_pif(call: Call, pif: str) -> None:
    metrics = call.db.get(pif, "metrics")
    call.db.destroy(pif)
    if call.db.exists(metrics):
        call.db.destroy(metrics)


@message("PIF.destroy")
def destroy_pif(call: Call, pif: str) -> str:
    """The old way to end a VLAN."""
    vlan = call.db.get(pif, "VLAN_master_of")
    if vlan == NULL:
        raise XapiError("PIF_IS_PHYSICAL", pif)
    return destroy_vlan(call, vlan)


@message("PIF.forget")
def forget(call: Call, pif: str) -> str:
    record = call.db.record("PIF", pif)
    if record["management"]:
        raise XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)
    if record["bond_slave_of"] != NULL or record["bond_master_of"]:
        raise XapiError("PIF_ALREADY_BONDED", pif)
    if record["VLAN_slave_of"] or record["VLAN_master_of"] != NULL:
        raise XapiError("PIF_VLAN_STILL_EXISTS", pif)
    if record["tunnel_transport_PIF_of"]:
        raise XapiError("PIF_TUNNEL_STILL_EXISTS", pif)
    forget_pif(call, pif)
    return ""


@message("pool.create_VLAN_from_PIF")
def create_vlan_everywhere(call: Call, pif: str, network: str, tag: int) -> list[str]:
    """One on every live host that has a PIF on the same network."""
    made: list[str] = []
    try:
        for ref in list(call.db.get(call.db.get(pif, "network"), "PIFs")):
            host = call.db.record("host", call.db.get(ref, "host"))
            if call.db.get(host["metrics"], "live"):
                made.append(create_vlan(call, ref, tag, network))
    except XapiError:
        for vlan in made:
            destroy_vlan(call, vlan)
        raise
    return [call.db.get(vlan, "untagged_PIF") for vlan in made]


@message("PIF.create_VLAN")
def create_vlan_on_host(call: Call, device: str, network: str, host: str, tag: int) -> str:
    """INVALID_VALUE if the host has no such device."""
    for ref in call.db.get(host, "PIFs"):
        pif = call.db.record("PIF", ref)
        if pif["device"] == device and pif["VLAN"] == -1:
            return str(call.db.get(create_vlan(call, ref, tag, network), "untagged_PIF"))
    raise XapiError("INVALID_VALUE", "device", device)


@message("pool.create_VLAN")
def create_vlan_by_device(call: Call, device: str, network: str, tag: int) -> list[str]:
    """On every host, or on none."""
    made: list[str] = []
    try:
        for host in call.db.rows("host"):
            made.append(create_vlan_on_host(call, device, network, host, tag))
    except XapiError:
        for pif in made:
            destroy_vlan(call, call.db.get(pif, "VLAN_master_of"))
        raise
    return made


@message("Bond.create")
def create_bond(
    call: Call, network: str, members: list[str], mac: str, mode: str = "balance-slb", properties: dict[str, str] | None = None
) -> str:
    if len(members) < 2:
        raise XapiError("PIF_BOND_NEEDS_MORE_MEMBERS")
    pifs = [call.db.record("PIF", ref) for ref in members]
    if len({p["host"] for p in pifs}) > 1:
        raise XapiError("PIF_CANNOT_BOND_CROSS_HOST")
    for ref, pif in zip(members, pifs, strict=True):
        if pif["bond_slave_of"] != NULL:
            raise XapiError("PIF_ALREADY_BONDED", ref)
        if pif["VLAN"] >= 0:
            raise XapiError("PIF_IS_VLAN", ref)
    if mac and not MAC.match(mac):
        raise XapiError("MAC_INVALID", mac)
    if sum(p["ip_configuration_mode"] != "None" for p in pifs) > 1:
        raise XapiError("PIF_BOND_MORE_THAN_ONE_IP")
    primary = max(range(len(pifs)), key=lambda i: (pifs[i]["management"], pifs[i]["ip_configuration_mode"] != "None", -i))
    chief = pifs[primary]
    taken = {r["device"] for _, r in call.db.records("PIF") if r["host"] == chief["host"]}
    device = next(f"bond{n}" for n in range(len(taken) + 1) if f"bond{n}" not in taken)
    moved = {name: chief[name] for name in ("ip_configuration_mode", "IP", "netmask", "gateway", "DNS", "management")}
    master = create_pif(
        call, chief["host"], network, device=device, MAC=mac or chief["MAC"], physical=False, currently_attached=True, **moved
    )
    bond = call.db.create("Bond", {"master": master, "primary_slave": members[primary], "mode": mode,
                                   "properties": properties or {}, "links_up": len(members)})  # fmt: skip
    for ref in members:
        call.db.set(ref, bond_slave_of=bond, management=False, ip_configuration_mode="None", IP="", netmask="", gateway="", DNS="",
                    currently_attached=True)  # fmt: skip
    return bond


@message("Bond.destroy")
def destroy_bond(call: Call, bond: str) -> str:
    record = call.db.record("Bond", bond)
    master, primary = call.db.record("PIF", record["master"]), record["primary_slave"]
    back = {name: master[name] for name in ("ip_configuration_mode", "IP", "netmask", "gateway", "DNS", "management")}
    call.db.destroy(bond)
    if call.db.exists(primary):
        call.db.set(primary, **back)
    forget_pif(call, record["master"])
    return ""


@message("Bond.set_mode")
def set_mode(call: Call, bond: str, value: str) -> str:
    call.db.set(bond, mode=value)
    return ""


@message("Bond.set_property", "PIF.set_property")
def set_property(call: Call, ref: str, name: str, value: str) -> str:
    call.db.set(ref, properties={**call.db.get(ref, "properties"), name: value})
    return ""
