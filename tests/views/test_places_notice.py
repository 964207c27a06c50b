"""A place that shows all objects of a kind notices whatever makes a row of its another: it says what its rows read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest

from components.frame.tree_rows import TreeRows
from components.hosts.rows import host_table, resident_table
from components.lists import TableSpec
from components.map.map_rows import MapRows
from components.messages.rows import message_table
from components.networks.rows import network_table, nic_table
from components.storage.rows import disk_table, image_table, sr_table
from components.vms.rows import VmRow
from components.vms.snapshots import snapshot_table
from components.vms.templates import template_table
from components.vms.vapps.rows import appliance_table
from components.vms.vm_rows import VmRows
from data.changes import Change
from data.mirror import Mirror, PoolMirror
from data.objects import KINDS, SR, VM, Host, Message, Network
from data.relations import edges
from data.search import Index
from data.types import XapiObject
from tests.facts.pools import any_mirror
from tests.fakes import change
from tests.map.fleets import joined
from tests.views.test_kept_up import different
from xo_dash.i18n import using

ROLLS: dict[str, Callable[[PoolMirror], TableSpec[Any]]] = {
    "hosts": lambda pool: host_table(),
    "VMs of a host": lambda pool: resident_table(next(iter(pool.all(Host).values()))),
    "SRs": lambda pool: sr_table(),
    "disks": lambda pool: disk_table(next(iter(pool.all(SR).values()))),
    "networks": lambda pool: network_table(),
    "NICs": lambda pool: nic_table(next(iter(pool.all(Network).values()))),
    "snapshots": lambda pool: snapshot_table(),
    "messages": lambda pool: message_table(lambda message: True),
    "vApps": lambda pool: appliance_table(),
    "templates": lambda pool: template_table(),
    "images": lambda pool: image_table(),
}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with using("en"):
        yield


def fields_around(pool: PoolMirror) -> Iterator[tuple[XapiObject, str]]:
    """Some objects of each kind with each of their fields, but for references of two ends: of those XAPI changes both."""
    for kind in KINDS:
        for row in list(pool.all(kind).values())[:3] if kind is not Message else ():
            both = {field for field, edge in edges(kind).items() if edge.back}
            yield from ((row, field) for field in kind.__struct_fields__ if field not in {"uuid", "ref", "home", *both})


@pytest.mark.parametrize("place", ROLLS)
def test_a_list_notices_what_its_rows_show(place: str) -> None:
    mirror = joined(any_mirror(1))
    (pool,) = mirror
    snapshot, vm = list(pool.all(VM).values())[:2]
    change(mirror, snapshot, is_a_snapshot=True, snapshot_of=vm.ref)
    change(mirror, vm, snapshots=[snapshot.ref])
    spec = ROLLS[place](pool)
    heard: list[Change] = []
    mirror.observe(heard.extend)

    def told() -> dict[object, object]:
        return {row: (spec.row(row), spec.belongs(row)) for row in pool.all(spec.kind).values()}

    before = told()
    for row, field in fields_around(pool):
        value = getattr(row, field)
        heard.clear()
        change(mirror, row, **{field: different(row, field)})
        noticed = {one for news in heard for one in spec.reads.affected(news, mirror.pools)}
        noticed |= set(spec.near(heard) if spec.near else ())
        now = told()
        missed = [one for one, shown in now.items() if shown != before[one] and one not in noticed]
        assert not missed, f"{field} of {type(row).__name__}"
        change(mirror, row, **{field: value})


def in_list(mirror: Mirror) -> tuple[Any, Callable[[], object]]:
    roster = VmRows(mirror)
    return roster, lambda: {row.uuid: row[1:] for row in cast(list[VmRow], roster.whole()["rows"])}


def in_tree(mirror: Mirror) -> tuple[Any, Callable[[], object]]:
    nodes = TreeRows(mirror)
    return nodes, lambda: {(parent[5] if (parent := nodes._rows.get(above)) else "", *row) for _id, above, *row in nodes.rows()}


def in_search(mirror: Mirror) -> tuple[Any, Callable[[], object]]:
    index = Index(mirror)
    return index, lambda: index._entries


@pytest.mark.parametrize("place", (in_list, in_tree, in_search))
def test_what_all_browsers_share_is_kept_up(place: Callable[[Mirror], tuple[Any, Callable[[], object]]]) -> None:
    mirror = joined(any_mirror(2))
    (pool,) = mirror
    kept, told = place(mirror)
    for _ in kept.fill():
        pass

    def changed(changes: Sequence[Change]) -> None:
        kept.update(changes)

    mirror.observe(changed)
    for row, field in fields_around(pool):
        before = getattr(row, field)
        for value in (different(row, field), before):
            change(mirror, row, **{field: value})
            if hasattr(kept, "take"):
                kept.take()
            fresh, told_fresh = place(mirror)
            for _ in fresh.fill():
                pass
            assert told() == told_fresh(), f"{field} of {type(row).__name__}"


def test_the_map_is_kept_up() -> None:
    mirror = joined(any_mirror(2))
    (pool,) = mirror
    map_rows = MapRows(mirror)
    map_rows.add(pool)
    map_rows.rebuild()
    mirror.observe(map_rows.changed)
    mirror.findings.observe(map_rows.judged)
    for row, field in fields_around(pool):
        before = getattr(row, field)
        for value in (different(row, field), before):
            change(mirror, row, **{field: value})
            map_rows.rebuild()
            map_rows.take()
            map_rows.add(pool)
            map_rows.rebuild()
            missed, _gone = map_rows.take()
            assert not missed, f"{field} of {type(row).__name__}"
