"""Simulated time."""

import asyncio
import importlib.util
import time

import pytest

from xo_dash.simulator.clock import Clock


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
    began = time.monotonic()
    await asyncio.gather(*(clock.sleep(n) for n in range(0, 100, 10)))
    assert 0.05 < time.monotonic() - began < 1


async def test_a_new_speed_counts_for_those_who_sleep_already() -> None:
    clock = Clock(speed=1)
    sleep = clock.sleep(50)
    clock.set_speed(1000)
    await asyncio.wait_for(sleep, 2)


async def test_a_timer_that_rings_too_early_is_set_again() -> None:
    clock = Clock(speed=100)
    sleep = clock.sleep(10)
    clock._wake()  # as uvloop may do, up to a millisecond before its time
    assert not sleep.done()
    await asyncio.wait_for(sleep, 2)


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="no uvloop here")
def test_it_keeps_time_on_uvloop_too() -> None:
    import uvloop

    async def naps() -> float:
        clock, began = Clock(speed=40), time.monotonic()
        for _ in range(60):
            await clock.sleep(0.13)
        return time.monotonic() - began

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(asyncio.wait_for(naps(), 5)) < 2


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
