"""Of a long list a browser gets what fits what it asks for, newest first: as if all rows were looked at anew."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from components.lists import TableSpec
from components.lists.period import Period
from components.lists.window import ListQuery, Window, searched
from components.messages.rows import message_table
from data.objects import VM, Message
from data.types import XapiDate
from tests.control.fake_pool import FakePool
from xo_dash.i18n import using

WORDS = ("", "web", "web-1 crash", "db", "VM", "zz", "0000")


def _happens(fake: FakePool, dice: random.Random, vms: list[VM]) -> Message:
    """A message comes, or one that is there goes, or is of another kind."""
    rows = list(fake.home.all(Message).values())
    if rows and dice.random() < 0.4:
        row = dice.choice(rows)
        if dice.random() < 0.5:
            fake.remove(row)
        else:
            fake.change(row, priority=dice.randint(1, 5))
        return row
    moment = XapiDate(f"202601{dice.randint(1, 28):02d}T00:00:{len(rows) % 60:02d}Z")
    row = Message(name=dice.choice(["VM_CRASHED", "VM_STARTED"]), cls="VM", obj_uuid=dice.choice(vms).uuid, timestamp=moment, priority=5)
    fake.put(row)
    return row


@pytest.mark.parametrize("seed", range(6))
def test_what_is_here_is_what_one_would_find(seed: int) -> None:
    fake, dice = FakePool("lab"), random.Random(seed)
    vms = [fake.vm(name) for name in ("web-1", "web-2", "db")]
    spec = message_table(lambda message: message.obj_uuid != vms[1].uuid)
    window = Window(spec)
    assert spec.newest is not None
    with using("en"):
        for _ in range(40):
            _happens(fake, dice, vms)
        for _ in window.fill(fake.home.all(Message).values()):
            pass
        for _ in range(60):
            begin, room = dice.choice([None, 1768000000, 1769000000]), dice.choice([None, 500, 501])
            touched = {_happens(fake, dice, vms) for _ in range(dice.randint(0, 4))}
            asked = ListQuery.read([dice.choice(WORDS), dice.choice(["", "1", "3"]), begin, None, room, dice.random() < 0.5])
            for _ in (*window.take(touched), *window.ask(asked)):
                pass
            every = [row for row in fake.home.all(Message).values() if spec.belongs(row)]
            found = sorted((row for row in every if _fits(asked, row, spec)), key=lambda row: (-spec.newest.when(row), row.ref))
            assert window.fit == found and window.size == len(every)
            assert +window.counts == Counter(name for row in every for name in spec.row(row).segments)


def _fits(asked: ListQuery, row: Message, spec: TableSpec[Message]) -> bool:
    assert spec.newest is not None
    at, made = spec.newest.when(row), spec.row(row)
    found = all(word in searched(made) or (len(word) > 3 and row.uuid.startswith(word)) for word in asked.words)
    return found and asked.segment in ("", *made.segments) and (asked.period == Period() or asked.period.has(at, at))


def test_what_a_browser_asks_may_be_anything() -> None:
    for told in (None, [], ["x"], [1, 2, 3, 4, 5, 6], ["x", "", "a", None, None, 7], {"a": 1}):
        asked = ListQuery.read(told)
        assert asked.text in ("", "x") and asked.period == Period()
    assert ListQuery.read(["x" * 999, "", None, None, -5, False]) == ListQuery("x" * 200)
