"""Rules about connections and pools."""

from __future__ import annotations

from collections import defaultdict

from data.facts.host import is_live
from data.facts.vm import is_guest
from data.findings.finding import Limits, Reading, Rule, Steps
from data.hosts import product_of
from data.objects import SR, VIF, VM, Host, Pool
from data.server import Server, ServerState

QUIET = frozenset({ServerState.LIVE, ServerState.CONNECTING, ServerState.SYNCING, ServerState.DISABLED})
"""States of a connection that are as they should be, or on the way there."""

AT_ONCE = 500
"""NICs looked at in one step: a part of a millisecond."""


def gone(server: Server, _now: float) -> Reading | None:
    """A pool that nobody switched off and that does not answer as it should."""
    return None if server.state in QUIET else Reading(1)


def no_default_sr(pool: Pool, _now: float) -> Reading | None:
    return None if pool.home.one(SR, pool.default_SR) else Reading(1)


def overcommitted(pool: Pool, _now: float) -> Reading | None:
    """Source: the pool's own plan for HA."""
    return Reading(1) if pool.ha_enabled and pool.ha_overcommitted else None


def plan_too_small(pool: Pool, _now: float) -> Reading | None:
    """How many hosts fewer can fail than HA was asked to bear. Source: pool.ha_plan_exists_for."""
    lacks = pool.ha_host_failures_to_tolerate - pool.ha_plan_exists_for
    return Reading(lacks, detail=str(pool.ha_plan_exists_for)) if pool.ha_enabled and lacks > 0 else None


def versions_differ(pool: Pool, _now: float) -> Reading | None:
    """Hosts that run another build than the master."""
    hosts = [host for host in pool.home.all(Host).values() if is_live(host)]
    master = pool.home.one(Host, pool.master)
    if master is None:
        return None
    others = tuple(host for host in hosts if _build(host) != _build(master))
    return Reading(len(others), others, detail=product_of(master)) if others else None


def _build(host: Host) -> tuple[str, ...]:
    told = host.software_version
    return tuple(told.get(key, "") for key in ("product_version", "build_number", "xapi_build", "xen", "linux"))


def duplicate_macs(pool: Pool, _now: float) -> Steps:
    """NICs of different VMs with one MAC on one network; of those VMs at least one runs or may."""
    first: dict[str, VIF] = {}
    again: list[VIF] = []
    for number, vif in enumerate(list(pool.home.all(VIF).values()), 1):  # of ten thousand, all but a few are alone
        if not number % AT_ONCE:
            yield
        if vif.MAC and first.setdefault(vif.MAC.lower(), vif) is not vif:
            again.append(vif)
    found: defaultdict[tuple[str, str], set[VM]] = defaultdict(set)
    for number, vif in enumerate((*again, *(first[mac] for mac in {vif.MAC.lower() for vif in again})), 1):
        if not number % AT_ONCE:
            yield
        vm = pool.home.one(VM, vif.VM)
        if vm is not None and is_guest(vm):
            found[vif.MAC.lower(), vif.network].add(vm)
    twins = {key: vms for key, vms in found.items() if len(vms) > 1}
    if not twins:
        return None
    return Reading(len(twins), vms=len(set().union(*twins.values())), detail=min(mac for mac, _network in twins))


RULES = (
    Rule("pool.gone", Server, gone, Limits(critical=1)),
    Rule("pool.ha_overcommitted", Pool, overcommitted, Limits(critical=1)),
    Rule("pool.ha_plan", Pool, plan_too_small, Limits(warning=1), unit="count", hold=60),
    Rule("pool.versions", Pool, versions_differ, Limits(warning=1), unit="count", hold=3600),
    Rule("pool.duplicate_mac", Pool, duplicate_macs, Limits(information=1), unit="count"),
    Rule("pool.no_default_sr", Pool, no_default_sr, Limits(information=1)),
)
