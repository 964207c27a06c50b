"""Tunnels: a network between hosts that rides on another. Only a controller of the switches says that one is active."""

from __future__ import annotations

from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..registry import message
from . import pif, pif_rules, pif_state
from .pif import need_host


@message("tunnel.create")
def create(call: Call, transport: str, network: str, protocol: str = "gre") -> str:
    db = call.db
    need_host(call, transport)
    pif_rules.need_managed_network(db, network)
    pif_rules.need_unconnected(db, db.get(transport, "host"), network)
    pif_rules.need_managed(db, transport)
    check_transport(db, transport)
    if pif_rules.on_sriov(db, network):
        raise XapiError("NETWORK_INCOMPATIBLE_WITH_TUNNEL", network)
    need_openvswitch(db)
    tunnel = make(db, transport, network, protocol)
    pif.plug(call, db.get(tunnel, "access_PIF"))
    return tunnel


def check_transport(db: Database, transport: str) -> None:
    kinds = pif_rules.kinds(db, transport)
    if kinds[0] == "physical" and pif_rules.is_slave(db, transport):
        raise XapiError("CANNOT_ADD_TUNNEL_TO_BOND_SLAVE", transport)
    if kinds[0] == "tunnel":
        raise XapiError("IS_TUNNEL_ACCESS_PIF", transport)
    if kinds[0] == "sriov":
        raise XapiError("CANNOT_ADD_TUNNEL_TO_SRIOV_LOGICAL", transport)
    if kinds[:2] == ["vlan", "sriov"]:
        raise XapiError("CANNOT_ADD_TUNNEL_TO_VLAN_ON_SRIOV_LOGICAL", transport)


def need_openvswitch(db: Database) -> None:
    for _, host in db.records("host"):
        if host["software_version"].get("network_backend") != "openvswitch":
            raise XapiError("OPENVSWITCH_NOT_ACTIVE")


def make(db: Database, transport: str, network: str, protocol: str) -> str:
    """The rows alone."""
    base = db.record("PIF", transport)
    same = {name: base[name] for name in ("host", "metrics", "primary_address_type")}
    access = pif_state.create(db, **same, device=free_device(db, base["host"]), network=network, MAC=random_mac(db), MTU=-1)
    return db.create("tunnel", {"access_PIF": access, "transport_PIF": transport, "status": {"active": "false"}, "protocol": protocol})


def random_mac(db: Database) -> str:
    """Locally administered, for one card."""
    octets = bytearray(db.rng.randbytes(6))
    octets[0] = octets[0] & 0xFE | 0x02
    return octets.hex(":")


def free_device(db: Database, host: str) -> str:
    taken = {db.get(pif, "device") for pif in db.get(host, "PIFs")}
    return next(f"tunnel{n}" for n in range(len(taken) + 1) if f"tunnel{n}" not in taken)


@message("tunnel.destroy")
def destroy(call: Call, tunnel: str) -> str:
    access = call.db.get(tunnel, "access_PIF")
    need_host(call, access)
    pif.unplug(call, access)
    call.db.destroy(tunnel)
    pif_state.destroy(call.db, access)
    return ""
