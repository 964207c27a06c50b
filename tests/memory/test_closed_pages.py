"""A page that is closed is freed by counting alone: nothing of it waits for the garbage collector."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import Client, app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.live import fresh_slot
from data.objects import SR, VM, Host, Network
from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore
from data.stores.vault import Vault
from pages import layout
from pages.table import PAGES
from tests import fakes
from tests.map.fleets import join
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.logs import is_news
from xo_dash.sync.servers import Servers

PATHS = (
    "/", "/vms", "/hosts", "/storage", "/networks", "/snapshots", "/tasks", "/attention", "/messages", "/settings", "/people", "/account",
    "/compare", "/consoles", "/vm/{vm}", "/vm/{vm}/console", "/vm/{vm}/snapshots", "/vm/{vm}/history", "/migrate/{vm}", "/migrate?vms={vm}",
    "/vms?state=trash", "/host/{host}", "/pool/{pool}", "/sr/{sr}", "/network/{network}", "/vm/nope", "/new-vm",
    "/new-sr", "/templates", "/isos",
    "/pool/{pool}/new-network?kind=bond", "/pool/{pool}/ha", "/pool/{pool}/rolling", "/pool/{pool}/import-ova",
)  # fmt: skip
TURNS = 250
"""After so many what is left is left for good."""


@pytest.fixture
def context(data_dir: Path) -> Context:
    data_dir.mkdir(mode=0o700, exist_ok=True)
    mirror, directory = fakes.home_lab(), DataDirectory(data_dir / "servers")
    for pool in mirror:
        join(pool)
    store = ServerStore(directory, Vault(directory))
    return fakes.context(mirror, data_dir, servers=Servers(mirror, store), server_store=store)


@pytest.fixture
async def user(context: Context) -> AsyncIterator[User]:
    async with user_simulation(lambda: None) as user:
        fakes.sign_in(app, context)
        layout.install(app, context)
        for page in PAGES:
            page.create(context)
        yield user
        await context.runner.stop()


def place(path: str, context: Context) -> str:
    """The path to one of each kind."""
    pool = next(iter(context.mirror))
    found = {kind.xapi_class.lower(): next(iter(pool.all(kind).values())).uuid for kind in (VM, Host, SR, Network)}
    return path.format(**found, pool=pool.server.pool_uuid)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("path", PATHS)
async def test_it_is_freed(user: User, context: Context, path: str) -> None:
    await closed(user, place(path, context))  # what is made once for all pages
    alive = await closed(user, place(path, context))
    kept = [reference() for reference in alive if reference() is not None]
    assert not kept, f"{len(kept)} of {len(alive)}: {[type(one).__name__ for one in kept][:20]}"


async def closed(user: User, path: str) -> list[weakref.ref[object]]:
    """What there was of a page, once its browser has gone."""
    client = await user.open(path)
    await asyncio.sleep(0.2)
    found = rings_of(client)
    user.client = None
    client.delete()
    client.outbox.message_history.clear()  # the simulated user ties the outbox to itself
    del client
    Client.instances.clear()
    for _turn in range(TURNS):
        if all(reference() is None for reference in found):
            break
        await asyncio.sleep(0.02)
    return found


def rings_of(client: Client) -> list[weakref.ref[object]]:
    """The page, its elements, and what each of them could be tied to itself by."""
    elements = list(client.elements.values())
    return [weakref.ref(one) for one in (client, *elements, *(part for element in elements for part in (element._classes, element._props)))]


@pytest.mark.usefixtures("no_collector")
async def test_what_is_drawn_anew_on_a_page_that_stays_is_freed_too(user: User) -> None:
    client = await user.open("/hosts")
    with client:
        box = ui.element()
    old = drawn(box)
    with fresh_slot(box):
        pass
    await until(lambda: not any(reference() for reference in old))


def drawn(box: ui.element) -> list[weakref.ref[object]]:
    """A field and a menu that call themselves."""
    with fresh_slot(box):
        field = ui.input("a name", on_change=lambda _event: field.update())
        with ui.menu() as menu:
            ui.label("within")
        menu.on_value_change(menu.update)
    return [weakref.ref(one) for one in (*box.descendants(), field._props)]


async def test_what_ends_after_its_browser_left_is_no_news(user: User, error_log: list[logging.LogRecord]) -> None:
    client = await user.open("/hosts")
    answered = asyncio.Event()

    async def act() -> None:
        await answered.wait()
        ui.label("done")

    with client:
        ui.button("act", on_click=act)
    user.find("act").click()
    user.client = None
    client.delete()
    del client
    answered.set()
    await asyncio.sleep(0.1)
    assert [record.getMessage() for record in error_log if is_news(record)] == []
    error_log.clear()
