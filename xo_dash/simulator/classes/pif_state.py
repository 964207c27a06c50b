"""What happens to a PIF when it comes up and goes down, and when its cable does."""

from __future__ import annotations

import zlib
from typing import Any

from ..database import Database, Record
from ..pool import Pool
from ..types import NULL
from . import pif_rules

SPEED = 10_000  # Mbit/s of a NIC with a link


def create(db: Database, **fields: Any) -> str:
    """A PIF that is not attached and has no address; `fields` as in the data model."""
    return db.create("PIF", {"VLAN": -1, "physical": False, "managed": True, "currently_attached": False, **fields})


def destroy(db: Database, pif: str) -> None:
    """With its metrics, unless they belong to what it stands on."""
    metrics = db.get(pif, "metrics")
    db.destroy(pif)
    if db.exists(metrics) and not db.find("PIF", metrics=metrics):
        db.destroy(metrics)


def bring_up(pool: Pool, pif: str) -> None:
    """Its bridge is there, with the network's MTU. A bond takes its members: their own bridges go."""
    db = pool.db
    record = db.record("PIF", pif)
    network = db.record("network", record["network"])
    fields: dict[str, Any] = {"currently_attached": True, "MTU": network["MTU"]}
    if record["VLAN"] == -1 and pif_rules.kind(record) != "sriov":
        snooping = db.get(pool.ref, "igmp_snooping_enabled")
        fields["igmp_snooping_status"] = "enabled" if snooping else "disabled"
    if record["bond_master_of"]:
        bond = db.record("Bond", record["bond_master_of"][0])
        for slave in bond["slaves"]:
            db.set(slave, currently_attached=False)
            db.set(db.get(slave, "network"), MTU=network["MTU"])
        if bond["auto_update_mac"] and db.exists(bond["primary_slave"]):
            fields["MAC"] = db.get(bond["primary_slave"], "MAC")
    if record["ip_configuration_mode"] == "DHCP" and not record["IP"]:
        fields |= lease(pool, record)
    db.set(pif, **fields)


def attach_network(pool: Pool, network: str, host: str) -> None:
    """A VM on `host` wants it: what is down there comes up."""
    db = pool.db
    if not db.exists(network):
        return
    for pif in db.get(network, "PIFs"):
        record = db.record("PIF", pif)
        if record["host"] == host and record["managed"] and record["bond_slave_of"] == NULL and not record["currently_attached"]:
            bring_up(pool, pif)


def lease(pool: Pool, pif: Record) -> dict[str, str]:
    """What a DHCP server gives to a NIC: the same one always gets the same in the same network."""
    octets = [int(part, 16) for part in pif["MAC"].split(":")]
    net = 16 + zlib.crc32(pool.db.get(pif["network"], "uuid").encode()) % 200
    gateway = f"10.{net}.0.1"
    return {"IP": f"10.{net}.{octets[4]}.{2 + octets[5] % 253}", "netmask": "255.255.0.0", "gateway": gateway, "DNS": gateway}


def bring_down(pool: Pool, pif: str) -> None:
    pool.db.set(pif, currently_attached=False)


def set_carrier(pool: Pool, pif: str, present: bool) -> None:
    """The cable of a NIC is pulled out or put in. What stands on it shares its metrics; a bond counts its links, and says so."""
    db = pool.db
    speeds: dict[str, int] = pool.facts.setdefault("speeds", {})  # of NICs without a link: {PIF: Mbit/s that it had}
    if present:
        measure(pool, pif, True, speeds.pop(pif, SPEED))
    elif _has_link(db, pif):
        speeds[pif] = db.get(db.get(pif, "metrics"), "speed") or SPEED
        measure(pool, pif, False, 0)
    bond = db.get(pif, "bond_slave_of")
    if bond != NULL:
        count_links(pool, bond)


def count_links(pool: Pool, bond: str, *, fresh: bool = False) -> None:
    """`fresh`: it is looked at for the first time."""
    db = pool.db
    record = db.record("Bond", bond)
    slaves, before = record["slaves"], record["links_up"]
    speeds = [db.get(db.get(slave, "metrics"), "speed") for slave in slaves if _has_link(db, slave)]
    now, count = len(speeds), len(slaves)
    db.set(bond, links_up=now)
    measure(pool, record["master"], now > 0, sum(speeds))
    devices = "+".join(sorted(db.get(slave, "device") for slave in slaves))
    host = db.get(db.get(record["master"], "host"), "uuid")
    if count > 1 and (now != count if fresh else now != before):
        change = f"is: {now}/{count} up" if fresh else f"changed: {now}/{count} up (was {before}/{count})"
        pool.messages.create("BOND_STATUS_CHANGED", 3, "Host", host, f"The status of the {devices} bond {change}")


def _has_link(db: Database, pif: str) -> bool:
    metrics = db.get(pif, "metrics")
    return bool(db.exists(metrics) and db.get(metrics, "carrier"))


def measure(pool: Pool, pif: str, present: bool, speed: int) -> None:
    metrics = pool.db.get(pif, "metrics")
    if pool.db.exists(metrics):
        pool.db.set(metrics, carrier=present, speed=speed if present else 0, duplex=present, last_updated=pool.clock.iso())
