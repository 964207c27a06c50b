"""What somebody may not see is not there for them: in no row, no page's feed, no finding; also when the right is taken away."""

from __future__ import annotations

import random

import pytest

from data.changes import Subject
from data.mirror import Mirror
from data.objects import KINDS, Pool
from data.placement import OthersMemory
from data.scope import Scope
from data.server import Server
from tests import fakes
from tests.facts.pools import anything_happens
from tests.map.fleets import join


@pytest.fixture
def mirror() -> Mirror:
    mirror = fakes.home_lab()
    for pool in mirror:
        join(pool)
    return fakes.judged(mirror)


class Some:
    """Sees some objects, by chance and name; others after `turn`."""

    def __init__(self, seed: int, share: float = 0.4) -> None:
        self._seed, self._share = seed, share

    def __call__(self, subject: Subject) -> bool:
        if isinstance(subject, Server | Pool):
            return False
        return random.Random(f"{self._seed} {subject.uuid} {getattr(subject, 'name_label', '')}").random() < self._share

    def turn(self) -> None:
        self._seed += 1000


def shown(mirror: Mirror) -> dict[str, dict[str, object]]:
    """{ref: its fields} of all rows; what others hold of hosts, and what is told of each."""
    fields = {
        row.ref: {field: getattr(row, field) for field in row.__struct_fields__ if field not in ("ref", "home")}
        | {"mark": mirror.findings.mark(row)}
        for pool in mirror
        for kind in KINDS
        for row in pool.all(kind).values()
    }
    return fields | {pool.id: dict(pool.part(OthersMemory)) for pool in mirror}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_seen_is_kept_up(mirror: Mirror, seed: int) -> None:
    """Whatever happens, it is what somebody would see who came anew."""
    dice, sees = random.Random(seed), Some(seed)
    scope = Scope(mirror, sees)
    assert 0 < len(shown(scope.mirror)) < len(shown(mirror))
    for step in range(60):
        anything_happens(mirror, dice.choice(list(mirror)), dice)
        if step % 20 == 19:
            sees.turn()
            for _ in scope.review():
                pass
        fresh = Scope(mirror, sees)
        assert shown(scope.mirror) == shown(fresh.mirror), step
