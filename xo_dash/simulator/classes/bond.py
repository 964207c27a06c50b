"""Bonds: NICs of one host as one. What stood on the members stands on the bond while there is one."""

from __future__ import annotations

from collections.abc import Callable

from ..call import Call
from ..database import Database, Record
from ..errors import XapiError
from ..registry import message
from ..types import NULL
from . import bond_move, devices, durations, host_management, pif_rules, pif_state
from .pif import need_host

Check = Callable[[str], bool]


def is_int(text: str) -> bool:
    try:
        int(text, 0)
    except ValueError:
        return False
    return True


# of LACP: what a property may be, and what it is by itself
LACP: dict[str, tuple[Check, str]] = {
    "hashing_algorithm": (lambda v: v in ("src_mac", "tcpudp_ports"), "tcpudp_ports"),
    "lacp-time": (lambda v: v in ("fast", "slow"), "slow"),
    "lacp-aggregation-key": (is_int, ""),
    "lacp-fallback-ab": (lambda v: v in ("true", "false"), "true"),
}


def known(mode: str) -> dict[str, tuple[Check, str]]:
    return LACP if mode == "lacp" else {}


def is_property(mode: str, name: str, value: str) -> bool:
    return name in known(mode) and known(mode)[name][0](value)


def check_property(mode: str, name: str, value: str) -> None:
    if not is_property(mode, name, value):
        raise XapiError("INVALID_VALUE", "properties", f"{name} = {value}")


def complete(mode: str, properties: dict[str, str]) -> dict[str, str]:
    return {**{name: default for name, (_, default) in known(mode).items() if default}, **properties}


@message("Bond.create")
async def create(
    call: Call, network: str, members: list[str], mac: str, mode: str = "balance-slb", properties: dict[str, str] | None = None
) -> str:
    """An empty MAC is that of the primary member: the management interface, else the first with an address, else the first."""
    db = call.db
    if not members:
        raise XapiError("PIF_BOND_NEEDS_MORE_MEMBERS")
    host = db.get(members[0], "host")
    need_host(call, members[0])
    pif_rules.need_managed_network(db, network)
    pif_rules.need_unconnected(db, host, network)
    if pif_rules.on_sriov(db, network):
        raise XapiError("NETWORK_INCOMPATIBLE_WITH_BOND", network)
    if mac and not devices.is_mac(mac):
        raise XapiError("MAC_INVALID", mac)
    for name, value in (properties or {}).items():
        check_property(mode, name, value)
    members = list(dict.fromkeys(members))
    primary = primary_of(db, members)
    check_members(call, members, primary)
    await call.work(durations.seconds(call.pool, "bond"), end=0.5)
    made = make(call, network, members, primary, mac, mode, complete(mode, properties or {}))
    await call.work(durations.seconds(call.pool, "bond"), start=0.5)
    return made


def primary_of(db: Database, members: list[str]) -> str:
    pifs = {ref: db.record("PIF", ref) for ref in members}
    return max(members, key=lambda ref: (pifs[ref]["management"], has_address(pifs[ref]), -members.index(ref)))


def has_address(pif: Record) -> bool:
    return bool(pif["ip_configuration_mode" if pif["primary_address_type"] == "IPv4" else "ipv6_configuration_mode"] != "None")


def check_members(call: Call, members: list[str], primary: str) -> None:
    db = call.db
    pifs = [db.record("PIF", ref) for ref in members]
    for ref, pif in zip(members, pifs, strict=True):
        if pif["primary_address_type"] != db.get(primary, "primary_address_type"):
            raise XapiError("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE", ref)
    for ref, pif in zip(members, pifs, strict=True):
        pif_rules.need_managed(db, ref)
        check_kind(db, ref, pif)
        if pif["management"] and db.get(call.pool.ref, "ha_enabled"):
            raise XapiError("HA_CANNOT_CHANGE_BOND_STATUS_OF_MGMT_IFACE")
    if len({pif["host"] for pif in pifs}) > 1:
        raise XapiError("PIF_CANNOT_BOND_CROSS_HOST")
    if any(pif["properties"] != pifs[0]["properties"] for pif in pifs):
        raise XapiError("INCOMPATIBLE_PIF_PROPERTIES")
    if sum(map(has_address, pifs)) > 1:
        raise XapiError("PIF_BOND_MORE_THAN_ONE_IP")


def check_kind(db: Database, ref: str, pif: Record) -> None:
    match pif_rules.kind(pif):
        case "vlan":
            raise XapiError("PIF_VLAN_EXISTS", pif["device"])
        case "tunnel":
            raise XapiError("IS_TUNNEL_ACCESS_PIF", ref)
        case "sriov":
            raise XapiError("PIF_IS_SRIOV_LOGICAL", ref)
    if db.exists(pif["bond_slave_of"]):
        raise XapiError("PIF_ALREADY_BONDED", ref)


def make(call: Call, network: str, members: list[str], primary: str, mac: str, mode: str, properties: dict[str, str]) -> str:
    db = call.db
    chief = db.record("PIF", primary)
    same = {name: chief[name] for name in ("host", "primary_address_type", "properties")}
    master = pif_state.create(db, **same, network=network, device=free_device(db, chief["host"]), MAC=mac or chief["MAC"], MTU=-1,
                              metrics=db.create("PIF_metrics"))  # fmt: skip
    load = bond_move.NicUse.of(call, chief["host"], members)
    bond = db.create("Bond", {"master": master, "primary_slave": primary, "mode": mode, "properties": properties,
                              "auto_update_mac": not mac})  # fmt: skip
    for ref in members:
        db.set(ref, bond_slave_of=bond)
    bond_move.move_address(db, primary, master)
    for ref in members:
        if db.get(ref, "management"):
            host_management.change(call.pool, master)
    pif_state.bring_up(call.pool, master)
    pif_state.count_links(call.pool, bond, fresh=True)
    load.onto(call, master)
    if any(db.get(ref, "disallow_unplug") for ref in members):
        db.set(master, disallow_unplug=True)
        for ref in members:
            db.set(ref, disallow_unplug=False)
    return bond


def free_device(db: Database, host: str) -> str:
    taken = {db.get(pif, "device") for pif in db.get(host, "PIFs")}
    return next(f"bond{n}" for n in range(len(taken) + 1) if f"bond{n}" not in taken)


@message("Bond.destroy")
async def destroy(call: Call, bond: str) -> str:
    """All goes back to the primary member."""
    db = call.db
    master = db.get(bond, "master")
    need_host(call, master)
    if db.get(call.pool.ref, "ha_enabled") and db.get(master, "management"):
        raise XapiError("HA_CANNOT_CHANGE_BOND_STATUS_OF_MGMT_IFACE")
    await call.work(durations.seconds(call.pool, "bond"))
    dissolve(call, bond)
    return ""


def dissolve(call: Call, bond: str) -> None:
    db = call.db
    record = db.record("Bond", bond)
    master, primary, members = db.record("PIF", record["master"]), record["primary_slave"], list(record["slaves"])
    load = bond_move.NicUse.of(call, master["host"], [record["master"]])
    bond_move.move_address(db, record["master"], primary)
    for ref in members:
        db.set(ref, bond_slave_of=NULL)
    if master["management"]:
        host_management.change(call.pool, primary)
    if master["currently_attached"]:
        for ref in members:
            pif_state.bring_up(call.pool, ref)
    load.onto(call, primary)
    if master["disallow_unplug"]:
        db.set(primary, disallow_unplug=True)
    db.destroy(bond)
    pif_state.destroy(db, record["master"])


@message("Bond.set_mode")
def set_mode(call: Call, bond: str, value: str) -> str:
    """Properties that the new mode does not know go, those that it has by itself come."""
    db = call.db
    need_host(call, db.get(bond, "master"))
    kept = {name: held for name, held in db.get(bond, "properties").items() if is_property(value, name, held)}
    db.set(bond, mode=value, properties=complete(value, kept))
    pif_state.bring_up(call.pool, db.get(bond, "master"))
    return ""


@message("Bond.set_property")
def set_property(call: Call, bond: str, name: str, value: str) -> str:
    record = call.db.record("Bond", bond)
    need_host(call, record["master"])
    check_property(record["mode"], name, value)
    call.db.set(bond, properties={name: value, **{key: held for key, held in record["properties"].items() if key != name}})
    pif_state.bring_up(call.pool, record["master"])
    return ""
