"""How often hosts are asked for measurements, and how many of them at once."""

import pytest

from xo_dash.sync.rounds import FEW, IDLE_ROUND, MANY, ROUND, SLOWER_ROUND, WIDE_ROUND, Rounds


@pytest.mark.parametrize(
    ("pools", "seconds"),
    [
        ((), ROUND),
        ((FEW,), ROUND),
        ((FEW - 1, 2), SLOWER_ROUND),
        ((3,) * 20, SLOWER_ROUND),
        ((3,) * 21, WIDE_ROUND),
        ((MANY + 1,), WIDE_ROUND),
    ],
)
def test_what_somebody_looks_at_counts_in_all_pools_together(pools: tuple[int, ...], seconds: float) -> None:
    rounds = Rounds()
    for number, looked_at in enumerate(pools):
        rounds.note(str(number), 100, looked_at)
    assert rounds.watched == seconds
    for number in range(len(pools)):
        rounds.forget(str(number))
    assert rounds.watched == ROUND


@pytest.mark.parametrize(("pools", "at_once"), [((2, 4), True), ((9,), False), ((3,) * 40, False), ((64, 1), False)])
def test_the_hosts_of_all_pools_have_their_turn_within_a_round(pools: tuple[int, ...], at_once: bool) -> None:
    rounds = Rounds()
    for number, hosts in enumerate(pools):
        rounds.note(str(number), hosts, 0)
    waiting = sum(pools)
    asked = []
    for tick in range(round(IDLE_ROUND / ROUND)):
        before = waiting
        while waiting and rounds.take_turn(1000 + tick * ROUND):
            waiting -= 1
        asked.append(before - waiting)
    assert not waiting
    assert asked[0] == (sum(pools) if at_once else -(-sum(pools) * ROUND // IDLE_ROUND))
