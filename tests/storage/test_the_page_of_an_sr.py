"""What a person sees and does on the page of an SR: parts of the bar that list disks, a path that is repaired in place."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from nicegui import ui

from components.storage.area_tiles import part_key
from components.storage.areas import AreaPicture, Areas
from components.storage.contents import AT_ONCE, SrContents
from components.storage.parts import SrPaths
from components.storage.space import FreeUp, SpaceBar, SRGrowth
from components.ui.segments import Segments
from data.contents import Holder, Part
from data.growth import DAY, Sample
from data.history import History
from data.objects import VBD, VDI, VM
from data.scope import Scope
from data.stores.users import Role
from data.types import GIB
from data.views.sr import SRView
from pages.sr import show
from tests.control.browser_page import looking
from tests.control.fake_pool import FakePool, ends_at_once
from tests.control.test_storage_commands import Shelf
from xo_dash.context import Context


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


async def test_a_part_is_selected_in_the_table_the_areas_and_the_chain_at_once(tmp_path: Path, fake: FakePool) -> None:
    shelf, chains, pages = Shelf(fake, True, True), list[str](), list[SRView]()
    web, base = fake.vm("web"), VDI(physical_utilisation=9 * GIB, SR=shelf.sr.ref, managed=False, name_label="base copy")
    fake.put(base)
    small, large = (
        VDI(
            physical_utilisation=gib * GIB,
            SR=shelf.sr.ref,
            name_label=f"disk of {gib}",
            managed=True,
            VBDs=[fake.put(VBD(VM=web.ref))],
            sm_config=config,
        )
        for gib, config in ((4, {}), (1, {"vhd-parent": base.uuid}))
    )
    lost = VDI(physical_utilisation=GIB, SR=shelf.sr.ref, managed=True, name_label="lost")
    for disk in (small, large, lost):
        fake.put(disk)
    fake.change(shelf.sr, VDIs=[disk.ref for disk in (small, large, base, lost)])

    def draw(context: Context) -> None:
        pages.append(view(shelf))

        def select(key: str) -> None:
            contents.open(key)
            areas.open(key)

        contents = SrContents(context.mirror, shelf.sr, lambda _parts: iter(()), select)
        areas = Areas(pages[0], select, chains.append)
        areas.show(contents.parts)

    async with looking(tmp_path, fake, draw) as at:
        (picture,), (contents,) = at.user.find(kind=AreaPicture).elements, at.user.find(kind=SrContents).elements
        mine, nobodys = contents.parts
        await at.user.should_not_see("disk of 1")
        at.user.find(marker=f"fold-{part_key(mine)}").click()
        await at.user.should_see("disk of 1")
        await at.user.should_see("2 links")
        assert picture.shown[1] == "web" and [tile.key for tile in picture.shown[0]] == [base.uuid, small.uuid, large.uuid]
        at.user.find(kind=AreaPicture).trigger("open", small.uuid)
        assert chains == [small.uuid] and picture.shown[1] == "web"
        at.user.find(kind=AreaPicture).trigger("open", part_key(nobodys))
        await at.user.should_not_see("disk of 1")
        await at.user.should_see("lost")
        at.user.find(kind=AreaPicture).trigger("open", "")
        await at.user.should_not_see("lost")
        at.user.find(kind=AreaPicture).trigger("open", "of no part")
        assert picture.shown[1] == "" and chains[-1] == "of no part"


async def test_of_many_disks_too_others_are_told_in_the_language_of_the_page(tmp_path: Path, fake: FakePool) -> None:
    shelf, pages = Shelf(fake, True, True), list[str]()
    fake.change(shelf.sr, VDIs=[fake.put(VDI(SR=shelf.sr.ref, managed=True)) for _ in range(AT_ONCE + 1)])

    def told(_parts: Sequence[Part]) -> Iterator[None]:
        pages.append(ui.context.client.page.path)
        yield

    def draw(context: Context) -> None:
        SrContents(context.mirror, shelf.sr, told, lambda _key: None)

    async with looking(tmp_path, fake, draw) as at:
        await at.user.should_see("61 disks")
        assert pages == ["/it"]


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
            merge_room=5 * GIB,
            disks=1,
            snapshots=4 * GIB,
            old=4 * GIB,
            olds=1,
        ),
        Part(Holder.NOBODY, current=3 * GIB, disks=2),
    ]
    async with looking(tmp_path, fake, lambda context: FreeUp(context, view(shelf), chosen.append).show(parts)) as at:
        for text in (
            "2 base copies to coalesce",
            "1 snapshot over 30 days",
            "2 orphaned disks",
            "nas to another SR",
            "up to 13\u202fGiB",
            "needs up to 5\u202fGiB",
        ):
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


async def test_a_part_of_the_bar_is_listed_where_only_the_picture_was(tmp_path: Path, fake: FakePool) -> None:
    shelf = Shelf(fake, True, True)
    fake.change(shelf.sr, VDIs=[fake.put(VDI(SR=shelf.sr.ref, managed=True, physical_utilisation=GIB))])
    async with looking(tmp_path, fake, lambda context: show(context, view(shelf))) as at:
        at.user.find(marker="segment-picture").click()
        (ways,) = at.user.find(kind=Segments).elements
        page = next(one for one in ways.ancestors() if "x-object" in one.classes)
        assert "x-sr-picture" in page.classes
        at.user.find(marker="use-orphans").click()
        assert "x-sr-list" in page.classes and "x-sr-picture" not in page.classes and ways.value == "list"


async def test_a_library_lists_its_images_and_no_vms_of_its_own(tmp_path: Path, fake: FakePool) -> None:
    shelf = Shelf(fake, True, False)
    image = fake.put(VDI(SR=shelf.sr.ref, managed=True, name_label="debian.iso", virtual_size=GIB))
    fake.change(shelf.sr, VDIs=[image], content_type="iso", type="iso")
    async with looking(tmp_path, fake, lambda context: show(context, view(shelf))) as at:
        await at.user.should_see("ISO images")
        await at.user.should_see("VMs with an image of it")
        await at.user.should_not_see("VMs and disks")
