"""The watch: what changes is judged at once, the rest in its turn, and what is gone is not judged."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from data.findings.finding import Level
from data.mirror import Mirror
from data.objects import PBD, SR, Host
from data.server import ServerState
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
    watch.stop()


def told(mirror: Mirror) -> dict[str, Level]:
    return {finding.rule.key: finding.level for finding in mirror.findings.all(fakes.time.time())}


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


async def test_the_long_way_round_comes_to_everything(mirror: Mirror) -> None:
    sr = fakes.find(mirror, "vault", SR)
    sr.physical_utilisation = 90  # nobody was told
    watch = Watch(mirror)
    for _round in range(3):
        await watch.tick()
    watch.stop()
    assert told(mirror)["sr.full"] is Level.WARNING
    assert next(iter(mirror)).history.growth(sr.uuid)
