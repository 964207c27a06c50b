"""The clock on the wall is set while pools are watched: measurements, findings and ages go on, in their own time."""

import time
from pathlib import Path

import pytest

from data.clock import SteadyClock
from data.findings.finding import Limits, Reading
from data.findings.lifecycle import transition
from data.growth import Sample, kept
from data.level import Level
from data.mirror import PoolMirror
from data.objects import VM, Host
from data.stores.directory import DataDirectory
from data.stores.sessions import SessionStore
from data.stores.users import Role, UserStore
from tests.clock import WallClock
from tests.sync.house import House
from tests.waiting import until
from xo_dash.auth.sessions import SessionTable
from xo_dash.simulator.testing import SimulatedPool

DAY = 86400.0
JUMPS = pytest.mark.parametrize("jump", [-600.0, 31 * DAY], ids=["ten minutes back", "a month forward"])


class Measured:
    """How often a pool's measurements are told of."""

    def __init__(self, pool: PoolMirror) -> None:
        self.rounds = 0
        self.stop = pool.history.observe(self._more)

    def _more(self, uuids: frozenset[str]) -> None:
        self.rounds += bool(uuids)

    async def more(self, rounds: int) -> None:
        wanted = self.rounds + rounds
        await until(lambda: self.rounds >= wanted, 60)


@JUMPS
async def test_everything_goes_on(home: House, pools: list[SimulatedPool], wall_clock: WallClock, jump: float) -> None:
    pool = await home.live(await home.add(pools[0]))
    measured = Measured(pool)
    await measured.more(1)
    ahead = {uuid: clock.ahead for uuid, clock in pool.history.clocks.items()}
    before = pool.server.since
    wall_clock.set_by(jump)
    await until(lambda: pool.server.since != before)
    assert pool.server.since - before == pytest.approx(jump, abs=5)
    moved = {uuid: clock.ahead for uuid, clock in pool.history.clocks.items()}
    assert moved == {uuid: pytest.approx(seconds - jump, abs=5) for uuid, seconds in ahead.items()}
    await measured.more(2)
    await home.live(await home.add(pools[1]))
    name = pools[0].call("VM.get_all")[0]
    pools[0].call("VM.set_name_label", name, "renamed")
    await until(lambda: any(vm.name_label == "renamed" for vm in pool.all(VM).values()))
    measured.stop()


async def test_the_clock_of_a_host_is_set_back(home: House, pool: SimulatedPool) -> None:
    mirror = await home.live(await home.add(pool))
    measured = Measured(mirror)
    await measured.more(1)
    (host,) = mirror.all(Host).values()
    newest = mirror.history.series(host.uuid)["cpu"].end
    pool.do(lambda inside: inside.clock.jump(-600))
    await until(lambda: 0 < mirror.history.series(host.uuid).get("cpu", _none).end < newest - 300, 60)
    await measured.more(1)
    measured.stop()


class _none:  # noqa: N801
    end = 0.0


def test_the_steady_clock_goes_on_and_tells_once_by_how_much_the_other_was_set(wall_clock: WallClock) -> None:
    clock = SteadyClock()
    before = clock()
    assert clock.set_by() == 0.0
    wall_clock.set_by(-600)
    assert 0 <= clock() - before < 60
    assert clock.set_by() == pytest.approx(-600, abs=1)
    assert clock.set_by() == 0.0 and clock() == pytest.approx(time.time(), abs=1)


def test_what_is_held_back_is_told_neither_sooner_nor_later() -> None:
    limits, reading = Limits(warning=1), Reading(2.0)
    young = transition(None, reading, limits, margin=0, hold=300, now=1000)
    assert young is not None and young.level is Level.NONE
    for jump in (-600.0, 31 * DAY):
        moved = young.moved(jump)
        still = transition(moved, reading, limits, margin=0, hold=300, now=1000 + 299 + jump)
        told = transition(moved, reading, limits, margin=0, hold=300, now=1000 + 300 + jump)
        assert still is not None and still.level is Level.NONE
        assert told is not None and told.level is Level.WARNING


def test_how_full_an_sr_was_by_a_clock_that_was_ahead_is_forgotten() -> None:
    samples = [Sample(1000.0 + 60 * minute, minute) for minute in range(10)]
    assert kept(samples, Sample(1130.0, 7)) == [*samples[:3], Sample(1130.0, 7)]


async def test_nobody_is_signed_out_by_a_clock(data_dir: Path, wall_clock: WallClock) -> None:
    directory = DataDirectory(data_dir)
    users, store = UserStore(directory), SessionStore(directory)
    user = users.add_now("ann", "hash", Role.VIEWER)
    table = SessionTable(users, store, lambda _user: True)
    token, session = table.start(user, "127.0.0.1")
    wall_clock.set_by(31 * DAY)
    assert table.find(token) is session
    await table.save()
    wall_clock.set_by(-62 * DAY)  # and the program starts anew by a clock that was right all the time
    again = SessionTable(users, store, lambda _user: True)
    found = again.find(token)
    assert found is not None and found.created <= time.time() + 1
    directory.close()
