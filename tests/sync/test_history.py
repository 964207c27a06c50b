import math
from array import array

import pytest

from data.samples import LENGTH, STEP, Block, Samples

NAN = math.nan


def stored(*parts: tuple[int, list[float]]) -> list[tuple[float, float]]:
    samples = Samples()
    for first, values in parts:
        samples.extend(Block({"cpu": array("f", values)}), first)
    return points(samples, "cpu")


def points(samples: Samples, name: str) -> list[tuple[float, float]]:
    return [(t / STEP, value) for t, value in samples[name].points()] if name in samples else []


@pytest.mark.parametrize(
    ("parts", "points"),
    [
        ([(10, [1, 2])], [(10, 1), (11, 2)]),
        ([(10, [1]), (11, [2])], [(10, 1), (11, 2)]),
        ([(10, [1]), (13, [2])], [(10, 1), (13, 2)]),  # a gap
        ([(10, [1, NAN, 3])], [(10, 1), (12, 3)]),
        ([(10, [1, 2]), (11, [7, 8])], [(10, 1), (11, 7), (12, 8)]),  # measured again
        ([(10, [1, 2, 3]), (11, [7])], [(10, 1), (11, 7), (12, 3)]),
        ([(210, [1]), (209 - LENGTH, [6, 7, 8])], [(211 - LENGTH, 8), (210, 1)]),  # older than the beginning
        ([(10, [1]), (10 + 2 * LENGTH, [2])], [(10 + 2 * LENGTH, 2)]),
        ([], []),
    ],
)
def test_samples_stand_at_their_times(parts: list[tuple[int, list[float]]], points: list[tuple[float, float]]) -> None:
    assert stored(*parts) == points


def test_only_the_newest_are_kept() -> None:
    points = stored((1, [float(value) for value in range(3 * LENGTH)]))
    assert len(points) == LENGTH and points[-1] == (3 * LENGTH, 3 * LENGTH - 1)


def test_series_of_one_object_stand_side_by_side() -> None:
    samples = Samples()
    one = array("f", [1, 2])
    samples.extend(Block({"vif_0_rx": one, "net_rx": one, "cpu": array("f", [3, 4])}), 10)
    samples.extend(Block({"cpu": array("f", [5])}), 12)
    assert points(samples, "net_rx") == points(samples, "vif_0_rx") == [(10, 1), (11, 2)], "who has no sample has a gap"
    samples.extend(Block({"vif_0_rx": array("f", [6]), "vif_1_rx": array("f", [7]), "net_rx": array("f", [13])}), 13)  # a second one
    assert points(samples, "net_rx") == [(10, 1), (11, 2), (13, 13)] and points(samples, "vif_0_rx") == [(10, 1), (11, 2), (13, 6)]
    assert points(samples, "vif_1_rx") == [(13, 7)] and points(samples, "cpu") == [(10, 3), (11, 4), (12, 5)]
    samples.extend(Block({"vif_2_rx": array("f", [8])}), 13 + LENGTH)
    samples.extend(Block({"vif_3_rx": array("f", [9])}), 13 + LENGTH)
    assert list(samples) == ["vif_3_rx", "vif_2_rx"], "of what ended, what has samples stays"
