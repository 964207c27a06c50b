"""What XAPI does not tell by itself."""

import asyncio
import logging

import pytest

from data.changes import Change, Event, Operation
from data.mirror import Mirror
from data.objects import VM, Task
from data.server import Server, ServerState
from data.types import Ref
from tests.sync.house import House
from tests.waiting import until
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.sync.reconcile import Reconciler


async def test_deletions_that_xapi_forgot_are_found(pool: SimulatedPool, home: House) -> None:
    made = [pool.call("task.create", f"task {number}", "") for number in range(20)]
    mirror = await home.live(await home.add(pool))
    assert len(mirror.all(Task)) >= 20

    def vanish(inside: Pool) -> None:
        for ref in made:
            inside.db.destroy(ref)
        inside.db.tables["task"].deletions.clear()  # as xapi forgets older ones after some hundred more

    pool.do(vanish)
    await until(lambda: len(mirror.all(Task)) == len(pool.call("task.get_all")))
    assert mirror.server.state is ServerState.LIVE


async def test_a_restored_database_is_read_anew(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    backup = pool.do(lambda inside: inside.db.snapshot())
    generation = pool.do(lambda inside: inside.db.generation)
    ref = pool.call("VM.get_all")[0]
    old = pool.call("VM.get_name_label", ref)
    for number in range(10):
        pool.call("VM.set_name_label", ref, f"later {number}")
    later = pool.call("network.create", {"name_label": "made later", "other_config": {}})
    assert later
    await until(lambda: mirror.one(VM, Ref(ref)).name_label == "later 9")  # type: ignore[union-attr]

    def restore(inside: Pool) -> None:
        inside.db.restore(backup, generation)
        inside.sessions.logout_all()

    pool.do(restore)
    await until(lambda: mirror.one(VM, Ref(ref)).name_label == old)  # type: ignore[union-attr]
    await until(lambda: mirror.counts["network"] == len(pool.call("network.get_all")))
    await home.live(mirror)
    pool.call("VM.set_name_label", ref, "alive")
    await until(lambda: mirror.one(VM, Ref(ref)).name_label == "alive")  # type: ignore[union-attr]


async def test_a_dead_run_has_a_successor(
    pool: SimulatedPool, home: House, caplog: pytest.LogCaptureFixture, error_log: list[logging.LogRecord]
) -> None:
    mirror = await home.live(await home.add(pool))
    poller = home.servers._running[mirror.id].poller
    killed = poller._task
    poller.stop()  # nobody asked the schedule to
    await until(lambda: poller._task is not killed)
    ref = pool.call("VM.get_all")[0]
    pool.call("VM.set_name_label", ref, "by the successor")
    await until(lambda: mirror.one(VM, Ref(ref)).name_label == "by the successor")  # type: ignore[union-attr]
    assert error_log  # APScheduler says that it died
    error_log.clear()


async def test_a_run_follows_a_run(pool: SimulatedPool, home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xo_dash.sync.poller.PERIOD", 0.3)
    mirror = await home.live(await home.add(pool))
    poller = home.servers._running[mirror.id].poller
    runs = set[object]()
    await until(lambda: runs.add(poller._task) or len(runs) > 3)


def census() -> tuple[Reconciler, Mirror, str]:
    mirror = Mirror()
    pool = mirror.add(Server(id="1", label="", address=""))
    pool.apply([Event(Task, Operation.ADD, Ref(f"OpaqueRef:{number}"), Task(uuid=str(number))) for number in range(3)])
    return Reconciler(pool), mirror, "1"


def test_one_odd_count_is_a_coincidence() -> None:
    counted, _mirror, _id = census()
    assert counted.check({Task: 2, VM: 0}) == [] and counted.doubts
    assert counted.check({Task: 3, VM: 0}) == [] and not counted.doubts


def test_two_are_not() -> None:
    counted, mirror, pool_id = census()
    counted.check({Task: 2})
    assert counted.check({Task: 2}) == [Task]
    mirror.pools[pool_id].apply([Event(Task, Operation.DEL, Ref("OpaqueRef:0"), None)])
    assert counted.check({Task: 2}) == [] and not counted.doubts


def test_a_server_that_counts_otherwise_is_not_asked_for_ever() -> None:
    counted, _mirror, _id = census()
    asked = [counted.check({Task: 7}) for _number in range(10)]
    assert asked.count([Task]) == 1 and not counted.doubts


async def test_no_change_is_told_twice(pool: SimulatedPool, home: House) -> None:
    mirror = await home.live(await home.add(pool))
    await asyncio.sleep(0.3)
    told: list[Change] = []
    home.mirror.observe(told.extend)
    ref = pool.call("VM.get_all")[0]
    pool.fault("event.from", error=["EVENTS_LOST"], count=1)
    pool.call("VM.set_name_description", ref, "ends the poll under way")
    await until(lambda: any("name_description" in change.names for change in told))
    # The change may come with the poll under way; it is the next one that fails then.
    await until(lambda: not pool.do(lambda inside: len(inside.faults)))
    pool.call("VM.set_name_label", ref, "only this")
    await until(lambda: any("name_label" in change.names for change in told))
    await home.live(mirror)
    named = [change.names for change in told if change.subject is mirror.one(VM, Ref(ref))]
    assert named == [{"name_description"}, {"name_label"}]
    assert all(change.operation is Operation.MOD for change in told if isinstance(change.subject, VM))
