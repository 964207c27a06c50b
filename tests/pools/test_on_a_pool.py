"""A pool as a whole through the wire: HA on and off, its SRs, its metadata out and in; what goes wrong changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.facts.pool import is_master
from data.objects import SR, Host
from data.stores.users import Role
from data.types import NULL_REF, XapiObject
from tests.control.fake_pool import user
from tests.control.moving_bytes import fetched, sent
from tests.control.wired import Wired, wired
from tests.waiting import until
from xo_dash.control.actions import action
from xo_dash.control.pool.ha import guests, heartbeat_of, srs
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator import machine
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool, simulated

EVE = user(Role.ADMIN, "eve")


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    """One for the whole file."""
    with simulated(hosts=(3,), vms=(4,), speed=200) as simulation:
        yield simulation.pool


async def tried(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> RunItem:
    run = await asyncio.wait_for(bench.runner.run(bench.hire(EVE), action(action_id), [subject], values), 60)
    return run.items[0]


async def do(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> None:
    item = await tried(bench, action_id, subject, **values)
    assert (item.state, str(item.reason or "")) == (RunState.DONE, ""), action_id


async def test_ha_is_on_with_its_heartbeat_and_off_again(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool = bench.pool
        usable = [choice.value for choice in srs([pool]) if choice.refused is None]
        await do(bench, "pool.auto_start", pool, on=False)
        await do(bench, "pool.enable_ha", pool, sr=usable[0], failures=0)
        await bench.until(lambda: pool.ha_enabled and heartbeat_of(pool) is not None)
        sr = heartbeat_of(pool)
        assert sr is not None and sr.uuid == usable[0]
        await do(bench, "pool.ha_failures", pool, failures=1)
        await bench.until(lambda: pool.ha_host_failures_to_tolerate == 1)
        one, two, *_rest = guests(pool)
        changed = [{"vm": one.uuid, "priority": "best-effort", "order": 3}, {"vm": two.uuid, "priority": "none", "delay": 5}]
        await do(bench, "pool.ha_vms", pool, vms=changed)
        await bench.until(lambda: (one.ha_restart_priority, one.order, two.start_delay) == ("best-effort", 3, 5))
        member = next(host for host in bench.home.all(Host).values() if not is_master(host))
        assert (await tried(bench, "pool.master", pool, host=member.uuid)).state is RunState.REFUSED  # HA chooses it
        await do(bench, "pool.disable_ha", pool)
        await bench.until(lambda: not pool.ha_enabled)


async def test_room_that_cannot_be_kept_leaves_ha_off(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool = bench.pool
        sr = next(choice.value for choice in srs([pool]) if choice.refused is None)
        lab.fault("pool.set_ha_host_failures_to_tolerate", error=["HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"])
        try:
            item = await tried(bench, "pool.enable_ha", pool, sr=sr, failures=2)
        finally:
            lab.clear_faults()
        assert item.state is RunState.FAILED and not item.left
        await bench.until(lambda: not pool.ha_enabled)


async def test_special_srs_and_the_migration_network_are_set(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool = bench.pool
        sr = next(sr for sr in bench.home.all(SR).values() if sr.type == "nfs" and sr.content_type == "user")
        await do(bench, "pool.special_srs", pool, suspend=sr.uuid, crash=sr.uuid)
        await bench.until(lambda: pool.suspend_image_SR == pool.crash_dump_SR == sr.ref)
        await do(bench, "pool.special_srs", pool)
        await bench.until(lambda: pool.crash_dump_SR == NULL_REF)


async def test_metadata_goes_out_and_what_is_none_does_not_go_in(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool, eve = bench.pool, bench.hire(EVE)
        out = bench.runner.start(eve, action("pool.backup"), [pool])
        content = await fetched(bench, out)
        await bench.until(lambda: out.ended)
        assert out.items[0].state is RunState.DONE and b"<database" in content and pool.uuid.encode() in content
        upload = bench.runner.exchange.offer("lab.xml", 9, eve.id)
        file = {"id": upload.id, "name": "lab.xml", "size": 9}
        into = bench.runner.start(eve, action("pool.restore"), [pool], {"file": file})
        sending = asyncio.create_task(sent(upload, b"<nothing>"))
        await bench.until(lambda: into.ended)
        upload.close()
        await sending
        assert into.items[0].state is RunState.FAILED, into.items[0].reason


async def test_a_member_becomes_master_of_a_pool_that_lost_its_master(tmp_path: Path) -> None:
    with simulated(hosts=(3,), vms=(2,), speed=200) as simulation:
        lab = simulation.pool
        async with wired(lab, tmp_path) as bench:
            pool, hosts = bench.pool, bench.home.all(Host)
            old, (new, third) = hosts[pool.master], [host for host in hosts.values() if not is_master(host)]
            bench.connection.hosts.members = tuple(lab.addresses)
            assert "its master responds" in str((await tried(bench, "pool.lost_master", pool, host=new.uuid)).reason)

            def dies(inside: Pool) -> None:
                inside.clock.set_speed(0)  # what its members need to miss it has not passed yet
                machine.die(inside, old.ref)

            lab.do(dies)
            await bench.until(lambda: not bench.home.server.is_live)
            assert "has not lost its master" in str((await tried(bench, "pool.lost_master", pool, host=new.uuid)).reason)
            assert (await tried(bench, "pool.lost_master", pool, host=old.uuid)).state is RunState.REFUSED
            lab.do(lambda inside: inside.clock.set_speed(200))
            await until(lambda: {new.address, third.address} <= lab.do(lambda inside: set(inside.emergency)))
            life = lab.do(lambda inside: machine.of(inside, third.ref).life)
            await do(bench, "pool.lost_master", pool, host=new.uuid)
            assert is_master(new) and bench.home.server.is_live
            await until(lambda: lab.do(lambda inside: machine.of(inside, third.ref).life > life and machine.is_up(inside, third.ref)))
            await do(bench, "host.reconnect", third)
            reason = str((await tried(bench, "host.reconnect", old)).reason)
            assert reason == f"{old.name_label} was not reconnected: it is powered off, does not respond, or does not look for a master"
