"""Machines, their network, their toolstack."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from .. import machine
from ..actor import Actor
from ..classes import cpu_features, pif_state, pool_master
from ..faults import Fault
from ..pool import Pool


def die(pool: Pool, host: str) -> None:
    """As when the power is cut."""
    machine.die(pool, host)


def boot(pool: Pool, host: str) -> Coroutine[Any, Any, None]:
    return machine.boot(pool, host)


def fence(pool: Pool, host: str) -> Coroutine[Any, Any, None]:
    return machine.fence(pool, host)


def restart_toolstack(pool: Pool, host: str = "") -> Coroutine[Any, Any, None]:
    """The master's, unless it is another's."""
    return machine.restart_agent(pool, host or pool.master.ref, after=0)


def cut(pool: Pool, host: str) -> None:
    """The network: its VMs run on, but who calls hears nothing, not even a refusal; and the pool misses it."""
    if not is_cut(pool, host):
        machine.stop_agent(pool, host)
        pool.gate(pool.db.get(host, "address"), True)
        pool.faults.put(_silence(pool, host))


def reconnect(pool: Pool, host: str) -> Coroutine[Any, Any, None] | None:
    """A host that was away for so long starts its toolstack anew."""
    if not is_cut(pool, host):
        return None
    pool.faults.rules.remove(_silence(pool, host))
    return machine.start(pool, machine.of(pool, host), booted=False)


def is_cut(pool: Pool, host: str) -> bool:
    return _silence(pool, host) in pool.faults.rules


def _silence(pool: Pool, host: str) -> Fault:
    return Fault(host=pool.db.get(host, "address"), action="hang")


def carrier(pool: Pool, host: str, device: str, present: bool = True) -> None:
    """The cable of a NIC (eth2). A bond counts its legs, and says so. ValueError if there is no such NIC."""
    db = pool.db
    pifs = [pif for pif in db.get(host, "PIFs") if db.get(pif, "device") == device and db.get(pif, "physical")]
    if not pifs:
        raise ValueError(f"{db.get(host, 'name_label')} has no NIC {device!r}")
    pif_state.set_carrier(pool, pifs[0], present)


def cpu(pool: Pool, host: str, like: str) -> None:
    """Another CPU, as if it had been there at the last boot: one of cpu_features.CPUS. ValueError for others."""
    if like not in cpu_features.CPUS:
        raise ValueError(f"no CPU {like!r} but {', '.join(cpu_features.CPUS)}")
    cpu_features.install(pool, host, cpu_features.CPUS[like])


async def maintain(pool: Pool, host: str) -> None:
    """Somebody takes its VMs elsewhere, as many as can go."""
    actor = Actor(pool, "admin")
    await actor.call("host.disable", host)
    await actor.call("host.evacuate", host)


async def come_back(pool: Pool, host: str) -> None:
    await Actor(pool, "admin").call("host.enable", host)


async def elect(pool: Pool, host: str, lost: bool = True) -> None:
    """`host` becomes master in an emergency, and tells the others; with `lost` because the old one has died."""
    if host == pool.master.ref:
        return
    if lost:
        machine.die(pool, pool.master.ref)
        await pool.clock.sleep(machine.MISSED / machine.pace(pool))
    pool_master.become_master(pool, host)
    await pool.clock.sleep((machine.START + machine.RETRY) / machine.pace(pool))
    for member in pool.db.rows("host"):
        if member != host and machine.of(pool, member).agent:
            pool_master.follow(pool, member, host)
