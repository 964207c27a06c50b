"""Which NICs a host has, and which of them the pool knows.

A NIC is where its PIF says; one that was forgotten stays in the host, for the next scan. `pool.facts["spare NICs"]` has those:
{host: {device: what the PIF and its metrics were}}.
"""

from __future__ import annotations

import re
from typing import Any

from .. import machine
from ..call import Call
from ..database import Database, Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import devices, host_management, pif_rules, pif_state
from .pif import need_host

KEPT = ("MAC", "capabilities", "PCI")
MEASURED = ("carrier", "speed", "duplex", "vendor_id", "vendor_name", "device_id", "device_name", "pci_bus_path")
POSITION = re.compile(r"eth(\d+)$")


def spare(pool: Pool, host: str) -> dict[str, dict[str, Record]]:
    found: dict[str, dict[str, dict[str, Record]]] = pool.facts.setdefault("spare NICs", {})
    return found.setdefault(host, {})


@message("PIF.scan")
def scan(call: Call, host: str) -> str:
    machine.need(call.pool, host)
    for device in list(spare(call.pool, host)):
        appear(call, host, device)
    return ""


@message("PIF.introduce")
def introduce(call: Call, host: str, mac: str, device: str, managed: bool = True) -> str:
    """An empty MAC is that of the device."""
    machine.need(call.pool, host)
    nics = spare(call.pool, host)
    known = {r["device"]: r["MAC"] for _, r in call.db.records("PIF") if r["host"] == host and r["physical"]}
    macs = known | {name: nic["pif"]["MAC"] for name, nic in nics.items()}
    mac = mac.lower() or macs.get(device, "")
    if not devices.is_mac(mac):
        raise XapiError("MAC_INVALID", mac)
    if device in known:
        raise XapiError("DUPLICATE_PIF_DEVICE_NAME", device)
    if macs.get(device, "").lower() != mac:
        raise XapiError("COULD_NOT_FIND_NETWORK_INTERFACE_WITH_SPECIFIED_DEVICE_NAME_AND_MAC_ADDRESS", device, mac)
    return appear(call, host, device, managed=managed)


def appear(call: Call, host: str, device: str, *, managed: bool = True) -> str:
    """Unplugged, in the network of its place."""
    nic = spare(call.pool, host).pop(device)
    metrics = call.db.create("PIF_metrics", {**nic["metrics"], "last_updated": call.clock.iso()})
    near = host_management.current(call.pool, host)
    return pif_state.create(
        call.db, **nic["pif"], host=host, device=device, network=place(call.db, device, managed=managed), metrics=metrics, MTU=1500,
        physical=True, managed=managed, properties={"gro": "on"},
        primary_address_type=call.db.get(near, "primary_address_type") if near else "IPv4",
    )  # fmt: skip


def place(db: Database, device: str, *, managed: bool) -> str:
    """The network that NICs of this name belong to on every host."""
    found = POSITION.match(device)
    bridge = ("xenbr" + found[1] if found else "br" + device) if managed else ""
    networks = db.find("network", bridge=bridge)
    if len(networks) == 1:
        return networks[0]
    name = f"Pool-wide network {found[1]}" if found else f"Pool-wide network associated with {device}"
    return db.create("network", {"name_label": name, "bridge": bridge, "MTU": 1500, "managed": managed,
                                 "default_locking_mode": "unlocked"})  # fmt: skip


@message("PIF.forget")
def forget(call: Call, pif: str) -> str:
    """Nobody minds whether the NIC is still there."""
    need_host(call, pif)
    pif_rules.need_forgettable(call, pif)
    record = call.db.record("PIF", pif)
    if record["physical"]:
        spare(call.pool, record["host"])[record["device"]] = remembered(call.db, record)
    pif_state.destroy(call.db, pif)
    return ""


def remembered(db: Database, pif: Record) -> dict[str, Record]:
    known = db.record("PIF_metrics", pif["metrics"]) if db.exists(pif["metrics"]) else {}
    return {"pif": {name: pif[name] for name in KEPT}, "metrics": {name: known[name] for name in MEASURED if name in known}}


@message("PIF.db_introduce")
def db_introduce(
    call: Call, device: str, network: str, host: str, mac: str, mtu: int, vlan: int, physical: bool, mode: str, ip: str, netmask: str,
    gateway: str, dns: str, _bond: str, vlan_master: str, management: bool, other_config: dict[str, str], *more: Any,
) -> str:  # fmt: skip
    """A row, whatever the host has."""
    if vlan != -1:
        pif_rules.need_no_trunks(call.db, network)
    names = ("disallow_unplug", "ipv6_configuration_mode", "IPv6", "ipv6_gateway", "primary_address_type", "managed", "properties")
    fields = {"device": device, "network": network, "host": host, "MAC": mac, "MTU": mtu, "VLAN": vlan, "physical": physical,
              "ip_configuration_mode": mode, "IP": ip, "netmask": netmask, "gateway": gateway, "DNS": dns, "VLAN_master_of": vlan_master,
              "management": management, "other_config": other_config,
              "metrics": call.db.create("PIF_metrics"), **dict(zip(names, more, strict=False))}  # fmt: skip
    return pif_state.create(call.db, **fields)


@message("PIF.db_forget")
def db_forget(call: Call, pif: str) -> str:
    pif_state.destroy(call.db, pif)
    return ""
