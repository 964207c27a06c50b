"""Who is master: handing it over, and taking it when the master is lost."""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..registry import message

FUSE = 10.0  # seconds until a toolstack ends that has got another role
AGREEING = 2.0


@message("pool.is_slave")
def is_slave(call: Call, host: str) -> bool:
    return call.pool.master.ref != host


@message("pool.designate_new_master")
async def designate_new_master(call: Call, host: str) -> str:
    """Every host has to agree. References stay; everyone has to sign in again, elsewhere."""
    pool = call.pool
    async with call.operation(pool.ref, "designate_new_master", cancellable=False):
        machine.need(pool, host)
        if host == pool.master.ref:
            return ""
        check_unarmed(call)
        for other in pool.db.rows("host"):
            if not machine.is_up(pool, other):
                raise XapiError("CANNOT_CONTACT_HOST", pool.db.get(other, "address"))
        await call.work(AGREEING / machine.pace(pool))
    pool.spawn(hand_over(pool, host))
    return ""


async def hand_over(pool: Pool, host: str) -> None:
    await pool.clock.sleep(FUSE / machine.pace(pool))
    for other in pool.db.rows("host"):
        machine.of(pool, other).master = host
    become_master(pool, host)
    for other in pool.db.rows("host"):
        if other != host:
            pool.spawn(machine.restart_agent(pool, other, after=0))


def become_master(pool: Pool, host: str) -> None:
    """Its toolstack starts anew, and with it the pool."""
    old = pool.master.ref
    machine.crown(pool, host)
    pool.sessions.logout_all()
    pool.spawn(machine.restart_agent(pool, host, after=0))
    if old != host:
        pool.messages.create("POOL_MASTER_TRANSITION", 4, "Host", pool.db.get(host, "uuid"), "")


@message("pool.emergency_transition_to_master")
def emergency_transition_to_master(call: Call) -> str:
    """On the member that is to be master. A master that is still there becomes a member; others wait for recover_slaves."""
    check_unarmed(call)
    pool, host, old = call.pool, call.host.ref, call.pool.master.ref

    async def take_over() -> None:
        await pool.clock.sleep(FUSE / machine.pace(pool))
        become_master(pool, host)
        if old != host and machine.of(pool, old).agent:
            await machine.restart_agent(pool, old, after=0)

    pool.spawn(take_over())
    return ""


@message("pool.emergency_reset_master")
def emergency_reset_master(call: Call, master_address: str) -> str:
    """On a member that looks for its master in the wrong place."""
    check_unarmed(call)
    known = call.pool.hosts.get(master_address)
    follow(call.pool, call.host.ref, known.ref if known else "")
    return ""


def follow(pool: Pool, host: str, master: str) -> None:
    found = machine.of(pool, host)
    if found.master != master:
        found.master = master
        pool.spawn(machine.restart_agent(pool, host, after=FUSE))


def check_unarmed(call: Call) -> None:
    if call.db.get(call.pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")


@message("pool.recover_slaves")
def recover_slaves(call: Call) -> list[str]:
    """Those that could be told who is master now."""
    pool = call.pool
    told = [host for host in pool.db.rows("host") if host != pool.master.ref and machine.of(pool, host).agent]
    for host in told:
        follow(pool, host, pool.master.ref)
    return told
