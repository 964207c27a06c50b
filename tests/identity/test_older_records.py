"""What was kept of findings before their names said the pool."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from data.findings.overrides import Acknowledgement, name_of
from data.findings.rules import RULES
from data.growth import Sample
from data.history import History
from data.identity import key_of
from data.mirror import Mirror
from data.objects import SR
from data.stores.directory import DataDirectory
from data.stores.findings import FindingStore, Noted
from tests import fakes
from xo_dash.sync.evaluator import Evaluator

FULL = next(rule for rule in RULES if rule.key == "sr.full")
ON, SINCE, DAY = 1_000_000, 900_000, 86_400


def full(mirror: Mirror) -> list[SR]:
    """The shared SR of each pool, full."""
    found = [sr for sr in mirror.every(SR) if sr.shared]
    for sr in found:
        fakes.change(mirror, sr, physical_utilisation=int(sr.physical_size * 0.97))
    return found


async def stored(folder: Path, sr: SR) -> FindingStore:
    """As it was written when an SR was its uuid."""
    store = FindingStore(DataDirectory(folder))
    name = f"sr.full:{sr.uuid}"
    store._notes.set_now([name], Acknowledgement("ann", ON, seen=True))
    await store.remember({sr.uuid: [Sample(time.time() - DAY, 1.0)]}, {name: SINCE})
    return FindingStore(DataDirectory(folder))


async def watched(mirror: Mirror, store: FindingStore) -> Evaluator:
    watch = Evaluator(mirror, store)
    for subject in [row for pool in mirror for row in pool.all(SR).values()]:
        for _ in watch._look(subject):
            pass
    return watch


async def test_it_is_taken_over_by_the_one_that_has_the_uuid(tmp_path: Path) -> None:
    mirror = fakes.home_lab()
    sr = full(mirror)[0]
    store = await stored(tmp_path, sr)
    watch = await watched(mirror, store)
    assert mirror.findings.overrides.is_seen(FULL, sr)
    (finding,) = [one for one in mirror.findings.all(time.time()) if one.rule is FULL and one.subject is sr]
    assert finding.since == SINCE
    assert len(sr.home.part(History).growth(sr.uuid)) == 2
    await watch.stop()
    assert [note.id for note in store._notes.all()] == [name_of(FULL, sr)]
    assert key_of(sr) in store.remembered().growth and sr.uuid not in store.remembered().growth


@pytest.mark.parametrize("same_pool", [False, True])
async def test_where_two_pools_have_the_uuid_neither_is_hidden(tmp_path: Path, same_pool: bool) -> None:
    mirror = fakes.twins(same_pool=same_pool)
    one, other = full(mirror)
    store = await stored(tmp_path, one)
    watch = await watched(mirror, store)
    assert not any(mirror.findings.overrides.is_seen(FULL, sr) for sr in (one, other))
    finding = next(found for found in mirror.findings.all(time.time()) if found.rule is FULL and found.subject is other)
    await watch.note(finding, Acknowledgement("ann", ON, seen=True))
    assert mirror.findings.overrides.is_seen(FULL, other) and not mirror.findings.overrides.is_seen(FULL, one)
    await watch.stop()


def test_a_note_keeps_what_it_says_under_its_new_name(tmp_path: Path) -> None:
    store = FindingStore(DataDirectory(tmp_path))
    store._notes.set_now(["sr.full:u"], Acknowledgement("ann", ON, seen=True))
    store._notes.rename_now({"sr.full:u": "sr.full:u@p", "sr.full:gone": "sr.full:gone@p"})
    assert list(store._notes.all()) == [Noted("sr.full:u@p", "ann", ON, 0.0, True)]
