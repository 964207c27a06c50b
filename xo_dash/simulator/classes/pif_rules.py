"""What a PIF is and stands on, and what must not be done with it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ..call import Call
from ..database import Database, Record
from ..errors import XapiError
from ..types import NULL


def kind(pif: Record) -> str:
    """tunnel, vlan, sriov, bond or physical."""
    if pif["tunnel_access_PIF_of"]:
        return "tunnel"
    if pif["VLAN_master_of"] != NULL:
        return "vlan"
    if pif["sriov_logical_PIF_of"]:
        return "sriov"
    return "bond" if pif["bond_master_of"] else "physical"


def below(db: Database, pif: Record) -> str:
    """The PIF that this one stands on; "" for the lowest, which is a NIC or a bond."""
    match kind(pif):
        case "tunnel":
            return str(db.get(pif["tunnel_access_PIF_of"][0], "transport_PIF"))
        case "vlan":
            return str(db.get(pif["VLAN_master_of"], "tagged_PIF"))
        case "sriov":
            return str(db.get(pif["sriov_logical_PIF_of"][0], "physical_PIF"))
    return ""


def layers(db: Database, pif: str) -> list[Record]:
    """From the PIF down to its NIC or bond."""
    found = [db.record("PIF", pif)]
    while lower := below(db, found[-1]):
        found.append(db.record("PIF", lower))
    return found


def kinds(db: Database, pif: str) -> list[str]:
    return [kind(record) for record in layers(db, pif)]


def is_slave(db: Database, pif: str) -> bool:
    """Is the NIC itself, or the one below, a member of a bond?"""
    return bool(layers(db, pif)[-1]["bond_slave_of"] != NULL)


def on_sriov(db: Database, network: str) -> bool:
    """Is it a network of virtual functions, or a VLAN on one?"""
    pifs = db.get(network, "PIFs") if db.exists(network) else []
    return bool(pifs) and kinds(db, pifs[0])[:-1] in (["sriov"], ["vlan", "sriov"])


def need_managed_network(db: Database, network: str) -> None:
    if not db.record("network", network)["managed"]:
        raise XapiError("NETWORK_UNMANAGED", network)


def need_managed(db: Database, pif: str) -> None:
    if not db.record("PIF", pif)["managed"]:
        raise XapiError("PIF_UNMANAGED", pif)


def need_unconnected(db: Database, host: str, network: str) -> None:
    """A host has one PIF in a network."""
    for pif in db.get(network, "PIFs"):
        if db.get(pif, "host") == host:
            raise XapiError("NETWORK_ALREADY_CONNECTED", host, pif)


def need_no_trunks(db: Database, network: str) -> None:
    """A VIF that carries VLANs itself is in no network that is a VLAN."""
    if any(db.get(vif, "trunks") for vif in db.get(network, "VIFs")):
        raise XapiError("NETWORK_INCOMPATIBLE_WITH_TRUNKS", network)


def need_unprotected(call: Call, pif: str) -> None:
    """Nobody touches an interface by which hosts watch each other."""
    if not call.db.get(pif, "currently_attached"):
        return
    pool = call.db.record("pool", call.pool.ref)
    if pool["ha_enabled"]:
        raise XapiError("HA_IS_ENABLED")
    if pool["redo_log_enabled"]:
        raise XapiError("REDO_LOG_IS_ENABLED")


def need_no_cluster(db: Database, pif: str) -> None:
    for ref, member in db.records("Cluster_host"):
        if member["PIF"] == pif and member["enabled"]:
            raise XapiError("CLUSTERING_ENABLED", ref)


def need_not_management(db: Database, pif: str) -> None:
    if db.get(pif, "management"):
        raise XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)


def need_forgettable(call: Call, pif: str) -> None:
    for reason in _ties(call.db, pif):
        raise reason
    need_unprotected(call, pif)
    record = call.db.record("PIF", pif)
    if kind(record) == "sriov":
        raise XapiError("CANNOT_FORGET_SRIOV_LOGICAL", pif)
    if record["sriov_physical_PIF_of"]:
        raise XapiError("PIF_SRIOV_STILL_EXISTS", pif)
    need_no_cluster(call.db, pif)


def _ties(db: Database, pif: str) -> Iterator[XapiError]:
    record = db.record("PIF", pif)
    if record["management"]:
        yield XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)
    if record["bond_slave_of"] != NULL or record["bond_master_of"]:
        yield XapiError("PIF_ALREADY_BONDED", pif)
    if record["VLAN_slave_of"] or record["VLAN"] != -1:
        yield XapiError("PIF_VLAN_STILL_EXISTS", pif)
    if record["tunnel_transport_PIF_of"] or record["tunnel_access_PIF_of"]:
        yield XapiError("PIF_TUNNEL_STILL_EXISTS", pif)


def need_idle(db: Database, host: str, network: str) -> None:
    """No VM of this host uses the network, or is about to."""
    for vif in db.get(network, "VIFs"):
        record = db.record("VIF", vif)
        vm = db.record("VM", record["VM"])
        coming = "attach" in record["current_operations"].values() and host in (vm["resident_on"], vm["scheduled_to_be_resident_on"])
        if coming or (record["currently_attached"] and vm["resident_on"] == host and vm["power_state"] in ("Running", "Paused")):
            raise XapiError("VIF_IN_USE", network, vif)


def is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def need_address(text: str, version: int, name: str) -> None:
    if not is_address(text, version):
        raise XapiError("INVALID_IP_ADDRESS_SPECIFIED", name)


def need_cidr(text: str, version: int, name: str) -> None:
    """An address and the length of its prefix."""
    address, slash, length = text.partition("/")
    if not (slash and length.isdecimal() and int(length) <= (32 if version == 4 else 128) and is_address(address, version)):
        raise XapiError("INVALID_CIDR_ADDRESS_SPECIFIED", name)
