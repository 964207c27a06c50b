"""Simulated time."""

import asyncio
import importlib.util
import itertools
import time

import pytest

from tests.simulator.client import http, sign_in, until
from xo_dash.simulator.clock import Clock
from xo_dash.simulator.pool import seconds
from xo_dash.simulator.testing import simulated


async def test_it_stands_still_until_it_is_turned() -> None:
    clock = Clock(speed=0, start=1000.0)
    seen: list[float] = []

    async def ring(seconds: float, times: int) -> None:
        for _ in range(times):
            await clock.sleep(seconds)
            seen.append(clock.now())

    bells = [asyncio.ensure_future(ring(3, 3)), asyncio.ensure_future(ring(4, 2))]
    await clock.advance(2.9)
    assert seen == []
    await clock.advance(10)
    assert [round(t) for t in seen] == [1003, 1004, 1006, 1008, 1009]
    assert round(clock.now(), 1) == 1012.9
    await asyncio.gather(*bells)


async def test_it_runs_faster_than_life() -> None:
    clock = Clock(speed=1000)
    began, at = time.monotonic(), clock.now()
    await asyncio.gather(*(clock.sleep(n) for n in range(0, 100, 10)))
    assert time.monotonic() - began > 0.05
    assert clock.now() - at >= max(90, 100 * (time.monotonic() - began))


async def test_a_new_speed_counts_for_those_who_sleep_already() -> None:
    clock = Clock(speed=1)
    sleep = clock.sleep(50)
    clock.set_speed(1000)
    await asyncio.wait_for(sleep, 30)


async def test_a_timer_that_rings_too_early_is_set_again() -> None:
    clock = Clock(speed=100)
    sleep = clock.sleep(10)
    clock._wake()  # as uvloop may do, up to a millisecond before its time
    assert not sleep.done()
    await asyncio.wait_for(sleep, 30)


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="no uvloop here")
def test_it_keeps_time_on_uvloop_too() -> None:
    import uvloop

    async def naps() -> None:
        clock = Clock(speed=40)
        for _ in range(60):
            await clock.sleep(0.13)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(naps(), 30))  # they would go on for ever


async def test_nobody_waits_while_it_is_instant() -> None:
    clock = Clock(speed=1)
    clock.instant = True
    assert clock.sleep(1e9).done()


async def test_a_cancelled_sleep_disturbs_nobody() -> None:
    clock = Clock(speed=0)
    first, second = clock.sleep(1), clock.sleep(2)
    first.cancel()
    await clock.advance(3)
    assert second.done() and not second.cancelled()


async def test_another_date_wakes_nobody() -> None:
    clock = Clock(speed=0, start=1000.0)
    sleep = clock.sleep(60)
    clock.jump(3600)
    await clock.advance(59)
    assert clock.now() == 4659 and not sleep.done()
    clock.jump(-7200)
    await clock.advance(1)
    assert clock.now() == -2540 and sleep.done()


def test_a_thousand_times_as_fast_all_is_as_it_should_be() -> None:
    """An hour in four seconds or less: metrics are whole, what takes time ends in order, sessions live and end by the pool's clock."""
    with simulated(speed=1000) as simulation:
        pool, client = simulation.pool, sign_in(simulation.pool)
        vm = next(
            ref for ref, r in client.call("VM.get_all_records").items() if r["power_state"] == "Running" and not r["is_control_domain"]
        )
        began = pool.do(lambda p: p.clock.now())
        task = client.call("Async.VM.hard_reboot", vm)
        until(lambda: client.call("task.get_status", task) == "success")
        record = client.call("task.get_record", task)
        assert began <= seconds(record["created"]) + 1 and seconds(record["created"]) < seconds(record["finished"])
        asked = pool.do(lambda p: p.clock.now())
        updates = http(f"{pool.url}/rrd_updates?start={int(began) - 600}&host=true&json=true&session_id={client.session}").json
        rows = [int(row["t"]) for row in updates["data"]]
        assert rows == sorted(rows, reverse=True) and {a - b for a, b in itertools.pairwise(rows)} == {int(updates["meta"]["step"])}
        assert asked - rows[0] < 120  # of the clock's seconds
        pool.do(lambda p: p.clock.jump(25 * 3600))
        until(lambda: pool.do(lambda p: p.sessions.find(client.session)) is None)
        assert client.failure("VM.get_all") == ["SESSION_INVALID", client.session]
