"""What a person sees and does on the page of an SR: parts of the bar that list disks, a path that is repaired in place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from components.storage.area_tiles import part_key
from components.storage.areas import AreaPicture, Areas
from components.storage.parts import SrPaths
from components.storage.space import FreeUp, SpaceBar, SRGrowth
from data.contents import Holder, Part
from data.growth import DAY, Sample
from data.history import History
from data.objects import VDI, VM
from data.scope import Scope
from data.stores.users import Role
from data.types import GIB
from data.views.sr import SRView
from tests.control.browser_page import looking
from tests.control.fake_pool import FakePool, ends_at_once
from tests.control.test_storage_commands import Shelf


def view(shelf: Shelf) -> SRView:
    return Scope(shelf.fake.mirror).view(SRView, shelf.sr)


@pytest.mark.parametrize(("role", "repairs"), [(Role.OPERATOR, True), (Role.VIEWER, False)])
async def test_a_path_is_repaired_in_place(tmp_path: Path, fake: FakePool, role: Role, repairs: bool) -> None:
    shelf = Shelf(fake, True, False)
    fake.answers["Async.PBD.plug"] = ends_at_once(fake)
    async with looking(tmp_path, fake, lambda context: SrPaths(context, view(shelf)), role) as at:
        marker = f"pbd.plug-{shelf.paths[1].uuid}"
        if not repairs:
            await at.user.should_not_see(marker=marker)
            return
        at.user.find(marker=marker).click()
        await at.user.should_see("vault · xcp-2 is attached")
        assert ("Async.PBD.plug", (shelf.paths[1].ref,)) in fake.calls
        fake.change(shelf.paths[1], currently_attached=True)
        await at.user.should_not_see(marker=marker)


async def test_a_part_of_the_bar_lists_its_disks(tmp_path: Path, fake: FakePool) -> None:
    shelf, chosen = Shelf(fake, True, True), list[str]()
    parts = [Part(Holder.NOBODY, current=3 * GIB, disks=2), Part(Holder.MACHINES, current=5 * GIB, disks=1)]
    async with looking(tmp_path, fake, lambda _context: SpaceBar(view(shelf), chosen.append).show(parts)) as at:
        await at.user.should_see("Orphaned")
        at.user.find(marker="use-orphans").click()
        assert chosen == ["orphan"]


async def test_an_area_opens_what_it_is_made_of(tmp_path: Path, fake: FakePool) -> None:
    shelf, lists, chains = Shelf(fake, True, True), list[str](), list[str]()
    small, large = (VDI(physical_utilisation=gib * GIB, SR=shelf.sr.ref, name_label=f"{gib}") for gib in (1, 4))
    for disk in (small, large):
        fake.put(disk)
    web = Part(Holder.MACHINES, (fake.vm("web"),), current=5 * GIB, disks=2, nodes=[small, large])
    lost = Part(Holder.NOBODY, current=GIB, disks=1, nodes=[small])

    def draw(_context: object) -> None:
        Areas(view(shelf), lists.append, chains.append).show([web, lost])

    async with looking(tmp_path, fake, draw) as at:
        (picture,) = at.user.find(kind=AreaPicture).elements
        at.user.find(kind=AreaPicture).trigger("open", part_key(web))
        assert chains == [large.uuid], "the chain of its largest disk is drawn"
        assert picture.shown[1] == "web" and [tile.key for tile in picture.shown[0]] == [large.uuid, small.uuid]
        at.user.find(kind=AreaPicture).trigger("open", small.uuid)
        assert chains == [large.uuid, small.uuid] and picture.shown[1] == "web"
        at.user.find(kind=AreaPicture).trigger("open", part_key(lost))
        assert lists == ["orphan"]
        for stranger in ("", "of no part"):
            at.user.find(kind=AreaPicture).trigger("open", stranger)
        assert picture.shown[1] == "" and chains[-1] == "of no part"


async def test_what_frees_space_comes_by_least_risk(tmp_path: Path, fake: FakePool) -> None:
    shelf, chosen = Shelf(fake, True, True), list[str]()
    vm: VM = fake.vm("nas")
    parts = [
        Part(
            Holder.MACHINES,
            (vm,),
            current=40 * GIB,
            bases=6 * GIB,
            merging=6 * GIB,
            merges=2,
            disks=1,
            snapshots=4 * GIB,
            old=4 * GIB,
            olds=1,
        ),
        Part(Holder.NOBODY, current=3 * GIB, disks=2),
    ]
    async with looking(tmp_path, fake, lambda context: FreeUp(context, view(shelf), chosen.append).show(parts)) as at:
        for text in ("2 base copies to coalesce", "1 snapshot over 30 days", "2 orphaned disks", "nas to another SR", "up to 13\u202fGiB"):
            await at.user.should_see(text)
        at.user.find(marker="free-orphans").click()
        assert chosen == ["orphan"]


async def test_an_sr_that_fills_says_when_it_is_full(tmp_path: Path, fake: FakePool) -> None:
    shelf = Shelf(fake, True, True)
    history, now = fake.home.part(History), time.time()
    for day in range(14, -1, -1):
        history.grow(shelf.sr.uuid, Sample(now - day * DAY, (10 + (14 - day) * 5) * GIB))
    async with looking(tmp_path, fake, lambda _context: SRGrowth(view(shelf))) as at:
        await at.user.should_see("About 4")
        await at.user.should_see("until full")
