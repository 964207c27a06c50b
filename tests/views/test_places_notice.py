"""A place that shows all objects of a kind notices whatever makes a row of its another: it says what its rows read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.hosts.rows import host_roll, resident_roll
from components.lists import Roll
from components.messages.rows import message_roll
from components.networks.rows import network_roll, nic_roll
from components.storage.rows import disk_roll, sr_roll
from components.vms.snapshots import snapshot_roll
from data.changes import Change
from data.mirror import PoolMirror
from data.objects import KINDS, SR, VM, Host, Message, Network
from data.relations import edges
from tests.facts.pools import any_mirror
from tests.fakes import change
from tests.map.fleets import join
from tests.views.test_kept_up import another
from xo_dash.i18n import using

ROLLS: dict[str, Callable[[PoolMirror], Roll[Any]]] = {
    "hosts": lambda pool: host_roll(),
    "VMs of a host": lambda pool: resident_roll(next(iter(pool.all(Host).values()))),
    "SRs": lambda pool: sr_roll(),
    "disks": lambda pool: disk_roll(next(iter(pool.all(SR).values()))),
    "networks": lambda pool: network_roll(),
    "NICs": lambda pool: nic_roll(next(iter(pool.all(Network).values()))),
    "snapshots": lambda pool: snapshot_roll(),
    "messages": lambda pool: message_roll(lambda message: True),
}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with using("en"):
        yield


@pytest.mark.parametrize("place", ROLLS)
def test_a_list_notices_what_its_rows_show(place: str) -> None:
    mirror = any_mirror(1)
    (pool,) = mirror
    join(pool)
    snapshot, vm = list(pool.all(VM).values())[:2]
    change(mirror, snapshot, is_a_snapshot=True, snapshot_of=vm.ref)
    change(mirror, vm, snapshots=[snapshot.ref])
    roll = ROLLS[place](pool)
    heard: list[Change] = []
    mirror.observe(heard.extend)

    def told() -> dict[object, object]:
        return {row: (roll.row(row), roll.belongs(row)) for row in pool.all(roll.kind).values()}

    before = told()
    for row in [row for kind in KINDS if kind is not Message for row in list(pool.all(kind).values())[:4]]:
        for field in row.__struct_fields__:
            if field in ("uuid", "ref", "home") or (field in edges(type(row)) and edges(type(row))[field].back):
                continue  # of what has two ends XAPI changes both
            value = getattr(row, field)
            heard.clear()
            change(mirror, row, **{field: another(value)})
            noticed = {one for news in heard for one in roll.reads.affected(news, mirror.pools)}
            noticed |= {one for news in heard for one in (roll.near(news) if roll.near else ())}
            now = told()
            missed = [one for one, shown in now.items() if shown != before[one] and one not in noticed]
            assert not missed, f"{field} of {type(row).__name__}"
            change(mirror, row, **{field: value})
