"""Every command against every place: it is reachable wherever its kind of object is shown, or it is named here with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from nicegui import app
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.actions.menu import thinkable
from components.frame.feed import TreeFeed
from components.frame.finder import Finder
from components.frame.tree import SNAPSHOT as TREE
from components.frame.tree import Tree
from components.lists import Listing
from components.map.selection import KINDS
from components.urls import PREFIXES, path_of
from components.vms.feed import VmFeed
from components.vms.grid import SNAPSHOT as VMS
from components.vms.grid import Grid
from data.mirror import Mirror
from data.objects import PBD, PIF, SR, VBD, VDI, VGPU, VIF, VM, VUSB, Appliance, Host, Message, Network, Pool, Task
from data.types import XapiObject
from pages import host, hosts, isos, layout, network, networks, pool, snapshots, sr, storage, templates, vapps, vm, vms
from tests import fakes
from xo_dash.api.collections import OBJECTS
from xo_dash.context import Context
from xo_dash.control.actions import ACTIONS, actions_for
from xo_dash.control.pbd.plug import PLUG, UNPLUG

ANYWHERE: Final = (VM, Host, Pool, SR, Network, VDI, Appliance)
"""Kinds that have a menu of all their commands."""
IN_ROWS: Final[Mapping[type[XapiObject], str]] = {
    VBD: "the disks of a VM's page", VIF: "the NICs of a VM's page", VGPU: "the devices of a VM's page", VUSB: "the devices of a VM's page",
    PIF: "the NICs of a host's page", PBD: "the hosts of an SR's page", Message: "the events of a page", Task: "the list of tasks",
}  # fmt: skip
"""The others, which are shown as rows of something else: where."""
LISTS: Final[Mapping[str, type[XapiObject]]] = {
    "/vms": VM, "/templates": VM, "/snapshots": VM, "/hosts": Host, "/storage": SR, "/isos": VDI, "/networks": Network, "/vapps": Appliance,
}  # fmt: skip
NOT_THERE: Final[Mapping[tuple[str, type[XapiObject]], str]] = {
    ("list", Pool): "pools have no list of their own; they head the list of hosts",
    ("page", VDI): "a disk is shown on the pages of its VM and its SR",
    ("map", VDI): "the map has disks as what fills an SR",
    ("map", Appliance): "the map has its VMs",
    ("tree", SR): "the tree is what runs where",
    ("tree", VDI): "the tree is what runs where",
    ("tree", Network): "the tree is what runs where",
    ("tree", Appliance): "the tree has its VMs",
}
PLACES: Final[Mapping[str, Iterable[type[XapiObject]]]] = {
    "list": LISTS.values(), "page": PREFIXES, "map": KINDS.values(), "tree": (Pool, Host, VM),
    "search": (VM, Host, Pool, SR, Network, VDI, Appliance),
}  # fmt: skip


def test_every_command_has_a_place() -> None:
    kinds = {action.kind for action in ACTIONS}
    assert kinds == {*ANYWHERE, *IN_ROWS}, "a new kind needs a menu, or a row that offers its commands"
    for place, shown in PLACES.items():
        for kind in ANYWHERE:
            assert (kind in shown) != ((place, kind) in NOT_THERE), (place, kind)
    assert set(PREFIXES) <= set(ANYWHERE)


def test_what_is_shown_in_rows_alone_has_its_commands_there() -> None:
    words = "".join(path.read_text() for folder in ("components", "pages") for path in Path(folder).rglob("*.py"))
    named, spelled = {PLUG: "PLUG", UNPLUG: "UNPLUG"}, set(words.split())
    for action in ACTIONS:
        if action.kind in IN_ROWS:
            here = f'"{action.id}"' in words or f"actions_for({action.kind.xapi_class.lower()})" in words or named.get(action) in spelled
            assert here, f"{action.id}: {IN_ROWS[action.kind]}"


# ---- on the pages


@pytest.fixture(scope="module")
def mirror() -> Mirror:
    mirror = fakes.home_lab()
    build = fakes.Builder(mirror, "extra")
    vm_ref = build.put(VM, name_label="legacy-erp")
    build.put(VM, name_label="before", is_a_snapshot=True, is_a_template=True, snapshot_of=vm_ref, allowed_operations=["destroy"])
    build.put(VM, name_label="golden", is_a_template=True)
    library = build.put(SR, name_label="isos", content_type="iso", type="iso")
    build.put(VDI, name_label="debian.iso", SR=library, managed=True)
    build.put(Appliance, name_label="shop")
    build.commit()
    return mirror


@asynccontextmanager
async def person(mirror: Mirror, folder: Path) -> AsyncIterator[tuple[User, Context]]:
    async with user_simulation(lambda: None) as user:
        context = fakes.context(mirror, folder)
        fakes.sign_in(app, context)
        layout.install(app, context)
        for page in (vms, vm, templates, snapshots, hosts, host, pool, storage, sr, isos, networks, network, vapps):
            page.create(context)
        try:
            yield user, context
        finally:
            await context.runner.stop()


def offered(user: User) -> set[str]:
    """The commands that the page has, as buttons and in menus that were opened."""
    assert user.client is not None
    ids = {action.id for action in ACTIONS}
    return {mark for element in user.client.elements.values() for mark in element._markers if mark in ids}


async def turns(true: Callable[[], bool]) -> None:
    """Let what goes on in slices have its turns, until it is true."""
    for _turn in range(2000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError


def expected(row: XapiObject) -> set[str]:
    return {action.id for action in thinkable([row])}


def first(mirror: Mirror, path: str) -> XapiObject:
    """One that the list at `path` shows."""
    named = {"/vms": "web-1", "/templates": "golden", "/snapshots": "before", "/isos": "debian.iso", "/vapps": "shop"}
    name = named.get(path)
    return next(row for row in mirror.every(LISTS[path]) if name in (None, getattr(row, "name_label", "")))


async def test_lists_search_and_tree_have_the_menu_of_all_commands(mirror: Mirror, tmp_path: Path) -> None:
    async with person(mirror, tmp_path) as (user, context):
        for path in LISTS:
            row = first(mirror, path)
            await user.open(path)
            if path == "/vms":
                assert isinstance(row, VM)
                await user.http_client.get(VMS)
                user.find(Grid).trigger("offer", [[context.shared(VmFeed).rows._ids[row]], 10, 10])
            else:
                listing = next(iter(user.find(Listing).elements))
                user.find(Listing).trigger("ready")
                await turns(lambda: row in listing._ids)  # noqa: B023  # asked before the next one
                user.find(Listing).trigger("offer", [[listing._ids[row]], 10, 10])
            assert offered(user) >= expected(row) != set(), path
        for row in (first(mirror, "/vms"), next(mirror.every(Host)), next(mirror.every(Pool))):
            await user.open("/hosts")
            await user.http_client.get(TREE)
            node = next(one[0] for one in context.shared(TreeFeed).rows.rows() if one[5] == row.uuid)
            user.find(Tree).trigger("menu", [node, 10, 10])
            assert offered(user) >= expected(row) != set(), row
        await user.open("/hosts")
        await context.shared(TreeFeed).index()
        finder = next(iter(user.find(Finder).elements))
        for number, row in enumerate((first(mirror, path) for path in LISTS), 1):
            user.find(Finder).trigger("query", [number, str(getattr(row, "name_label", ""))])
            await turns(lambda: finder._number == number and row in finder._found)  # noqa: B023
            user.find(Finder).trigger("offer", [number, finder._found.index(row), 10, 10])
            assert offered(user) >= expected(row) != set(), row


@pytest.mark.parametrize("kind", PREFIXES, ids=lambda kind: kind.xapi_class)
async def test_the_head_of_a_page_has_all_commands(mirror: Mirror, tmp_path: Path, kind: type[XapiObject]) -> None:
    """What changes a VM's settings has its place on the tabs of its page, and is in its other menus."""
    row = first(mirror, "/vms") if kind is VM else next(mirror.every(kind))
    async with person(mirror, tmp_path) as (user, _context):
        await user.open(path_of(row))
        user.find(marker="more-commands").click()
        wanted = {action.id for action in actions_for(row) if not action.occasional and not (kind is VM and action.group)}
        assert offered(user) >= wanted


def test_the_api_takes_every_kind() -> None:
    """By `POST /api/v1/actions/{id}`, and `xo-dash do`, which name objects by uuid; what has no collection is named by another object."""
    listed = {one.kind for one in OBJECTS}
    assert {action.kind for action in ACTIONS} - listed <= {VBD, VIF, VGPU, VUSB, Appliance}
