"""The pool itself: its master, its rules, and what can be said of HA without having any."""

from __future__ import annotations

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import allowed, message


@allowed("pool")
def rule(_pool: Pool, _ref: str, record: Record, operation: str) -> XapiError | None:
    if operation == "ha_disable" and not record["ha_enabled"]:
        return XapiError("HA_NOT_ENABLED")
    if operation in ("ha_enable", "designate_new_master") and record["ha_enabled"]:
        return XapiError("HA_IS_ENABLED")
    return None


@message("pool.is_slave")
def is_slave(call: Call, host: str) -> bool:
    return call.pool.master.ref != host


@message("pool.designate_new_master")
async def designate_new_master(call: Call, host: str) -> str:
    """References stay; everyone has to sign in again, elsewhere."""
    pool = call.pool
    if host == pool.master.ref:
        return ""
    if pool.db.get(pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")
    if not pool.db.get(pool.db.get(host, "metrics"), "live"):
        raise XapiError("HOST_OFFLINE", host)
    async with call.operation(pool.ref, "designate_new_master", cancellable=False):
        await call.work(5.0)
        pool.db.set(pool.ref, master=host)
    pool.spawn(_sign_out(pool))
    return ""


async def _sign_out(pool: Pool) -> None:
    await pool.clock.sleep(1)
    pool.sessions.logout_all()


@message("pool.emergency_transition_to_master")
def emergency_transition_to_master(call: Call) -> str:
    if not call.pool.is_master(call.host):
        call.db.set(call.pool.ref, master=call.host.ref)
    return ""


@message("pool.recover_slaves")
def recover_slaves(call: Call) -> list[str]:
    return [ref for ref in call.db.rows("host") if ref != call.pool.master.ref]


@message("pool.sync_database")
def sync_database(_call: Call) -> str:
    return ""


@message("pool.get_license_state")
def get_license_state(_call: Call, _pool: str) -> dict[str, str]:
    return {"edition": "xcp-ng", "expiry": "never"}


@message("pool.set_igmp_snooping_enabled")
def set_igmp_snooping_enabled(call: Call, pool: str, value: bool) -> str:
    call.db.set(pool, igmp_snooping_enabled=value)
    return ""


@message("pool.crl_list", "pool.certificate_list")
def nothing_to_list(_call: Call) -> list[str]:
    return []


@message("pool.certificate_sync")
def certificate_sync(_call: Call) -> str:
    return ""
