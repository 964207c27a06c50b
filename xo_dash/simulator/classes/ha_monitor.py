"""HA at work: who is alive, a new master when the old one is silent, and protected VMs started elsewhere.

What the watching daemon of each host knows is here in one place. A host that is silent for the timeout is out of the live set; it is
in again when its toolstack serves. Every twenty seconds the master looks at the live set, as xapi's own thread does.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import groupby

from .. import machine
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from . import ha_plan, host_start

log = logging.getLogger(__name__)

TIMEOUT = 60.0  # seconds of silence, if nobody said otherwise
LOOK = 5.0
RESTART = 20.0  # a toolstack that is away for longer was away with its machine
ROUND = 20.0
PLAN_LASTS = 1800.0
TRY_AGAIN = 120.0


@dataclass(slots=True)
class Watch:
    """`silent` is {host: since when}; `fenced` are those that left the live set by force and are not back."""

    live: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)  # the live set of the last round
    silent: dict[str, float] = field(default_factory=dict)
    fenced: set[str] = field(default_factory=set)
    excluded: set[str] = field(default_factory=set)
    quiet_until: float = 0.0
    last_round: float = 0.0
    planned: float = 0.0
    stale: bool = True
    attempts: dict[str, float] = field(default_factory=dict)  # {VM: when it was tried}
    told: set[str] = field(default_factory=set)  # VMs of whose failure there is a message


def of(pool: Pool) -> Watch:
    watch: Watch = pool.facts.setdefault("ha", Watch())
    return watch


def timeout(pool: Pool) -> float:
    row = pool.db.record("pool", pool.ref)
    given = row["ha_configuration"].get("timeout") or row["other_config"].get("default_ha_timeout")
    try:
        return float(int(given)) if given else TIMEOUT
    except ValueError:
        raise XapiError("INTERNAL_ERROR", 'Failure("int_of_string")') from None


def arm(pool: Pool) -> None:
    watch = Watch(set(pool.db.rows("host")), set(pool.db.rows("host")), quiet_until=of(pool).quiet_until)
    pool.facts["ha"] = watch
    show(pool)
    pool.spawn(watch_over(pool, watch))


def disarm(pool: Pool) -> None:
    of(pool).live.clear()
    show(pool)


def leave(pool: Pool, host: str) -> None:
    """The host takes no part any more, and is not missed."""
    watch = of(pool)
    watch.excluded.add(host)
    watch.live.discard(host)
    pool.db.set(host, ha_statefiles=[], ha_network_peers=[])


def show(pool: Pool) -> None:
    """Each host sees the statefile and hears its peers, or does not."""
    live = of(pool).live
    peers = sorted(str(pool.db.get(host, "uuid")) for host in live)
    statefiles = pool.db.get(pool.ref, "ha_statefiles")
    for host in pool.db.rows("host"):
        pool.db.set(host, ha_statefiles=statefiles if host in live else [], ha_network_peers=peers if host in live else [])


async def watch_over(pool: Pool, watch: Watch) -> None:
    """From the time HA is on until it is off."""
    while True:
        await pool.clock.sleep(LOOK / machine.pace(pool))
        if of(pool) is not watch or not pool.db.get(pool.ref, "ha_enabled"):
            return
        listen(pool, watch)
        master = pool.master.ref
        if master not in watch.live and not machine.is_up(pool, master):
            elect(pool, watch)
        due = watch.live != watch.seen or pool.clock.now() - watch.last_round >= ROUND / machine.pace(pool)
        if due and machine.is_up(pool, pool.master.ref) and pool.clock.now() >= watch.quiet_until:
            watch.last_round = pool.clock.now()
            await look_after(pool, watch)


def listen(pool: Pool, watch: Watch) -> None:
    """Who is in the live set now."""
    now, patience = pool.clock.now(), timeout(pool) / machine.pace(pool)
    for host in list(pool.db.rows("host")):
        if host in watch.excluded:
            continue
        if machine.is_up(pool, host):
            watch.silent.pop(host, None)
            watch.live.add(host)
        elif machine.of(pool, host).agent and now - watch.silent.get(host, now) < RESTART / machine.pace(pool):
            watch.silent.pop(host, None)  # only its toolstack was away: a member that waits for its master is alive
        elif now - watch.silent.setdefault(host, now) >= patience:
            watch.live.discard(host)
    watch.live &= pool.db.rows("host").keys()


def elect(pool: Pool, watch: Watch) -> None:
    """The hosts that are left agree on another master; their toolstacks start anew and follow it."""
    heirs = sorted((host for host in watch.live if machine.of(pool, host).agent), key=lambda ref: str(pool.db.get(ref, "uuid")))
    if not heirs:
        return
    log.info("%s is the new master", pool.db.get(heirs[0], "name_label"))
    machine.crown(pool, heirs[0])
    for host in heirs:
        machine.of(pool, host).master = heirs[0]
        pool.spawn(machine.restart_agent(pool, host, after=0))
    pool.messages.create("POOL_MASTER_TRANSITION", 4, "Host", pool.db.get(heirs[0], "uuid"), "")


async def look_after(pool: Pool, watch: Watch) -> None:
    """One round of the master: dead hosts, what ran on them, and the plan."""
    grown = len(watch.live) > len(watch.seen)
    if watch.live != watch.seen:
        watch.stale = True
    for host in watch.live & watch.fenced:
        watch.fenced.discard(host)
        pool.messages.create("HA_HOST_WAS_FENCED", 4, "Host", pool.db.get(host, "uuid"), "")
    watch.seen = set(watch.live)
    lost = [vm for host in pool.db.rows("host") if host not in watch.live | watch.excluded for vm in declare_dead(pool, watch, host)]
    if lost:
        ha_plan.update(pool)
    fine = await restart_protected(pool, watch)
    best = [vm for vm, record in pool.db.records("VM") if is_best_effort(record) and (vm in lost or (fine and grown))]
    for group in in_order(pool, best):
        await asyncio.gather(*(start(pool, vm) for vm in group))
    show(pool)
    if watch.stale or pool.clock.now() - watch.planned > PLAN_LASTS:
        watch.stale, watch.planned = False, pool.clock.now()
        ha_plan.update(pool)


def is_best_effort(vm: Record) -> bool:
    return bool(vm["ha_restart_priority"] == "best-effort" and vm["power_state"] == "Halted" and not vm["is_a_template"])


def declare_dead(pool: Pool, watch: Watch, host: str) -> list[str]:
    """What ran there and does no more."""
    record = pool.db.record("host", host)
    if pool.db.get(record["metrics"], "live"):
        watch.fenced.add(host)
        pool.messages.create("HA_HOST_FAILED", 3, "Host", record["uuid"], f"Server '{record['name_label']}' has failed")
        pool.db.set(record["metrics"], live=False)
        pool.refresh(host)
    vms = [vm for vm in record["resident_VMs"] if not pool.db.get(vm, "is_control_domain")]
    for vm in vms:
        host_start.halt(pool, vm)
    return vms


async def restart_protected(pool: Pool, watch: Watch) -> bool:
    """Where the plan says; if it is not complete, wherever there is room, the first in order first. True if all of them run."""
    plan = ha_plan.plan(pool, pool.db.get(pool.ref, "ha_host_failures_to_tolerate"))
    halted = [vm for vm in ha_plan.protected(pool) if pool.db.get(vm, "power_state") == "Halted"]
    places = {} if plan.left_out else plan.restarts
    failed = []
    for group in in_order(pool, [vm for vm in halted if ready(pool, watch, vm)]):
        started = await asyncio.gather(*(start(pool, vm, places.get(vm, "")) for vm in group))
        failed += [vm for vm, runs in zip(group, started, strict=True) if not runs]
    still = [vm for vm in failed if pool.db.exists(vm) and not await start(pool, vm)]
    for vm in still:
        if vm not in watch.told:
            watch.told.add(vm)
            pool.messages.create("HA_PROTECTED_VM_RESTART_FAILED", 2, "VM", pool.db.get(vm, "uuid"), "")
    watch.told &= set(still) | set(halted)
    watch.attempts = {vm: when for vm, when in watch.attempts.items() if vm in halted}
    return not still


def ready(pool: Pool, watch: Watch, vm: str) -> bool:
    """What failed is left alone for two minutes."""
    now = pool.clock.now()
    if now - watch.attempts.get(vm, now - TRY_AGAIN - 1) <= TRY_AGAIN:
        return False
    watch.attempts[vm] = now
    return True


def in_order(pool: Pool, vms: list[str]) -> list[list[str]]:
    """Groups that start together; those without an order are the last."""

    def order(vm: str) -> float:
        given = pool.db.get(vm, "order")
        return float(given) if given >= 0 else float("inf")

    return [list(group) for _, group in groupby(sorted(vms, key=order), key=order)]


async def start(pool: Pool, vm: str, host: str = "") -> bool:
    try:
        await (pool.run("VM.start_on", vm, host, False, True) if host else pool.run("VM.start", vm, False, True))
    except XapiError as error:
        log.info("HA could not start a VM: %s", error)
        return False
    return True
