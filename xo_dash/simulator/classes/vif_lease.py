"""Addresses on the network between guests and their host: given at the first start, kept as long as the VIF is there."""

from __future__ import annotations

import ipaddress

from ..pool import Pool


def give(pool: Pool, vif: str) -> None:
    db = pool.db
    network = db.get(vif, "network")
    if not db.exists(network):
        return
    record = db.record("network", network)
    other = record["other_config"]
    if other.get("is_guest_installer_network") != "true" or vif in record["assigned_ips"]:
        return
    held = {ref: address for ref, address in record["assigned_ips"].items() if db.exists(ref)}
    first, last = (int(ipaddress.IPv4Address(other[name])) for name in ("ip_begin", "ip_end"))
    taken = {int(ipaddress.IPv4Address(address)) for address in held.values()}
    free = next((number for number in range(first + 1, last + 1) if number not in taken), None)  # the first is the host's own
    if free is not None:
        db.set(network, assigned_ips={**held, vif: str(ipaddress.IPv4Address(free))})
