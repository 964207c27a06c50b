"""`/sr/{uuid@pool}`: one SR, its room, its paths, and what lies on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nicegui import ui

from components.actions import PlacedMenu
from components.charts import HistoryCharts, panels
from components.grant_texts import naming_owners
from components.lists import Listing
from components.messages.recent import RecentMessages
from components.parts import page
from components.storage.area_tiles import part_key
from components.storage.areas import Areas
from components.storage.chain import Chain
from components.storage.contents import OPENED, SrContents
from components.storage.parts import RoomCard, SrAbout, SrPaths, sr_head
from components.storage.rows import disk_table, image_table
from components.storage.space import FreeUp, SpaceBar, SRGrowth
from components.ui import Card
from components.ui.segments import Segments
from data.contents import Holder, Part, shares_of
from data.storage import Reach
from data.views.sr import SRView
from pages.objects import PageKind, object_page, tabbed
from xo_dash.context import Context
from xo_dash.i18n import N_, _

LIST, PICTURE = "list", "picture"
WAYS: Final[Mapping[str, str]] = {"vms": N_("By VM"), LIST: N_("By disk"), PICTURE: N_("Picture")}
"""{way of looking at what fills an SR: a message}; the first shows all of them below each other."""
ORPHANS: Final = "orphan"
"""The segment of the list of disks that has what nothing has."""


def create(program: Context) -> None:
    @page("/sr/{key}")
    def sr(key: str) -> None:
        context = program.for_viewer()
        object_page(context, _about(), key)


def _about() -> PageKind[SRView]:
    return PageKind(
        view=SRView,
        title=_("SR"),
        unknown=_("SR not found"),
        gone=_("This SR was removed. Its last known state is shown."),
        all_title=_("Storage"),
        all_path="/storage",
        draw=show,
    )


def show(context: Context, sr: SRView) -> None:
    """The page of an SR."""
    sr_head(context, sr)
    tabbed(context, sr, _overview, _outline)


def _outline(_context: Context, sr: SRView) -> None:
    RoomCard(sr)


def _overview(context: Context, sr: SRView) -> None:
    is_library = sr.reach is Reach.IMAGES or sr.row.is_tools_sr
    _library(context, sr) if is_library else _disks(context, sr)


def _library(context: Context, sr: SRView) -> None:
    """Images have neither VMs of their own nor chains: which there are, and who has them in a drive."""
    with ui.element().classes("x-object"):
        with Card(_("ISO images"), wide=True) as images:
            table = image_table(naming_owners(context), sr.row)
            Listing(context.mirror, table, on_count=images.show_count, offer=PlacedMenu(context).open_for)
        HistoryCharts("sr", sr.key, panels.of_sr(), first="day")
        with ui.element().classes("x-object-aside"):
            RoomCard(sr)
            SRGrowth(sr)
            SrPaths(context, sr)
            SrAbout(sr)
            RecentMessages(context.mirror, sr.row)


def _disks(context: Context, sr: SRView) -> None:
    """What is on it, with one selection for the bar, the VMs and the disks."""
    mirror = context.mirror
    with ui.element().classes("x-object") as page:

        def show_by(way: str) -> None:
            page.classes(f"x-sr-{way}", remove=" ".join(f"x-sr-{one}" for one in WAYS if one != way))

        def choose(segment: str) -> None:
            listing.run_method("only", segment)

        def select(key: str) -> None:
            """One of what fills it, by its key: its line, its area, the chain of its largest disk; "" for none."""
            contents.open(key)
            areas.open(key)
            part = next((part for part in contents.parts if part_key(part) == key), None)
            if part is None:
                return
            if part.holder is Holder.NOBODY:
                choose(ORPHANS)
            elif disk := next((share.disk for share in shares_of(part, OPENED) if share.disk is not None), None):
                chain.choose(disk.uuid)

        def list_part(segment: str) -> None:
            lost = next((part for part in contents.parts if part.holder is Holder.NOBODY), None)
            if ways.value == PICTURE:
                ways.press(LIST)
            if segment == ORPHANS and lost is not None:
                select(part_key(lost))
            else:
                choose(segment)

        bar = SpaceBar(sr, list_part)
        shown: list[SpaceBar | Areas | Chain | FreeUp] = [bar]
        with ui.element().classes("x-wide"):
            ways = Segments({way: _(text) for way, text in WAYS.items()}, next(iter(WAYS)), show_by, label=_("What is shown"))

        def told(parts: Sequence[Part]) -> Iterator[None]:
            for one in shown:
                one.show(parts)
                yield

        contents = SrContents(mirror, sr.row, told, select).classes("x-sr-by-vm")
        chain = Chain(sr).classes("x-sr-by-vm")
        chain.show(contents.parts)
        areas = Areas(sr, select, chain.choose).classes("x-sr-by-size")
        areas.show(contents.parts)
        with Card(_("Disks"), wide=True).classes("x-sr-by-disk") as disks:
            listing = Listing(mirror, disk_table(sr.row), on_count=disks.show_count, offer=PlacedMenu(context).open_for)
        HistoryCharts("sr", sr.key, panels.of_sr(), first="day")
        with ui.element().classes("x-object-aside"):
            free_up = FreeUp(context, sr, list_part).classes("x-first")
            free_up.show(contents.parts)
            shown += [chain, areas, free_up]
            SRGrowth(sr)
            SrPaths(context, sr)
            RoomCard(sr)
            SrAbout(sr)
            RecentMessages(mirror, sr.row)
