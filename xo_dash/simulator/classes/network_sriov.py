"""SR-IOV: a network whose VIFs are functions of a NIC, given to VMs as they are."""

from __future__ import annotations

from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..registry import message
from . import network_sriov_state, pif, pif_rules, pif_state, subject, vlan
from .pif import need_host


@message("network_sriov.create")
def create(call: Call, physical: str, network: str) -> str:
    db = call.db
    need_host(call, physical)
    subject.assert_licensed(call, "Network_sriov")
    pif_rules.need_managed_network(db, network)
    pif_rules.need_managed(db, physical)
    record = db.record("PIF", physical)
    if pif_rules.kind(record) != "physical":
        raise XapiError("PIF_IS_NOT_PHYSICAL", physical)
    if record["sriov_physical_PIF_of"]:
        raise XapiError("NETWORK_SRIOV_ALREADY_ENABLED", physical)
    if "sriov" not in record["capabilities"]:
        raise XapiError("PIF_IS_NOT_SRIOV_CAPABLE", physical)
    pif_rules.need_unconnected(db, record["host"], network)
    check_network(db, physical, network)
    same = {name: record[name] for name in ("host", "device", "MTU", "metrics", "primary_address_type")}
    logical = pif_state.create(db, **same, network=network, MAC=vlan.MAC)
    sriov = db.create("network_sriov", {"physical_PIF": physical, "logical_PIF": logical, "configuration_mode": "unknown"})
    pif.plug(call, logical)
    return sriov


def check_network(db: Database, physical: str, network: str) -> None:
    """All NICs of one network are of the same model."""
    for other in db.get(network, "PIFs"):
        held = db.get(other, "sriov_logical_PIF_of")
        if not held:
            raise XapiError("NETWORK_INCOMPATIBLE_WITH_SRIOV", network)
        if model(db, db.get(held[0], "physical_PIF")) != model(db, physical):
            raise XapiError("NETWORK_HAS_INCOMPATIBLE_SRIOV_PIFS", physical, network)


def model(db: Database, physical: str) -> tuple[str, str]:
    pci = db.record("PCI", db.get(physical, "PCI"))
    return pci["vendor_id"], pci["device_id"]


@message("network_sriov.destroy")
def destroy(call: Call, sriov: str) -> str:
    logical = call.db.get(sriov, "logical_PIF")
    need_host(call, logical)
    if call.db.get(logical, "VLAN_slave_of"):
        raise XapiError("PIF_VLAN_STILL_EXISTS", logical)
    pif.unplug(call, logical)
    call.db.destroy(sriov)
    pif_state.destroy(call.db, logical)
    return ""


@message("network_sriov.get_remaining_capacity")
def get_remaining_capacity(call: Call, sriov: str) -> int:
    return network_sriov_state.idle(call.db, sriov)
