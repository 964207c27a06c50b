"""The parts of an SR: by VM, largest first, each byte once, and a few disks at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.storage.area_tiles import MOST, REST, AreaTile, part_key, tiles_of_part, tiles_of_rest, tiles_of_sr
from data.contents import STEP, Holder, Part, contents_of, together
from data.mirror import Mirror
from data.names import name_of
from data.objects import SR, VBD, VDI, VM
from data.storage import Room
from data.types import GIB, Ref
from tests import fakes


class Shelf:
    """An SR that is filled disk by disk."""

    def __init__(self) -> None:
        self.build = fakes.Builder(Mirror(), "lab")
        self.ref = Ref("OpaqueRef:sr")
        self.disks: list[Ref] = []

    def disk(self, vm: Ref | None = None, *, gib: float = 1, below: str = "", **fields: Any) -> str:
        """A node of a chain; returns its uuid."""
        uuid = self.build.uuid()
        config = {"vhd-parent": below} if below else {}
        ref = self.build.put(VDI, uuid=uuid, SR=self.ref, physical_utilisation=int(gib * GIB), sm_config=config, **fields)
        self.disks.append(ref)
        if vm is not None:
            fakes_vbd = self.build.put(VBD, VM=vm, VDI=ref)
            self.build._events[-2].row.VBDs.append(fakes_vbd)  # type: ignore[union-attr]
        return uuid

    def base(self, *, gib: float = 1, below: str = "") -> str:
        return self.disk(gib=gib, below=below, managed=False)

    def vm(self, name: str, **fields: Any) -> Ref:
        return self.build.put(VM, name_label=name, **fields)

    def sr(self, **fields: Any) -> SR:
        self.build.put(SR, self.ref, VDIs=self.disks, **{"type": "nfs", "content_type": "user"} | fields)
        home = self.build.commit()
        found = home.one(SR, self.ref)
        assert found is not None
        return found

    def parts(self, **fields: Any) -> list[Part]:
        return finished(contents_of(self.sr(**fields)))[0]


def finished(steps: Iterator[None]) -> tuple[list[Part], int]:
    """(what it gives, how often it paused)"""
    pauses = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, pauses
        pauses += 1


def told(parts: list[Part]) -> list[tuple[str, float, float, float, int]]:
    return [
        ("+".join(map(name_of, part.machines)) or str(part.holder), part.current / GIB, part.snapshots / GIB, part.bases / GIB, part.disks)
        for part in parts
    ]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_vm_has_its_snapshots_and_base_copies_on_its_line(shelf: Shelf) -> None:
    web, db = shelf.vm("web"), shelf.vm("db")
    shot = shelf.vm("before", is_a_snapshot=True, is_a_template=True, snapshot_of=db)
    oldest = shelf.base(gib=20)
    base = shelf.base(gib=5, below=oldest)
    shelf.disk(db, gib=8, below=base)
    shelf.disk(shot, gib=2, below=base, is_a_snapshot=True)
    shelf.disk(web, gib=30)
    assert told(shelf.parts()) == [("db", 8, 2, 25, 2), ("web", 30, 0, 0, 1)]


def test_what_clones_share_is_counted_once(shelf: Shelf) -> None:
    one, two = shelf.vm("one"), shelf.vm("two")
    golden = shelf.base(gib=10)
    shelf.disk(one, gib=1, below=golden)
    own = shelf.base(gib=4, below=golden)
    shelf.disk(two, gib=2, below=own)
    assert told(shelf.parts()) == [("one+two", 0, 0, 10, 0), ("two", 2, 0, 4, 1), ("one", 1, 0, 0, 1)]


def test_what_nobody_has_is_one_line(shelf: Shelf) -> None:
    shelf.disk(gib=3)
    shelf.disk(gib=1, is_a_snapshot=True)
    shelf.base(gib=2)
    shelf.disk(gib=0.5, type="redo_log")
    assert told(shelf.parts()) == [("nobody", 3, 1, 2, 2), ("system", 0.5, 0, 0, 1)]


def test_images_are_each_a_line(shelf: Shelf) -> None:
    shelf.disk(gib=3, name_label="debian.iso")
    shelf.disk(gib=4, name_label="win.iso")
    parts = shelf.parts(content_type="iso")
    assert [part.image and part.image.name_label for part in parts] == ["win.iso", "debian.iso"]
    assert {part.holder for part in parts} == {Holder.IMAGE}


def test_what_the_driver_cannot_tell_is_not_counted(shelf: Shelf) -> None:
    vm = shelf.vm("web")
    shelf.disk(vm, gib=-1 / GIB)
    assert told(shelf.parts()) == [("web", 0, 0, 0, 1)]


def test_a_ring_of_base_copies_ends(shelf: Shelf) -> None:
    one, other = shelf.build.uuid(), shelf.build.uuid()
    for own, below in ((one, other), (other, one)):
        ref = shelf.build.put(VDI, uuid=own, SR=shelf.ref, managed=False, physical_utilisation=GIB, sm_config={"vhd-parent": below})
        shelf.disks.append(ref)
    shelf.disk(shelf.vm("web"), below=one)
    assert told(shelf.parts()) == [("web", 1, 0, 2, 1)]


def test_thousands_of_disks_are_looked_at_some_at_a_time(shelf: Shelf) -> None:
    golden = shelf.base()
    for number in range(2000):
        shelf.disk(shelf.vm(f"vm-{number}"), below=golden)
    parts, pauses = finished(contents_of(shelf.sr()))
    assert pauses >= 2000 // STEP and together(parts).disks == 2000
    assert parts[0].used == GIB


def areas(tiles: list[AreaTile]) -> list[tuple[str, dict[str, float]]]:
    return [(tile.name, {use: amount / GIB for use, amount in tile.uses}) for tile in tiles]


def test_areas_of_an_sr_open_to_disks_snapshots_and_base_copies(shelf: Shelf) -> None:
    web = shelf.vm("web")
    shot = shelf.vm("before", is_a_snapshot=True, is_a_template=True, snapshot_of=web)
    base = shelf.base(gib=20)
    disk = shelf.disk(web, gib=8, below=base, name_label="root")
    shelf.disk(shot, gib=2, below=base, is_a_snapshot=True, name_label="root")
    shelf.disk(gib=3)
    parts, room = shelf.parts(), Room(100 * GIB, 50 * GIB, -1)
    tiles = tiles_of_sr(parts, room)
    assert areas(tiles) == [
        ("web", {"current": 8, "snapshots": 2, "bases": 20}), ("Orphaned", {"orphans": 3}),
        ("Other", {"other": 17}), ("Free", {"free": 50}),
    ]  # fmt: skip
    assert [bool(tile.key) for tile in tiles] == [True, True, False, False]
    assert tiles[0].wire() == [part_key(parts[0]), "web", "", "current", 8 * GIB, "snapshots", 2 * GIB, "bases", 20 * GIB]
    inside = tiles_of_part(parts[0])
    assert [(tile.note, *areas([tile])[0][1].items()) for tile in inside] == [
        ("Base copy", ("bases", 20)), ("Disk", ("current", 8)), ("Snapshot", ("snapshots", 2)),
    ]  # fmt: skip
    assert inside[1].key == disk


def test_small_areas_are_one_that_opens(shelf: Shelf) -> None:
    for number in range(MOST + 20):
        shelf.disk(shelf.vm(f"vm-{number}"), gib=1 + number)
    parts = shelf.parts()
    *first, rest, free = tiles_of_sr(parts, Room(10_000 * GIB, 5_050 * GIB, -1))
    assert (len(first), rest.name, rest.key, free.name) == (MOST, "20 more", REST, "Free")
    assert areas([rest]) == [("20 more", {"current": sum(range(1, 21))})]
    assert [tile.name for tile in tiles_of_rest(parts)] == [f"vm-{number}" for number in range(19, -1, -1)]


@given(
    nodes=st.lists(st.tuples(st.integers(-1, 12), st.integers(-1, 4), st.booleans(), st.booleans(), st.integers(-1, 1 << 40)), max_size=13)
)
def test_each_byte_is_counted_once(nodes: list[tuple[int, int, bool, bool, int]]) -> None:
    shelf = Shelf()
    vms = [shelf.vm(f"vm-{number}") for number in range(5)]
    uuids: list[str] = []
    for below, owner, managed, shot, used in nodes:
        under = uuids[below] if 0 <= below < len(uuids) else ""
        vm = vms[owner] if owner >= 0 and managed else None
        uuids.append(shelf.disk(vm, gib=used / GIB, below=under, managed=managed, is_a_snapshot=shot))
    parts = shelf.parts()
    assert together(parts).used == sum(max(0, used) for *_rest, used in nodes)
    assert [part.used for part in parts] == sorted((part.used for part in parts), reverse=True)
