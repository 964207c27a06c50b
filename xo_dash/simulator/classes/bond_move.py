"""What stands on NICs moves to their bond and back: addresses, VLANs, tunnels, VIFs."""

from __future__ import annotations

from dataclasses import dataclass

from ..call import Call
from ..database import Database
from ..types import NULL
from . import host_management, pif_state, tunnel, vif, vlan, vm_placement

ADDRESS = {"ip_configuration_mode": "None", "IP": "", "netmask": "", "gateway": "", "DNS": ""}


def move_address(db: Database, source: str, target: str) -> None:
    """IPv4, as a real xapi does."""
    held = {name: db.get(source, name) for name in ADDRESS}
    db.set(target, **held)
    db.set(source, **ADDRESS)


@dataclass(frozen=True, slots=True)
class NicUse:
    """What some PIFs of a host carry."""

    vifs: list[str]
    vlans: list[str]
    tunnels: list[str]

    @classmethod
    def of(cls, call: Call, host: str, pifs: list[str]) -> NicUse:
        db = call.db
        return cls(
            [ref for pif in pifs for ref in local_vifs(call, host, db.get(pif, "network"))],
            [ref for pif in pifs for ref in db.get(pif, "VLAN_slave_of")],
            [ref for pif in pifs for ref in db.get(pif, "tunnel_transport_PIF_of")],
        )

    def onto(self, call: Call, pif: str) -> None:
        for ref in self.vlans:
            move_vlan(call, ref, pif)
        for ref in self.tunnels:
            move_tunnel(call, ref, pif)
        for ref in self.vifs:
            vif.change_network(call, ref, call.db.get(pif, "network"))


def local_vifs(call: Call, host: str, network: str) -> list[str]:
    """Of VMs that run here, or that can run nowhere but here."""
    return [ref for ref in call.db.get(network, "VIFs") if is_local(call, host, call.db.get(ref, "VM"))]


def is_local(call: Call, host: str, vm: str) -> bool:
    home = call.db.get(vm, "resident_on")
    return bool(home == host) if home != NULL else vm_placement.possible_hosts(call.pool, vm) in ([], [host])


def move_vlan(call: Call, old: str, tagged: str) -> None:
    db = call.db
    before = db.get(old, "untagged_PIF")
    record, tag = db.record("PIF", before), db.get(old, "tag")
    plugged, management, host = record["currently_attached"], record["management"], record["host"]
    network = record["network"]
    there = [ref for ref in db.get(tagged, "VLAN_slave_of") if db.get(ref, "tag") == tag]
    if there:
        for ref in local_vifs(call, host, network):
            vif.change_network(call, ref, db.get(db.get(there[0], "untagged_PIF"), "network"))
    after = db.get(there[0] if there else vlan.make(call, tagged, tag, network), "untagged_PIF")
    move_address(db, before, after)
    db.destroy(old)
    pif_state.destroy(db, before)
    if plugged:
        pif_state.bring_up(call.pool, after)
    if plugged and management:
        host_management.change(call.pool, after)


def move_tunnel(call: Call, old: str, transport: str) -> None:
    db = call.db
    before = db.get(old, "access_PIF")
    plugged = db.get(before, "currently_attached")
    new = tunnel.make(db, transport, db.get(before, "network"), db.get(old, "protocol"))
    db.destroy(old)
    pif_state.destroy(db, before)
    if plugged:
        pif_state.bring_up(call.pool, db.get(new, "access_PIF"))
