import math
import tracemalloc
from array import array

import pytest

from data.history import LENGTH, STEP, History, Series

NAN = math.nan


def stored(*parts: tuple[int, list[float]]) -> list[tuple[float, float]]:
    series = Series()
    for first, values in parts:
        series.extend(first, array("f", values))
    return [(t / STEP, value) for t, value in series.points()]


@pytest.mark.parametrize(
    ("parts", "points"),
    [
        ([(10, [1, 2])], [(10, 1), (11, 2)]),
        ([(10, [1]), (11, [2])], [(10, 1), (11, 2)]),
        ([(10, [1]), (13, [2])], [(10, 1), (13, 2)]),  # a gap
        ([(10, [1, NAN, 3])], [(10, 1), (12, 3)]),
        ([(10, [1, 2]), (11, [7, 8])], [(10, 1), (11, 7), (12, 8)]),  # measured again
        ([(10, [1, 2, 3]), (11, [7])], [(10, 1), (11, 7), (12, 3)]),
        ([(10, [1]), (5, [7])], [(10, 1)]),  # older than the beginning
        ([(10, [1]), (10 + 2 * LENGTH, [2])], [(10 + 2 * LENGTH, 2)]),
        ([], []),
    ],
)
def test_samples_stand_at_their_times(parts: list[tuple[int, list[float]]], points: list[tuple[float, float]]) -> None:
    assert stored(*parts) == points


def test_only_the_newest_are_kept() -> None:
    points = stored((1, [float(value) for value in range(3 * LENGTH)]))
    assert len(points) == LENGTH and points[-1] == (3 * LENGTH, 3 * LENGTH - 1)


def test_ten_minutes_of_many_are_small() -> None:
    history = History()
    names = ("cpu", "memory_used", "net_rx", "net_tx", "disk_read", "disk_write")
    column = array("f", [0.5]) * LENGTH
    tracemalloc.start()
    for number in range(1000):
        history.extend(f"uuid-{number}", dict.fromkeys(names, column), 1000)
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 10_000_000  # a tenth of what 10,000 VMs may take
