"""HA's plan: which protected VM would be restarted where, for how many failures of hosts there is one, and what would break it.

VMs count with all the memory they may ever have (static maximum), control domains with what they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import ha_agile, vm_memory, vm_placement
from .ha_binpack import Configuration, account, always_possible
from .vm_memory import MIB


@dataclass(frozen=True, slots=True)
class Change:
    """What would be different: VMs that arrive on hosts, hosts that are out of service, VMs to protect besides those that are."""

    arriving: Mapping[str, str] = field(default_factory=dict)  # {VM: host}
    disabled: Sequence[str] = ()
    protected: Sequence[str] = ()
    failures: int | None = None


@dataclass(frozen=True, slots=True)
class RestartPlan:
    """`restarts` says where VMs that are down go; `left_out` fit nowhere; `pinned`: some can only run on some hosts."""

    restarts: dict[str, str]
    after: Configuration
    left_out: list[str]
    pinned: bool

    @property
    def covers_all(self) -> bool:
        return not self.left_out and not self.pinned and always_possible(self.after)


def protected(pool: Pool) -> list[str]:
    return [ref for ref, vm in pool.db.records("VM") if ha_agile.is_protected(vm)]


def memory(vm: Record) -> int:
    """What a host must have for the VM when it is at its largest."""
    wanted = vm["memory_dynamic_max" if vm["is_control_domain"] else "memory_static_max"]
    return int(-(-wanted // MIB) * MIB + vm_memory.overhead(vm))


def free(pool: Pool, host: str) -> int:
    record = pool.db.record("host", host)
    held = [pool.db.record("VM", vm) for vm in record["resident_VMs"]]
    held += [vm for _, vm in vm_memory.scheduled(pool.db, host)]
    return int(pool.db.get(record["metrics"], "memory_total") - record["memory_overhead"] - sum(map(memory, held)))


def live_hosts(pool: Pool) -> list[str]:
    """Those that VMs can be restarted on; always in the same order."""
    fit = [ref for ref, host in pool.db.records("host") if host["enabled"] and vm_memory.is_live(pool.db, ref)]
    return sorted(fit, key=lambda ref: str(pool.db.get(ref, "uuid")))


def home(pool: Pool, vm: str, hosts: Sequence[str], change: Change) -> str:
    """The host whose memory the VM is part of already, "" if there is none."""
    record = pool.db.record("VM", vm)
    places = (change.arriving.get(vm, NULL), record["resident_on"], record["scheduled_to_be_resident_on"])
    return next((host for host in places if host in hosts), "")


def only_host(pool: Pool, vm: str) -> str:
    """The one host that a VM which is not agile is counted on, whatever happens; "" if none can run it."""
    for host in sorted(pool.db.rows("host"), key=lambda ref: str(pool.db.get(ref, "uuid"))):
        try:
            vm_placement.check_host(pool, vm, host, memory=False)
        except XapiError:
            continue
        return host
    return ""


def plan(pool: Pool, failures: int, vms: Sequence[str] | None = None, change: Change | None = None) -> RestartPlan:
    """For these VMs, or all that are protected, to survive so many failures of hosts."""
    change = change or Change()
    wanted = list(dict.fromkeys([*(protected(pool) if vms is None else vms), *change.protected]))
    wanted.sort(key=lambda vm: str(pool.db.get(vm, "uuid")))
    hosts = [host for host in live_hosts(pool) if host not in change.disabled]
    sizes = {vm: memory(pool.db.record("VM", vm)) for vm in {*wanted, *change.arriving}}
    left = account({host: free(pool, host) for host in hosts}, sizes, change.arriving)
    agile = [vm for vm in wanted if ha_agile.obstacle(pool.db, vm) is None]
    homes = {vm: home(pool, vm, hosts, change) for vm in wanted}
    rigid = {vm: only_host(pool, vm) for vm in wanted if vm not in agile}
    restarts = {vm: host for vm, host in rigid.items() if host and not homes[vm]}
    config = Configuration(
        account(left, sizes, restarts),
        {vm: sizes[vm] for vm in agile},
        {vm: homes[vm] for vm in agile if homes[vm]},
        len(pool.db.rows("host")),
        failures if change.failures is None else change.failures,
    )
    found = config.pack(vm for vm in agile if not homes[vm])
    # xapi takes only agile VMs for restarted: a pinned one that is down is left out until it runs
    left_out = [vm for vm in wanted if not homes[vm] and vm not in found]
    return RestartPlan({**restarts, **found}, config.after(found), left_out, bool(rigid))


def exists(pool: Pool, failures: int, vms: Sequence[str] | None = None, change: Change | None = None) -> bool:
    return plan(pool, failures, vms, change).covers_all


def most_failures(pool: Pool, vms: Sequence[str] | None = None) -> int:
    """How many hosts can fail; 0 also where not even one can. Without anything to restart, all of them."""
    first = plan(pool, 0, vms)

    def survives(failures: int) -> bool:
        return not first.left_out and not first.pinned and always_possible(replace(first.after, failures=failures))

    low, high = 0, len(pool.db.rows("host"))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if survives(middle) else (low, middle)
    return high if survives(high) else low


def update(pool: Pool) -> None:
    """Say in the pool's row how things stand, and alert when they have become worse."""
    row = pool.db.record("pool", pool.ref)
    if exists(pool, row["ha_host_failures_to_tolerate"]):
        pool.db.set(pool.ref, ha_overcommitted=False, ha_plan_exists_for=row["ha_host_failures_to_tolerate"])
    else:
        overcommitted(pool)


def overcommitted(pool: Pool) -> None:
    row = pool.db.record("pool", pool.ref)
    note(pool, most_failures(pool))
    if not row["ha_overcommitted"]:
        pool.db.set(pool.ref, ha_overcommitted=True)
        body = f"The failover tolerance for pool '{row['name_label']}' has dropped and the initially specified number of host failures"
        pool.messages.create("HA_POOL_OVERCOMMITTED", 3, "Pool", row["uuid"], f"{body} to tolerate can no longer be guaranteed")


def note(pool: Pool, most: int) -> None:
    """`most` failures can be survived from now on."""
    row = pool.db.record("pool", pool.ref)
    before = row["ha_plan_exists_for"]
    if before != most:
        pool.db.set(pool.ref, ha_plan_exists_for=min(row["ha_host_failures_to_tolerate"], most))
        if most < before:
            pool.messages.create("HA_POOL_DROP_IN_PLAN_EXISTS_FOR", 3, "Pool", row["uuid"], str(most))


def check(pool: Pool, change: Change) -> None:
    """HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN, if there is a plan now and would be none afterwards."""
    row = pool.db.record("pool", pool.ref)
    if not row["ha_enabled"] or row["ha_allow_overcommit"]:
        return
    failures = row["ha_plan_exists_for"]
    if exists(pool, failures) and not exists(pool, failures, change=change):
        raise XapiError("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN")


def check_disable(pool: Pool, host: str) -> None:
    check(pool, Change(disabled=[host]))


def check_placement(pool: Pool, vm: str, host: str) -> None:
    """The VM starts on `host` or comes to it; one that is to be protected from its start counts as such."""
    record = pool.db.record("VM", vm)
    fresh = record["ha_restart_priority"] == "restart" and not record["ha_always_run"]
    check(pool, Change(protected=[vm]) if fresh else Change(arriving={vm: host}))
