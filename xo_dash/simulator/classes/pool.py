"""The pool itself: its rules, and what it tells of itself."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message


@message("pool.sync_database")
def sync_database(_call: Call) -> str:
    return ""


@message("pool.get_license_state")
def get_license_state(call: Call, _pool: str) -> dict[str, str]:
    """All hosts have the same edition; the licence that ends first counts."""
    hosts = [host for _, host in call.db.records("host")]
    ends = sorted(host["license_params"].get("expiry", "never") for host in hosts)
    return {"edition": hosts[0]["edition"], "expiry": ends[0]}


@message("pool.set_igmp_snooping_enabled")
def set_igmp_snooping_enabled(call: Call, pool: str, value: bool) -> str:
    if call.db.get(call.pool.master.ref, "software_version").get("network_backend") != "openvswitch":
        raise XapiError("OPENVSWITCH_NOT_ACTIVE")
    call.db.set(pool, igmp_snooping_enabled=value)
    return ""
