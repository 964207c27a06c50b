"""The pool itself: its rules, and what it tells of itself."""

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
