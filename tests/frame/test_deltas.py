"""Rows on their way to browsers that have other rows in sight."""

import asyncio
import json
from collections.abc import Callable

from components.deltas import DeltaLog, DeltaReader, Haste, LateReaders, RowDelta
from tests.asking import PATIENCE


class Source:
    """A feed whose deltas are given."""

    def __init__(self) -> None:
        self.log, self.revision, self.late = DeltaLog("e"), 0, LateReaders()
        self._viewers: list[Callable[[RowDelta], object]] = []

    def join(self, viewer: Callable[[RowDelta], object]) -> Callable[[], None]:
        self._viewers.append(viewer)
        return lambda: self._viewers.remove(viewer)

    def tell(self, haste: Haste, *put: tuple[int, str], gone: tuple[int, ...] = ()) -> None:
        self.revision += 1
        delta = RowDelta(put, gone, haste, ("more",))
        self.log.add(self.revision, delta)
        for viewer in list(self._viewers):
            viewer(delta)
        if haste is Haste.NOW:
            self.log.settle()


async def test_what_is_in_sight_comes_at_once_and_the_rest_with_the_next_second() -> None:
    source = Source()
    one, two, told = list[str](), list[str](), asyncio.Event()
    readers = [DeltaReader(source, one.append), DeltaReader(source, lambda text: (two.append(text), told.set()))]
    readers[0].look_at([1])
    source.tell(Haste.SOON, (2, "b"))
    source.tell(Haste.SOON, (2, "c"), (3, "x"))
    assert one == two == []
    source.tell(Haste.SOON, (1, "a"))
    assert [json.loads(text) for text in one] == [["e", 0, 3, [[2, "c"], [3, "x"], [1, "a"]], [], "more"]]
    assert two == []
    async with asyncio.timeout(PATIENCE):
        await told.wait()
    assert two == one, "made once for who has the same"
    source.tell(Haste.WHENEVER, (2, "d"))
    readers[1].look_at([2])
    assert json.loads(two[1]) == ["e", 3, 4, [[2, "d"]], [], "more"]
    source.tell(Haste.NOW, (4, "new"), gone=(3,))
    assert json.loads(one[1]) == ["e", 3, 5, [[2, "d"], [4, "new"]], [3], "more"]
    assert json.loads(two[2]) == ["e", 4, 5, [[4, "new"]], [3], "more"]
    source.tell(Haste.SOON, (1, "b"))
    readers[1].end()
    assert json.loads(one[2]) == ["e", 5, 6, [[1, "b"]], [], "more"]
    assert len(two) == 3
