"""How soon a pool is asked again."""

import pytest

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
