"""The watch: what changes is judged at once, the rest in its turn, and what is gone is not judged."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from data.changes import Change, Operation, Subject
from data.failover import FailoverVerdict, Fates
from data.findings.affected import around, beyond
from data.findings.lifecycle import DAMPING
from data.findings.overrides import Acknowledgement, Overrides, Tuning
from data.history import Load
from data.identity import key_of
from data.level import Level
from data.mirror import Mirror
from data.objects import PBD, SR, VM, Host, HostMetrics, Message
from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.findings import FindingStore
from data.types import XapiObject
from tests import fakes, waiting
from xo_dash.sync.evaluator import GATHER, Evaluator


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture(autouse=True)
async def watch(mirror: Mirror) -> AsyncIterator[Evaluator]:
    """Of a pool with a host and an SR."""
    watch = Evaluator(mirror)
    build = fakes.Builder(mirror, "lab")
    host = build.put(Host, name_label="xcp-1")
    sr = build.put(SR, name_label="vault", type="nfs", physical_size=100, physical_utilisation=50)
    build.put(PBD, host=host, SR=sr, currently_attached=True)
    build.commit()
    await waiting.until(lambda: watch._timer is None)  # it has looked at all of it
    yield watch
    await watch.stop()


async def until(watch: Evaluator, true: Callable[[], object]) -> None:
    async with asyncio.timeout(waiting.PATIENCE):
        while not true():
            await watch.tick()
            await asyncio.sleep(0.05)


def told(mirror: Mirror) -> dict[str, Level]:
    return {finding.rule.key: finding.level for finding in mirror.findings.all(time.time())}


async def test_a_change_is_judged_at_once(mirror: Mirror) -> None:
    assert "sr.full" not in told(mirror)
    fakes.change(mirror, fakes.find(mirror, "vault", SR), physical_utilisation=96)
    await waiting.until(lambda: told(mirror).get("sr.full") is Level.CRITICAL)


async def test_a_pool_that_is_gone_says_only_that(mirror: Mirror) -> None:
    fakes.change(mirror, fakes.find(mirror, "vault", SR), physical_utilisation=96)
    server = next(iter(mirror)).server
    mirror.set_server(server, state=ServerState.UNREACHABLE)
    await waiting.until(lambda: set(told(mirror)) == {"pool.gone"})
    mirror.set_server(server, state=ServerState.LIVE)
    await waiting.until(lambda: "sr.full" in told(mirror))
    mirror.remove(server.id)
    await waiting.until(lambda: told(mirror) == {})


async def test_what_would_become_of_each_host_is_known(mirror: Mirror) -> None:
    pool = next(iter(mirror))
    (ref,) = pool.all(Host)
    heard: list[frozenset[Subject]] = []
    mirror.findings.observe(heard.append)
    pool.part(Fates)[ref] = FailoverVerdict(0, 1)
    fakes.change(mirror, pool.all(Host)[ref], name_label="renamed")
    await waiting.until(lambda: pool.part(Fates)[ref].no_room == 0)
    await waiting.until(lambda: any(pool.server in subjects for subjects in heard))  # who shows the pool is told
    fakes.remove(mirror, pool.all(Host)[ref])
    assert not pool.part(Fates)


async def test_what_was_there_before_the_watch_is_looked_at(mirror: Mirror) -> None:
    sr = fakes.find(mirror, "vault", SR)
    sr.physical_utilisation = 90  # nobody was told
    watch = Evaluator(mirror)
    await until(watch, lambda: told(mirror).get("sr.full") is Level.WARNING)
    await watch.stop()
    assert next(iter(mirror)).history.growth(sr.uuid)


async def test_what_nobody_told_is_not_looked_at_all_the_time(mirror: Mirror, watch: Evaluator) -> None:
    fakes.find(mirror, "vault", SR).physical_utilisation = 90
    for _round in range(3):
        await watch.tick()
    assert "sr.full" not in told(mirror)


async def test_what_is_measured_is_judged(mirror: Mirror, watch: Evaluator) -> None:
    mirror.findings.overrides = Overrides({"vm.cpu": Tuning(hold=0)})
    build = fakes.Builder(mirror, "other")
    build.put(VM, name_label="web", power_state="Running")
    pool, vm = build.commit(), fakes.find(mirror, "web")
    for load, level in ((0.95, Level.WARNING), (0.85, Level.WARNING), (0.5, Level.NONE)):
        pool.history.loads[vm.uuid] = Load(cpu=load)
        pool.history.publish(frozenset({vm.uuid}))
        await until(watch, lambda: not watch.is_due() and told(mirror).get("vm.cpu", Level.NONE) is level)  # noqa: B023
    assert not pool.history.is_watched, "for this nothing is measured oftener"


async def test_a_time_that_is_over_is_seen_without_a_change(mirror: Mirror, watch: Evaluator) -> None:
    """A hold and a note, both of them short."""
    sr = fakes.find(mirror, "vault", SR)
    mirror.findings.overrides = Overrides({"sr.full": Tuning(hold=0.5)})
    fakes.change(mirror, sr, physical_utilisation=96)
    await asyncio.sleep(GATHER * 2)
    assert "sr.full" not in told(mirror)
    await until(watch, lambda: "sr.full" in told(mirror))
    heard: list[float] = []
    mirror.findings.observe(lambda subjects: heard.append(time.time()) if sr in subjects else None)
    note = Acknowledgement("demo", time.time(), until=time.time() + 0.5)
    mirror.findings.overrides = Overrides(notes={f"sr.full:{key_of(sr)}": note})
    fakes.change(mirror, sr, physical_utilisation=97)
    await until(watch, lambda: any(at >= note.until for at in heard))


async def test_an_alarm_goes_with_what_it_is_about(mirror: Mirror) -> None:
    build = fakes.Builder(mirror, "other")
    build.put(VM, name_label="web")
    build.commit()
    vm = fakes.find(mirror, "web")
    build.put(
        Message, name="VM_CRASHED", priority=2, cls="VM", obj_uuid=vm.uuid, timestamp=time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime())
    )
    build.commit()
    await waiting.until(lambda: "xapi.alarm" in told(mirror))
    fakes.remove(mirror, vm)
    await waiting.until(lambda: "xapi.alarm" not in told(mirror))


def test_who_is_looked_at_for_what() -> None:
    mirror = fakes.home_lab()
    vm = next(vm for vm in mirror.every(VM) if vm.power_state == "Running" and vm.VBDs)
    host = vm.home.one(Host, vm.resident_on)
    assert host is not None
    metrics = vm.home.one(HostMetrics, host.metrics)
    assert metrics is not None

    def far(subject: XapiObject, *names: str) -> set[Subject]:
        return set(beyond(Change(subject, Operation.MOD, frozenset(names))))

    hosts = set(vm.home.all(Host).values())
    assert far(vm, "name_label", "tags") == set(), "where VMs would go has nothing to do with names"
    assert far(vm, "power_state") == far(vm, "memory_dynamic_max") == hosts
    assert far(metrics, "last_updated") == set() and not list(around(Change(metrics, Operation.MOD, frozenset({"last_updated"}))))
    assert hosts | {vm} <= far(metrics, "live"), "of a VM nobody knows whether it runs when its host is not heard"
    assert host in around(Change(metrics, Operation.MOD, frozenset({"live"})))


async def test_what_was_said_and_seen_outlives_a_restart(mirror: Mirror, tmp_path: Path) -> None:
    sr = fakes.find(mirror, "vault", SR)
    fakes.change(mirror, sr, physical_utilisation=96)
    watch = Evaluator(mirror, FindingStore(DataDirectory(tmp_path)))
    mirror.findings.look(sr, 1000.0)
    (finding,) = mirror.findings.of(sr)
    await watch.tune(finding.rule, Tuning(critical=0.99))
    await watch.note(finding, Acknowledgement("demo", 1000.0, until=math.inf))
    await watch.tick()
    await watch.stop()

    again = Mirror()
    second = Evaluator(again, FindingStore(DataDirectory(tmp_path)))
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
    await waiting.until(lambda: [f.subject for f in again.findings.all(time.time())] == [same])
    await second.stop()


async def test_a_note_ends_with_what_it_was_about(mirror: Mirror, tmp_path: Path) -> None:
    store = FindingStore(DataDirectory(tmp_path))
    sr = fakes.find(mirror, "vault", SR)
    fakes.change(mirror, sr, physical_utilisation=96)
    watch = Evaluator(mirror, store)
    mirror.findings.look(sr, 0)
    (finding,) = mirror.findings.of(sr)
    await watch.note(finding, Acknowledgement("demo", 0, seen=True))
    assert store.overrides().notes
    fakes.change(mirror, sr, physical_utilisation=10)
    for now in (10, 20 + DAMPING):
        mirror.findings.look(sr, now)
    await watch.stop()
    assert not store.overrides().notes
