"""The machines under the hosts of a pool: their power, the toolstack that runs on them, and whom each takes for the master.

die(pool, host)                   at once, as when the power is cut: nothing answers there, and its VMs are no more
await boot(pool, host)            switch it on; returns when its toolstack answers (or the machine died again)
await fence(pool, host)           what a host does to itself when it has lost the pool: die and boot
await restart_agent(pool, host)   only the toolstack; VMs run on
is_up(pool, host)                 does its toolstack answer?

The pool learns of it as real pools do: `host_metrics.live` of a machine that went dark stays true for ten minutes (without HA), its
VMs stay Running in the database until it is back or declared dead, and members that miss their master answer HOST_STILL_BOOTING.
There is one database, so there is no second master: one that returns after another has taken over is a member of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .classes import host_start
from .errors import XapiError
from .pool import Pool
from .registry import background
from .types import NULL

BOOT = 60.0  # simulated seconds (at pace 1) from the power button to the start of the toolstack
START = 10.0  # ... from there until it answers
RETRY = 5.0  # between two attempts of a member to reach its master
MISSED = 30.0  # how long members bear the silence of their master before they start anew
HEARTBEAT = 30.0
ASSUMED_DEAD = 600.0  # without a heartbeat

BOOTING = ["HOST_STILL_BOOTING"]


@dataclass(slots=True)
class Machine:
    """`life` counts its deaths and restarts: whoever waits for something of an earlier life gives up."""

    ref: str
    address: str
    master: str  # the host it takes for the master
    on: bool = True
    agent: bool = True  # the toolstack runs; its port is open
    starting: bool = False  # ... but does not serve yet
    stays_disabled: bool = False  # host.disable with auto_enable=false: until someone enables it
    needs_reboot: bool = False  # on its way down: not to be enabled any more
    heard: float = 0.0  # when its last heartbeat arrived
    life: int = 0


def of(pool: Pool, host: str) -> Machine:
    machines: dict[str, Machine] = pool.facts.setdefault("machines", {})
    if host not in machines:
        machines[host] = Machine(host, pool.db.get(host, "address"), pool.master.ref, heard=pool.clock.now())
    return machines[host]


def forget(pool: Pool, host: str) -> None:
    """The host is no part of the pool any more."""
    pool.facts.get("machines", {}).pop(host, None)


def is_up(pool: Pool, host: str) -> bool:
    found = of(pool, host)
    return found.agent and not found.starting


def need(pool: Pool, host: str) -> None:
    """What is done on `host` fails if it does not answer, the pool may know that or not."""
    if host == pool.master.ref:
        return
    metrics = pool.db.get(host, "metrics")
    if not (pool.db.exists(metrics) and pool.db.get(metrics, "live")):
        raise XapiError("HOST_OFFLINE", host)
    if not is_up(pool, host):
        raise XapiError("CANNOT_CONTACT_HOST", pool.db.get(host, "address"))


def need_home(pool: Pool, vm: str) -> None:
    """What is done to a VM that runs, is done on its host."""
    home = pool.db.get(vm, "resident_on")
    if home != NULL:
        need(pool, home)


def die(pool: Pool, host: str) -> None:
    """Its address refuses connections from now on, and those that were open are cut."""
    found = of(pool, host)
    found.on = False
    silence(pool, found)


async def boot(pool: Pool, host: str) -> None:
    found = of(pool, host)
    if found.on:
        return
    found.on = True
    life = found.life
    await pool.clock.sleep(BOOT / pace(pool))
    if found.life == life:
        await start(pool, found, booted=True)


async def fence(pool: Pool, host: str) -> None:
    die(pool, host)
    await boot(pool, host)


async def restart_agent(pool: Pool, host: str, *, after: float = 1.0) -> None:
    """`after` so many seconds the toolstack ends; then it starts."""
    found = of(pool, host)
    life = found.life
    await pool.clock.sleep(after / pace(pool))
    if found.on and found.life == life:
        silence(pool, found)
        await pool.clock.sleep(RETRY / pace(pool))
        if found.life == life + 1:
            await start(pool, found, booted=False)


def stop_agent(pool: Pool, host: str) -> None:
    """Nobody starts the toolstack again but a boot or `restart_agent`."""
    silence(pool, of(pool, host))


def crown(pool: Pool, host: str) -> None:
    """`host` is the master from now on. The old one knows; other members look for the old one until someone tells them."""
    of(pool, pool.master.ref).master = host
    of(pool, host).master = host
    pool.db.set(pool.ref, master=host)


def silence(pool: Pool, found: Machine) -> None:
    """The toolstack is gone, and with it what was being done there; with the master's, everything in the pool."""
    found.agent = found.starting = False
    found.life += 1
    pool.emergency.pop(found.address, None)
    pool.gate(found.address, False)
    if found.ref == pool.master.ref:
        pool.sessions.logout_all()
        for call in list(pool.calls.values()):
            call.cancel()
        pool.spawn(_miss(pool, found))
    elif not found.on:
        _abandon(pool, found)


def _abandon(pool: Pool, found: Machine) -> None:
    """What was being done on a machine that died comes to its end."""
    error = XapiError("CANNOT_CONTACT_HOST", found.address)
    busy = [pool.db.record("host", found.ref)]
    busy += [vm for _, vm in pool.db.records("VM") if found.ref in (vm["resident_on"], vm["scheduled_to_be_resident_on"])]
    for task in {task for record in busy for task in record["current_operations"]}:
        if task in pool.calls:
            pool.calls[task].cancel(error)


async def _miss(pool: Pool, master: Machine) -> None:
    """Members start anew when their master is silent for too long, and wait for it."""
    life = master.life
    await pool.clock.sleep(MISSED / pace(pool))
    if master.life == life and not is_up(pool, master.ref):
        for host in pool.db.rows("host"):
            if host != master.ref and is_up(pool, host):
                pool.spawn(restart_agent(pool, host, after=0))


async def start(pool: Pool, found: Machine, *, booted: bool) -> None:
    """From the start of the toolstack until it serves: a member's waits for the master's."""
    life = found.life
    found.agent = found.starting = True
    pool.emergency[found.address] = BOOTING
    pool.gate(found.address, True)
    await pool.clock.sleep(START / pace(pool))
    while found.life == life and not _has_master(pool, found):
        await pool.clock.sleep(RETRY / pace(pool))
    if found.life != life or not pool.db.exists(found.ref):
        return
    found.heard = pool.clock.now()
    if booted:
        found.needs_reboot = False
    if found.ref == pool.master.ref:
        host_start.begin_anew(pool)
    host_start.synchronise(pool, found.ref, booted=booted)
    found.starting = False
    pool.emergency.pop(found.address, None)
    await host_start.serve(pool, found.ref, booted=booted, enable=not (found.stays_disabled or found.needs_reboot))


def _has_master(pool: Pool, found: Machine) -> bool:
    return found.master == pool.master.ref and (found.ref == found.master or is_up(pool, found.master))


def pace(pool: Pool) -> float:
    return float(pool.facts.get("pace", 1.0))


@background
async def heartbeats(pool: Pool) -> None:
    """Without HA, a silent host is dead when nothing was heard of it for ten minutes."""
    while True:
        await pool.clock.sleep(HEARTBEAT)
        if not is_up(pool, pool.master.ref):
            continue
        for host, record in pool.db.records("host"):
            found = of(pool, host)
            if is_up(pool, host):
                found.heard = pool.clock.now()
            elif pool.clock.now() - found.heard > ASSUMED_DEAD and not pool.db.get(pool.ref, "ha_enabled"):
                pool.db.set(record["metrics"], live=False)
                pool.refresh(host)
