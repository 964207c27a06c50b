"""Addresses of PIFs. The simulator goes on answering where it did: it has no other addresses than those it began with.

A member that would not find its master from its new address is the exception: as on real hosts nobody hears of it any more.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..registry import message
from . import host_management, pif_rules, pif_state
from .pif import need_host


def dns_of(version: int, text: str) -> list[str]:
    return [address for address in text.split(",") if pif_rules.is_address(address, version)]


def need_stable(call: Call, pif: str, same: bool) -> None:
    """While hosts watch each other, only its name servers may change."""
    if not same:
        pif_rules.need_unprotected(call, pif)
        pif_rules.need_no_cluster(call.db, pif)


@message("PIF.reconfigure_ip")
async def reconfigure_ip(call: Call, pif: str, mode: str, ip: str, netmask: str, gateway: str, dns: str) -> str:
    """`dns` is addresses with commas between; those of IPv6 stay as they are."""
    db = call.db
    need_host(call, pif)
    pif_rules.need_managed(db, pif)
    record = db.record("PIF", pif)
    told = {"ip_configuration_mode": mode, "IP": ip, "netmask": netmask, "gateway": gateway}
    need_stable(call, pif, mode == "Static" and all(record[name] == value for name, value in told.items()))
    for name in ("IP", "netmask", "gateway"):
        if told[name] or (mode == "Static" and name != "gateway"):
            pif_rules.need_address(told[name], 4, name)
    if record["management"] and mode == "None" and record["primary_address_type"] == "IPv4":
        raise XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)
    if mode == "DHCP" and record["management"]:
        told |= {name: record[name] for name in ("IP", "netmask", "gateway")}  # who serves it gives it the address it has
    db.set(pif, **told, DNS=",".join([*dns_of(4, dns), *dns_of(6, record["DNS"])]))
    if record["management"] and record["currently_attached"] and not finds_master(call, record["host"]):
        machine.stop_agent(call.pool, record["host"])
        await call.clock.sleep(machine.MISSED / machine.pace(call.pool))
        raise XapiError("CANNOT_CONTACT_HOST", db.get(record["host"], "address"))
    apply(call, pif)
    return ""


def finds_master(call: Call, host: str) -> bool:
    """By one of its subnets or gateways; what gateways lead to is not known here."""
    db, master = call.db, ip_address(call.db.get(call.pool.master.ref, "address"))
    pifs = [db.record("PIF", pif) for pif in db.get(host, "PIFs") if db.get(pif, "currently_attached") and db.get(pif, "IP")]
    by_ipv6 = master.version == 6 or any(pif["management"] and pif["primary_address_type"] == "IPv6" for pif in pifs)
    return by_ipv6 or any(pif["gateway"] or master in ip_interface(f"{pif['IP']}/{pif['netmask']}").network for pif in pifs)


@message("PIF.reconfigure_ipv6")
def reconfigure_ipv6(call: Call, pif: str, mode: str, address: str, gateway: str, dns: str) -> str:
    """`address` has a prefix: fd00::5/64; `dns` as of `reconfigure_ip`."""
    db = call.db
    need_host(call, pif)
    pif_rules.need_managed(db, pif)
    record = db.record("PIF", pif)
    told = {"ipv6_configuration_mode": mode, "IPv6": [address], "ipv6_gateway": gateway}
    need_stable(call, pif, mode == "Static" and all(record[name] == value for name, value in told.items()))
    if gateway:
        pif_rules.need_address(gateway, 6, "gateway")
    if address:
        pif_rules.need_cidr(address, 6, "IPv6")
    if record["management"] and mode == "None" and record["primary_address_type"] == "IPv6":
        raise XapiError("PIF_IS_MANAGEMENT_INTERFACE", pif)
    db.set(pif, **told, DNS=",".join([*dns_of(6, dns), *dns_of(4, record["DNS"])]))
    apply(call, pif)
    return ""


def apply(call: Call, pif: str) -> None:
    if not call.db.get(pif, "currently_attached"):
        return
    pif_state.bring_up(call.pool, pif)
    if call.db.get(pif, "management"):
        host_management.change(call.pool, pif)


@message("PIF.set_primary_address_type")
def set_primary_address_type(call: Call, pif: str, value: str) -> str:
    need_host(call, pif)
    pif_rules.need_unprotected(call, pif)
    pif_rules.need_not_management(call.db, pif)
    call.db.set(pif, primary_address_type=value)
    return ""
