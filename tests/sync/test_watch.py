"""The watch: what changes is judged at once, the rest in its turn, and what is gone is not judged."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.findings.finding import Level, Subject
from data.findings.standing import DAMPING
from data.findings.wishes import Note, Tuning
from data.losing import Fate
from data.mirror import Mirror
from data.objects import PBD, SR, Host
from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.findings import FindingStore
from tests import fakes
from xo_dash.sync.watch import GATHER, Watch


@pytest.fixture
async def mirror() -> AsyncIterator[Mirror]:
    mirror = Mirror()
    watch = Watch(mirror)
    build = fakes.Builder(mirror, "lab")
    host = build.put(Host, name_label="xcp-1")
    sr = build.put(SR, name_label="vault", type="nfs", physical_size=100, physical_utilisation=50)
    build.put(PBD, host=host, SR=sr, currently_attached=True)
    build.commit()
    await asyncio.sleep(GATHER * 2)
    yield mirror
    await watch.stop()


def told(mirror: Mirror) -> dict[str, Level]:
    return {finding.rule.key: finding.level for finding in mirror.findings.all(time.time())}


async def test_a_change_is_judged_at_once(mirror: Mirror) -> None:
    assert "sr.full" not in told(mirror)
    fakes.change(mirror, fakes.find(mirror, "vault", SR), physical_utilisation=96)
    await asyncio.sleep(GATHER * 2)
    assert told(mirror)["sr.full"] is Level.CRITICAL


async def test_a_pool_that_is_gone_says_only_that(mirror: Mirror) -> None:
    fakes.change(mirror, fakes.find(mirror, "vault", SR), physical_utilisation=96)
    server = next(iter(mirror)).server
    mirror.set_server(server, state=ServerState.UNREACHABLE)
    await asyncio.sleep(GATHER * 2)
    assert set(told(mirror)) == {"pool.gone"}
    mirror.set_server(server, state=ServerState.LIVE)
    await asyncio.sleep(GATHER * 2)
    assert "sr.full" in told(mirror)
    mirror.remove(server.id)
    await asyncio.sleep(GATHER * 2)
    assert told(mirror) == {}


async def test_what_would_become_of_each_host_is_known(mirror: Mirror) -> None:
    pool = next(iter(mirror))
    (ref,) = pool.all(Host)
    heard: list[frozenset[Subject]] = []
    mirror.findings.observe(heard.append)
    pool.fates[ref] = Fate(0, 1)
    fakes.change(mirror, pool.all(Host)[ref], name_label="renamed")
    await asyncio.sleep(GATHER * 2)
    assert pool.fates[ref].no_room == 0
    assert any(pool.server in subjects for subjects in heard), "who shows the pool is told"
    fakes.remove(mirror, pool.all(Host)[ref])
    assert not pool.fates


async def test_the_long_way_round_comes_to_everything(mirror: Mirror) -> None:
    sr = fakes.find(mirror, "vault", SR)
    sr.physical_utilisation = 90  # nobody was told
    watch = Watch(mirror)
    for _round in range(3):
        await watch.tick()
    await watch.stop()
    assert told(mirror)["sr.full"] is Level.WARNING
    assert next(iter(mirror)).history.growth(sr.uuid)


async def test_what_was_said_and_seen_outlives_a_restart(mirror: Mirror, tmp_path: Path) -> None:
    sr = fakes.find(mirror, "vault", SR)
    fakes.change(mirror, sr, physical_utilisation=96)
    watch = Watch(mirror, FindingStore(DataDirectory(tmp_path)))
    mirror.findings.look(sr, 1000.0)
    (finding,) = mirror.findings.of(sr)
    await watch.tune(finding.rule, Tuning(critical=0.99))
    await watch.note(finding, Note("demo", 1000.0, until=math.inf))
    await watch.tick()
    await watch.stop()

    again = Mirror()
    second = Watch(again, FindingStore(DataDirectory(tmp_path)))
    build = fakes.Builder(again, "lab")
    build.put(SR, name_label="vault", type="nfs", physical_size=100, physical_utilisation=96)
    build.commit()
    same = fakes.find(again, "vault", SR)
    same.uuid = sr.uuid
    again.findings.look(same, 5000.0)
    (found,) = again.findings.of(same)
    assert (found.level, found.since) == (Level.WARNING, finding.since), "its limit was changed, and it began before"
    assert again.findings.all(5000.0) == []
    await second.note(found, None)
    await asyncio.sleep(GATHER * 2)
    assert [f.subject for f in again.findings.all(time.time())] == [same]
    await second.stop()


async def test_a_note_ends_with_what_it_was_about(mirror: Mirror, tmp_path: Path) -> None:
    store = FindingStore(DataDirectory(tmp_path))
    sr = fakes.find(mirror, "vault", SR)
    fakes.change(mirror, sr, physical_utilisation=96)
    watch = Watch(mirror, store)
    mirror.findings.look(sr, 0)
    (finding,) = mirror.findings.of(sr)
    await watch.note(finding, Note("demo", 0, seen=True))
    assert store.wishes().notes
    fakes.change(mirror, sr, physical_utilisation=10)
    for now in (10, 20 + DAMPING):
        mirror.findings.look(sr, now)
    await watch.stop()
    assert not store.wishes().notes
