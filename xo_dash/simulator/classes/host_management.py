"""By which interface hosts are managed.

The database tells the new address. The simulator goes on answering at the old one: it has no other addresses than those it began with.
"""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from ..types import NULL


def current(pool: Pool, host: str) -> str:
    """The management PIF of a host; "" if it has none."""
    return next((str(pif) for pif in pool.db.get(host, "PIFs") if pool.db.get(pif, "management")), "")


def check_usable(pif: str, record: Record) -> None:
    if record["bond_slave_of"] != NULL:
        raise XapiError("CANNOT_PLUG_BOND_SLAVE", pif)
    six = record["primary_address_type"] == "IPv6"
    if record["ipv6_configuration_mode" if six else "ip_configuration_mode"] == "None":
        raise XapiError("PIF_HAS_NO_V6_NETWORK_CONFIGURATION" if six else "PIF_HAS_NO_NETWORK_CONFIGURATION", pif)


def check_no_ha(call: Call) -> None:
    if call.db.get(call.pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")


@message("host.management_reconfigure")
def management_reconfigure(call: Call, pif: str) -> str:
    record = call.db.record("PIF", pif)
    machine.need(call.pool, record["host"])
    check_no_ha(call)
    if record["managed"]:
        check_usable(pif, record)
    if not record["management"]:
        change(call.pool, pif)
    return ""


def change(pool: Pool, pif: str) -> None:
    record = pool.db.record("PIF", pif)
    for other in pool.db.get(record["host"], "PIFs"):
        if other != pif:
            pool.db.set(other, management=False)
    pool.db.set(pif, management=True, currently_attached=True)
    address = record["IP"] if record["primary_address_type"] != "IPv6" else next(iter(record["IPv6"]), "").partition("/")[0]
    if address:
        pool.db.set(record["host"], address=address)


@message("pool.management_reconfigure")
async def management_reconfigure_everywhere(call: Call, network: str) -> str:
    """Members first, the master last."""
    check_no_ha(call)
    db = call.db
    pifs = {db.get(pif, "host"): pif for pif in db.get(network, "PIFs")}
    for host in db.rows("host"):
        if host not in pifs:
            raise XapiError("PIF_NOT_PRESENT", host, network)
    kinds = [db.get(pif, "primary_address_type") for pif in pifs.values()]
    for pif in pifs.values():
        record = db.record("PIF", pif)
        if record["primary_address_type"] != kinds[0]:
            raise XapiError("PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE", pif)
        check_usable(pif, record)
    for host in sorted(pifs, key=lambda host: host == call.pool.master.ref):
        await call.run("host.management_reconfigure", pifs[host])
    return ""


@message("host.management_disable")
def management_disable(call: Call) -> str:
    """Of the host that is called. After that nobody reaches it from outside; here, nobody but its next start."""
    check_no_ha(call)
    host = call.host.ref
    if host != call.pool.master.ref:
        raise XapiError("SLAVE_REQUIRES_MANAGEMENT_INTERFACE")
    if pif := current(call.pool, host):
        call.db.set(pif, management=False)

    async def close() -> None:
        await call.clock.sleep(1 / machine.pace(call.pool))
        call.pool.gate(call.host.address, False)

    call.pool.spawn(close())
    return ""


@message("host.local_management_reconfigure")
def local_management_reconfigure(call: Call, interface: str) -> str:
    """For a host in an emergency; `interface` is a bridge."""
    if call.host.address not in call.pool.emergency:
        raise XapiError("NOT_IN_EMERGENCY_MODE")
    for pif in call.db.get(call.host.ref, "PIFs"):
        if call.db.get(call.db.get(pif, "network"), "bridge") == interface:
            change(call.pool, pif)
            return ""
    raise XapiError("INTERFACE_HAS_NO_IP", interface)
