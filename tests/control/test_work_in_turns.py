"""Long work on the loop comes in pieces: others run in between, and what was made of a mirror that has changed since is not used."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from data import turns
from data.objects import VM
from data.turns import in_turns_while
from tests import fakes


def pieces(done: list[str]) -> Iterator[None]:
    for number in range(3):
        done.append(str(number))
        yield


async def awaiting(done: list[str]) -> asyncio.Task[None]:
    """Somebody who waits for what comes in the next turn of the loop, as for a timer or a socket."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[None] = loop.create_future()

    async def other() -> None:
        await arrived
        done.append("other")

    task = loop.create_task(other())
    await asyncio.sleep(0)
    loop.call_soon(arrived.set_result, None)
    return task


@pytest.fixture(autouse=True)
def _a_pause_after_each_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN", -1.0)


async def test_others_run_between_two_pieces() -> None:
    done: list[str] = []
    other = await awaiting(done)
    assert await in_turns_while(lambda: True, pieces(done))
    await other
    assert done == ["0", "other", "1", "2"]


async def test_the_rest_is_left_when_the_mirror_changed_meanwhile() -> None:
    mirror, done = fakes.fleet(hosts=1, vms=1), list[str]()
    vm = next(iter(next(iter(mirror)).all(VM).values()))
    asyncio.get_running_loop().call_soon(lambda: fakes.change(mirror, vm, name_label="another"))
    assert not await in_turns_while(mirror.stands(), pieces(done))
    assert done == ["0"]


async def test_where_nothing_may_change_meanwhile_nobody_else_runs() -> None:
    done: list[str] = []
    other = await awaiting(done)
    assert await in_turns_while(None, pieces(done))
    assert done == ["0", "1", "2"]
    await other
