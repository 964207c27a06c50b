"""How soon a pool is asked again."""

import asyncio

import pytest

from data.generation import DatabaseGeneration
from tests.waiting import PATIENCE
from xo_dash.sync.pace import BUSY, FEW, UNWATCHED, Interest, Pace


@pytest.mark.parametrize(
    ("interest", "first", "under_load"), [(Interest.NOBODY, UNWATCHED, UNWATCHED), (Interest.PAGES, 0, BUSY), (Interest.COMMANDS, 0, 0)]
)
def test_a_few_changes_come_at_once_where_somebody_waits_for_them(interest: Interest, first: float, under_load: float) -> None:
    pace = Pace(lambda: interest)
    assert [pace.pause(0.1, changed=True) for _answer in range(FEW)] == [first] * FEW
    assert pace.pause(0.1, changed=True) == under_load
    assert pace.pause(10.0, changed=False) == 0, "nothing happens: it is asked at once, and waits there"
    assert pace.pause(5.0, changed=True) == first


async def test_no_pause_is_made_while_somebody_waits_for_what_was_done() -> None:
    reading = DatabaseGeneration()
    reading.reach(6)
    pause = asyncio.create_task(reading.pause(10 * PATIENCE))
    waits = asyncio.create_task(reading.until(7))
    async with asyncio.timeout(PATIENCE):
        await pause
        await reading.pause(10 * PATIENCE)
        reading.reach(7)
        await waits
    await reading.pause(0.0)
