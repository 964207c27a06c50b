"""Two pools whose objects have the same uuids, as somebody meets them on the pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.charts.compare import compare_path
from components.findings.pins import PINS, Pins
from components.lists import Listing
from components.map.map import SelectedObject
from components.map.selection import Selection, found
from components.urls import path_of
from data.changes import Event, Operation
from data.identity import key_of
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM, Host, Message, Network, Pool
from data.types import Ref, XapiObject
from pages import host, hosts, layout, messages, network, networks, pool, sr, storage, vm, vms
from pages.compare import asked
from tests import fakes
from tests.map.fleets import joined
from xo_dash.context import Context

PAGES = (hosts, host, pool, storage, sr, networks, network, vm, vms, messages)
KINDS: dict[str, type[XapiObject]] = {"vm": VM, "host": Host, "sr": SR, "network": Network, "pool": Pool}


@pytest.fixture
def mirror() -> Mirror:
    return joined(fakes.twins())


@pytest.fixture
def context(mirror: Mirror, data_dir: Path) -> Context:
    return fakes.context(mirror, data_dir)


@pytest.fixture
async def user(context: Context) -> AsyncIterator[User]:
    async with user_simulation(lambda: None) as user:
        fakes.sign_in(app, context)
        layout.install(app, context)
        for page in PAGES:
            page.create(context)

        @ui.page("/parts")
        def parts() -> None:
            Pins(context, lambda _key: None)
            Selection(context, lambda: None)

        try:
            yield user
        finally:
            await context.runner.stop()
        await asyncio.sleep(0.05)  # what it told last is on its way: NiceGUI under 3.11 may miss a cancel in that moment


def pair(mirror: Mirror, kind: str) -> tuple[XapiObject, XapiObject]:
    """The same object in both pools; a VM that is one."""
    rows = [row for row in mirror.every(KINDS[kind]) if not (isinstance(row, VM) and row.is_control_domain)]
    first = rows[0]
    return first, next(row for row in rows if row.home is not first.home and (kind == "pool" or row.uuid == first.uuid))


def links(user: User) -> list[str]:
    return [str(link.props["href"]) for link in user.find(kind=ui.link).elements]


@pytest.mark.parametrize("kind", KINDS)
async def test_each_has_its_own_page(user: User, mirror: Mirror, kind: str) -> None:
    for row in pair(mirror, kind):
        other = {"here": "there", "there": "here"}[row.home.server.label]  # type: ignore[attr-defined]
        client = await user.open(path_of(row))
        await user.should_see(row.name_label)  # type: ignore[attr-defined]
        with client:
            shown = "\n".join(str(label.text) for label in user.find(kind=ui.label).elements)
        assert not [line for line in shown.splitlines() if line.endswith(f" {other}")], "nothing there is of the other pool"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pool"])
async def test_a_link_without_the_pool_asks_which_one_is_meant(user: User, mirror: Mirror, kind: str) -> None:
    first, second = pair(mirror, kind)
    await user.open(f"/{kind}/{first.uuid}")
    await user.should_see("Which one do you mean?")
    assert {path_of(first), path_of(second)} <= set(links(user))
    fakes.remove(mirror, second)
    await user.should_see(first.name_label)  # type: ignore[attr-defined]
    await user.should_not_see("Which one do you mean?")


async def test_what_went_to_another_pool_is_found_there(user: User, mirror: Mirror) -> None:
    first, second = pair(mirror, "vm")
    fakes.remove(mirror, first)
    await user.open(path_of(first))
    await user.should_see("VM not found")
    await user.should_see("Another pool has an object with this UUID:")
    assert path_of(second) in links(user)


async def test_a_page_never_becomes_that_of_another_pool(user: User, mirror: Mirror) -> None:
    first, second = pair(mirror, "host")
    fakes.remove(mirror, second)
    await user.open(f"/host/{first.uuid}")
    await user.should_see(first.name_label)  # type: ignore[attr-defined]
    fakes.remove(mirror, first)
    await user.should_see("no longer in its pool")
    build = fakes.Builder(mirror, "third")
    build.put(Host, name_label="another", uuid=first.uuid)
    build.put(Pool, name_label="third")
    build.commit()
    await user.should_see("no longer in its pool")
    await user.should_not_see("another")


@pytest.mark.parametrize("path", ["/hosts", "/storage", "/networks"])
async def test_lists_lead_to_the_pool_of_the_row(user: User, mirror: Mirror, path: str) -> None:
    await user.open(path)
    (listing,) = user.find(Listing).elements
    with listing.client:
        rows = [row for one in mirror for row in one.all(listing._spec.kind).values() if listing._spec.belongs(row)]
        for row in rows:
            paths = [cell.path for cell in listing._spec.row(row).cells if cell.path]
            homes = {kind.home for target in paths if (kind := target_of(mirror, target))}
            assert paths and homes == {row.home}


def target_of(mirror: Mirror, path: str) -> XapiObject | None:
    kind, _slash, key = path.removeprefix("/").partition("/")
    return mirror.find(KINDS[kind], key)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_chosen_on_the_map_is_what_commands_are_for(mirror: Mirror, kind: str) -> None:
    first, second = pair(mirror, kind)
    assert found(mirror, [SelectedObject(kind, key_of(second)), SelectedObject(kind, key_of(first))]) == [second, first]
    if kind != "pool":
        assert found(mirror, [SelectedObject(kind, first.uuid)]) == [], "not said clearly: nothing is done"


def test_both_are_compared(mirror: Mirror) -> None:
    both = pair(mirror, "vm")
    assert list(asked(mirror, compare_path(both).removeprefix("/compare?o=")).values()) == list(both)
    assert asked(mirror, f"vm:{both[0].uuid}") == {}


async def test_pins_keep_them_apart_and_old_ones_still_hold(user: User, mirror: Mirror, context: Context) -> None:
    first, second = pair(mirror, "vm")
    admin = context.users.by_name("admin")
    lone = cast(VM, next(row for row in mirror.every(VM) if row.name_label == "halted here"))
    fakes.remove(mirror, next(row for row in mirror.every(VM) if row.name_label == "halted there"))
    assert admin is not None
    await context.users.set_preferences(admin.id, {PINS: [["VM", lone.uuid], ["VM", first.uuid]]})
    await user.open("/parts")
    await user.should_see("halted here")
    await user.should_not_see(first.name_label)  # type: ignore[attr-defined]
    (pins,) = user.find(Pins).elements
    with pins.client:
        pins.toggle(second)
    await user.should_see(second.name_label)  # type: ignore[attr-defined]
    await user.should_not_see(first.name_label)  # type: ignore[attr-defined]
    with pins.client:
        pins.toggle(lone)
        pins.toggle(first)
        pins.toggle(second)
    await user.should_see(first.name_label)  # type: ignore[attr-defined]
    await user.should_not_see(second.name_label)  # type: ignore[attr-defined]


async def test_messages_are_narrowed_to_one_of_them(user: User, mirror: Mirror) -> None:
    first, second = pair(mirror, "vm")
    for row in (first, second):
        label = row.home.server.label  # type: ignore[attr-defined]
        message = Message(name=f"NOTE_{label.upper()}", cls="VM", obj_uuid=row.uuid, priority=3)
        mirror.apply(cast(PoolMirror, row.home), [Event(Message, Operation.ADD, Ref(f"OpaqueRef:m-{label}"), message)])
    await user.open(f"/messages?object={key_of(second)}")
    (listing,) = user.find(Listing).elements
    seen = [row for row in mirror.every(Message) if listing._spec.belongs(row)]
    assert [row.name for row in seen] == ["NOTE_THERE"]
