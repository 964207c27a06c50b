"""What an SR's space is used for: each byte once, what can merge, what is old, and the chain of a disk as it is drawn."""

from __future__ import annotations

from data.chain_tree import chained, links_of
from data.contents import Holder, Use, contents_of, shares_of, together, uses_of
from data.growth import DAY, Sample, per_day
from data.objects import VBD, VDI, VM
from data.storage import DiskKind
from data.turns import finished
from data.types import GIB, Ref
from tests.control.fake_pool import FakePool, user
from tests.places.test_what_fills_an_sr import Shelf
from xo_dash.control.actions import action, actions_for
from xo_dash.control.eligibility import why_not


def shelf() -> tuple[Shelf, str]:
    """A disk of web-1 on two base copies, the upper of which can merge; a snapshot beside it; a disk that nothing has."""
    shelf = Shelf()
    web = shelf.vm("web-1")
    snapshot = shelf.vm("before", is_a_snapshot=True, is_a_template=True, snapshot_of=web)
    root = shelf.base(gib=20)
    upper = shelf.base(gib=5, below=root)
    current = shelf.disk(web, gib=8, below=upper, managed=True, name_label="root")
    shelf.disk(snapshot, gib=2, below=root, managed=True, is_a_snapshot=True, snapshot_time="20200101T00:00:00Z")
    shelf.disk(gib=3, managed=True)
    return shelf, current


def test_every_byte_has_one_use() -> None:
    sr = shelf()[0].sr(physical_size=100 * GIB, physical_utilisation=50 * GIB)
    uses = uses_of(finished(contents_of(sr)), 50 * GIB, 50 * GIB)
    assert {use: amount // GIB for use, amount in uses.items()} == {
        Use.CURRENT: 8, Use.SNAPSHOTS: 2, Use.BASES: 20, Use.MERGING: 5, Use.ORPHANS: 3, Use.OTHER: 12, Use.FREE: 50,
    }  # fmt: skip
    assert sum(uses.values()) == 100 * GIB
    nobody_knows = uses_of((), -1, -1)
    assert set(nobody_knows.values()) == {0}


def test_old_snapshots_and_what_merges_are_counted() -> None:
    sr = shelf()[0].sr()
    total = together(finished(contents_of(sr, old_before=1_700_000_000.0)))
    assert (total.merges, total.merging, total.olds, total.old) == (1, 5 * GIB, 1, 2 * GIB)
    assert together(finished(contents_of(sr))).olds == 0


def test_the_lines_below_a_vm_are_its_sum() -> None:
    sr = shelf()[0].sr()
    for part in finished(contents_of(sr)):
        for most in (0, 1, 9):
            shares = shares_of(part, most)
            sums = [sum(getattr(share, name) for share in shares) for name in ("current", "snapshots", "bases")]
            assert sums == [part.current, part.snapshots, part.bases], (part, most)


def test_a_merge_needs_room_for_what_is_above() -> None:
    build = Shelf()
    web = build.vm("web")
    root = build.disk(gib=2, managed=False, virtual_size=20 * GIB)
    upper = build.disk(gib=5, below=root, managed=False, virtual_size=20 * GIB)
    build.disk(web, gib=1, below=upper, managed=True)
    assert together(finished(contents_of(build.sr()))).merge_room == 5 * GIB
    assert together(finished(contents_of(build.sr(type="lvmoiscsi")))).merge_room == 18 * GIB, "a volume is made as large as the disk"


def test_a_chain_is_drawn_from_its_base_up() -> None:
    build, current = shelf()
    sr = build.sr()
    disk = sr.home.by_uuid(VDI, current)
    assert disk is not None
    root, upper, top = links_of(disk)
    assert [link.kind for link in (root, upper, top)] == [DiskKind.BASE, DiskKind.BASE, DiskKind.DISK]
    assert (root.merges, upper.merges, top.merges) == (False, True, False)
    assert [branch.kind for branch in root.branches] == [DiskKind.SNAPSHOT] and upper.branches == ()
    parts = [part for part in finished(contents_of(sr)) if part.holder is Holder.MACHINES]
    next(vm for vm in sr.home.all(VM).values() if not vm.is_a_snapshot).VBDs.extend(disk.VBDs)
    assert chained(sr, parts) == [disk], "a disk that stands on nothing has no chain"


def test_snapshots_on_a_node_stand_in_the_order_of_their_time() -> None:
    build = Shelf()
    root = build.disk(gib=2, managed=False)
    current = build.disk(build.vm("web"), below=root, managed=True)
    for day, gib in (("28", 2), ("27", 3), ("29", 1)):
        build.disk(gib=gib, below=root, managed=True, is_a_snapshot=True, name_label=day, snapshot_time=f"202611{day}T00:00:00Z")
    disk = build.sr().home.by_uuid(VDI, current)
    assert disk is not None and [branch.name for branch in links_of(disk)[0].branches] == ["27", "28", "29"]


def test_a_ring_of_base_copies_has_an_end() -> None:
    shelf = Shelf()
    disk = shelf.disk(gib=1, managed=True)
    sr = shelf.sr()
    found = sr.home.by_uuid(VDI, disk)
    assert found is not None
    found.sm_config["vhd-parent"] = disk
    assert len(links_of(found)) == 1


def test_growth_a_day() -> None:
    assert per_day([Sample(0.0, 10.0), Sample(2 * DAY, 30.0)]) == 10.0
    assert per_day([Sample(0.0, 10.0)]) == per_day([]) == 0.0


def test_what_is_left_of_a_snapshot_can_be_deleted() -> None:
    fake = FakePool()
    lost, kept = (VDI(is_a_snapshot=True, name_label="left"), VDI(is_a_snapshot=True))
    for vdi in (lost, kept):
        fake.put(vdi)
    fake.change(kept, VBDs=[_held(fake, kept)])
    assert "vdi.delete" in [row.id for row in actions_for(lost)] and why_not(action("vdi.delete"), lost, user()) is None
    assert "vdi.delete" not in [row.id for row in actions_for(kept)]


def _held(fake: FakePool, vdi: VDI) -> Ref:
    return fake.put(VBD(VM=fake.vm("before", is_a_snapshot=True).ref, VDI=vdi.ref))
