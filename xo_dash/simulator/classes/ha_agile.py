"""Agile: what is there on every host, so that a VM can be restarted on any of them."""

from __future__ import annotations

from ..call import Call
from ..database import Database, Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL


def enabled_hosts(db: Database) -> set[str]:
    return {ref for ref, host in db.records("host") if host["enabled"]}


def is_shared_sr(db: Database, sr: str) -> bool:
    """Shared, and plugged into every enabled host."""
    pbds = [db.record("PBD", pbd) for pbd in db.get(sr, "PBDs")]
    return bool(db.get(sr, "shared")) and enabled_hosts(db) <= {pbd["host"] for pbd in pbds if pbd["currently_attached"]}


def is_shared_network(db: Database, network: str) -> bool:
    """Every enabled host has a PIF of it that is no bond's slave."""
    pifs = [db.record("PIF", pif) for pif in db.get(network, "PIFs")]
    return enabled_hosts(db) <= {pif["host"] for pif in pifs if pif["bond_slave_of"] == NULL}


def obstacle(db: Database, vm: str) -> XapiError | None:
    """Why the VM is not agile."""
    record = db.record("VM", vm)
    if record["VGPUs"]:
        return XapiError("VM_HAS_VGPU", vm)
    if record["VUSBs"]:
        return XapiError("VM_HAS_VUSBS", vm)
    for vbd in record["VBDs"]:
        vdi = db.get(vbd, "VDI")
        if not db.get(vbd, "empty") and not is_shared_sr(db, sr := db.record("VDI", vdi)["SR"]):
            return XapiError("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)
    for vif in record["VIFs"]:
        network = db.get(vif, "network")
        if not is_shared_network(db, network):
            return XapiError("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", network)
        if any(db.get(pif, "sriov_logical_PIF_of") for pif in db.get(network, "PIFs")):
            return XapiError("VM_HAS_SRIOV_VIF", vm)
    return None


def is_protected(vm: Record) -> bool:
    """To be kept running by HA, at any price."""
    return bool(vm["ha_always_run"] and vm["ha_restart_priority"] == "restart")


def guards(pool: Pool, vm: str) -> bool:
    """Must the VM stay agile?"""
    row = pool.db.record("pool", pool.ref)
    return bool(row["ha_enabled"] and not row["ha_allow_overcommit"] and is_protected(pool.db.record("VM", vm)))


def check_disk(pool: Pool, vm: str, vdi: str) -> None:
    """A protected VM gets no disk that only some hosts see."""
    if guards(pool, vm) and not is_shared_sr(pool.db, sr := pool.db.get(vdi, "SR")):
        raise XapiError("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", sr)


def check_network(pool: Pool, vm: str, network: str) -> None:
    """The same of its networks."""
    if guards(pool, vm) and not is_shared_network(pool.db, network):
        raise XapiError("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", network)


@message("VM.assert_agile")
def assert_agile(call: Call, vm: str) -> str:
    if reason := obstacle(call.db, vm):
        raise reason
    return ""
