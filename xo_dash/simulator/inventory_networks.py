"""Networks of a pool and the NICs that connect its hosts to them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .database import Database
from .inventory_names import Site
from .pool import Pool

VENDOR = {"vendor_id": "8086", "vendor_name": "Intel Corporation", "device_id": "1563", "device_name": "Ethernet Controller 10G X550T"}
GUEST_INSTALLER = {"is_guest_installer_network": "true", "is_host_internal_management_network": "true",
                   "ip_begin": "169.254.0.1", "ip_end": "169.254.255.254", "netmask": "255.255.0.0"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Networks:
    """References; `by_letter` as the tables of VMs name them."""

    management: str
    vlan: str
    storage: str
    internal: str

    @property
    def by_letter(self) -> dict[str, str]:
        return {"m": self.management, "v": self.vlan, "s": self.storage, "i": self.internal}


async def build(pool: Pool, of: Site, hosts: Sequence[str], dice: random.Random) -> Networks:
    """Two NICs a host; where there are three hosts, the storage NIC of the third has lost its link."""
    db = pool.db
    management = create(db, "mgmt", "Hosts, and whoever looks after them", "xenbr0", automatic="true")
    storage = create(db, "storage", "To the filers", "xenbr1", mtu=9000)
    internal = create(db, "internal", "Goes nowhere", "xapi1", automatic="false")
    db.create("network", {"name_label": "Host internal management network",
                          "name_description": "From guests to their host, for installations",
                          "bridge": "xenapi", "MTU": 1500, "managed": True, "default_locking_mode": "unlocked",
                          "other_config": GUEST_INSTALLER})  # fmt: skip
    for number, host in enumerate(hosts):
        address = db.get(host, "address")
        nic(pool, host, management, "eth0", dice, management=True, ip=address, netmask="255.0.0.0", gateway="127.0.0.1")
        nic(pool, host, storage, "eth1", dice, ip=f"10.10.0.{11 + number % 180}", netmask="255.255.255.0", mtu=9000,
            carrier=number != 2, purpose="storage")  # fmt: skip
    vlan = create(db, of.vlan[0], "", "xapi0", automatic="true")
    await pool.run("pool.create_VLAN_from_PIF", db.get(management, "PIFs")[0], vlan, of.vlan[1])
    return Networks(management, vlan, storage, internal)


def create(db: Database, name: str, about: str, bridge: str, *, mtu: int = 1500, automatic: str = "false") -> str:
    return db.create("network", {"name_label": name, "name_description": about, "bridge": bridge, "MTU": mtu, "managed": True,
                                 "default_locking_mode": "unlocked", "other_config": {"automatic": automatic}})  # fmt: skip


def nic(
    pool: Pool, host: str, network: str, device: str, dice: random.Random, *, ip: str, netmask: str, gateway: str = "", mtu: int = 1500,
    management: bool = False, carrier: bool = True, purpose: str = "",
) -> str:  # fmt: skip
    bus = f"0000:{65 if device == 'eth0' else 66:02x}:00.{device[-1]}"
    metrics = pool.db.create("PIF_metrics", {**VENDOR, "carrier": carrier, "speed": 10_000 if carrier else 0, "duplex": carrier,
                                             "pci_bus_path": bus, "last_updated": pool.clock.iso()})  # fmt: skip
    return pool.db.create("PIF", {
        "host": host, "network": network, "device": device, "metrics": metrics, "MAC": "a0:36:9f:" + dice.randbytes(3).hex(":"), "MTU": mtu,
        "VLAN": -1, "physical": True, "managed": True, "currently_attached": True, "management": management,
        "ip_configuration_mode": "Static",
        "IP": ip, "netmask": netmask, "gateway": gateway, "DNS": gateway, "primary_address_type": "IPv4",
        "other_config": {"management_purpose": purpose} if purpose else {}, "disallow_unplug": purpose == "storage",
    })  # fmt: skip
