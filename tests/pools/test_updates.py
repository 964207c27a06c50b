"""Updates of a XenServer's pool: synchronized, listed, applied; bundles for a pool without a way out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.facts.host import needs_reboot
from data.facts.pool import is_master
from data.objects import Host, Pool
from data.stores.users import Role
from tests.control.asked import calls_of, faults, steps_of
from tests.control.failing import Situation, each_call_fails_once
from tests.control.fake_pool import user
from tests.control.wired import wired
from tests.networks.place import Place
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.host.apply_updates import ApplyUpdates
from xo_dash.control.host.departures import decided
from xo_dash.control.patches import PatchBook
from xo_dash.control.plan import Transfer
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.server import SimulatorOptions
from xo_dash.simulator.testing import SimulatedPool, Simulation

EVE = user(Role.ADMIN, "eve")
FILE = {"id": "x", "name": "july.xsbundle", "size": 10}


def xenserver(**fields: object) -> Place:
    """Three hosts of XenServer 8, by default with one repository."""
    place = Place()
    for host in place.hosts:
        place.fake.change(host, software_version={"product_brand": "XenServer"}, latest_synced_updates_applied="no")
    place.fake.change(place.pool, **{"repositories": ["OpaqueRef:normal"]} | fields)
    return place


def test_what_is_offered_follows_from_what_the_pool_has() -> None:
    place, plain = xenserver(), Place()
    host = place.hosts[1]
    assert action("host.apply_updates").applies_to(host) and not action("host.update").applies_to(host)
    assert action("pool.sync_updates").applies_to(place.pool)
    assert not any(action(name).applies_to(plain.pool) for name in ("pool.sync_updates", "pool.upload_bundle"))
    assert not action("host.apply_updates").applies_to(plain.hosts[1])
    assert str(why_not(action("pool.sync_updates"), xenserver(repositories=[]).pool, EVE)).startswith("the pool has no repository")
    place.fake.change(place.pool, ha_enabled=True)
    assert str(why_not(action("host.apply_updates"), host, EVE)) == "HA is on; turn HA off first"
    place.fake.change(place.pool, ha_enabled=False)
    place.fake.change(host, latest_synced_updates_applied="yes")
    assert "all updates" in str(why_not(action("host.apply_updates"), host, EVE))


def test_what_is_seen_is_what_is_installed_and_a_token_is_shown_nowhere() -> None:
    place = xenserver()
    assert faults("host.apply_updates", place.hosts[1]) == ["which updates there are is not known yet; check for updates first"]
    calls = calls_of("host.apply_updates", place.hosts[1], checksum="abc")
    applied = calls.index(("host.apply_updates", (place.hosts[1].ref, "abc")))
    assert calls[applied + 1][0] == "host.reboot"
    steps = steps_of("pool.sync_updates", place.pool, token="s3cret", token_id="me")
    assert xe_lines(steps, place.fake.home) == ["xe pool-sync-updates force=false"]
    assert calls_of("pool.sync_updates", place.pool, force=True) == [("pool.sync_updates", (place.pool.ref, True))]
    assert faults("pool.sync_updates", place.pool, token="x") == ["client ID and token belong together; enter both"]


def test_a_bundle_gets_its_repository_once() -> None:
    place = xenserver(repositories=[])
    assert faults("pool.upload_bundle", place.pool, file=FILE) == ["the pool has no repository; turn this on to create one for bundles"]
    *before, upload = steps_of("pool.upload_bundle", place.pool, file=FILE, switch=True)
    assert [step.method for step in before] == ["Repository.introduce_bundle", "pool.set_repositories"]  # type: ignore[union-attr]
    assert isinstance(upload, Transfer) and upload.method == "PUT /bundle"
    assert len(steps_of("pool.upload_bundle", xenserver().pool, file=FILE)) == 1


def switching() -> Situation:
    place = xenserver()
    return place.fake, place.pool, {"file": FILE, "switch": True}


async def test_each_call_fails_once_and_the_pool_asks_whom_it_asked(tmp_path: Path) -> None:
    back = {"Repository.introduce_bundle": "Repository.forget", "pool.set_repositories": "pool.set_repositories"}
    await each_call_fails_once(tmp_path, switching, "pool.upload_bundle", back)


# ---- against a pool


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    simulation = Simulation(SimulatorOptions((2,), (3,), (2,), seed="test", password="secret", speed=600, control=0, dialect="xenserver-8"))
    try:
        simulation.start()
        yield simulation.pool
    finally:
        simulation.close()


async def test_what_the_repositories_have_is_listed_and_applied_to_one_host(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool = next(iter(bench.home.all(Pool).values()))
        run = await asyncio.wait_for(bench.runner.run(bench.hire(EVE), action("pool.sync_updates"), [pool], {}), 60)
        assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
        host = next(one for one in bench.home.all(Host).values() if not is_master(one))
        await bench.until(lambda: host.latest_synced_updates_applied == "no")
        book = PatchBook(bench.mirror, lambda _server: bench.connection)
        await book.run()
        known = book.of(host)
        assert known is not None and known.missing and known.checksum and not known.failed
        assert all(patch.name and patch.description for patch in known.missing)
        for checksum, ends in (("another", RunState.FAILED), (known.checksum, RunState.DONE)):
            wish = decided(ApplyUpdates(checksum=checksum), host)
            run = await asyncio.wait_for(bench.runner.run(bench.hire(EVE), action("host.apply_updates"), [host], wish), 60)
            assert run.items[0].state is ends, str(run.items[0].reason)
            await bench.until(lambda: host.enabled)
        await bench.until(lambda: host.latest_synced_updates_applied == "yes" and host.enabled and not needs_reboot(host))
        await book.run()
        assert book.count(host) == 0
