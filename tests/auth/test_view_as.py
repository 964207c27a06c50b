"""An administrator looks through another user's eyes: sees what they see, can do nothing, and is told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from nicegui import app, background_tasks, ui
from nicegui.testing import User as Browser
from nicegui.testing.user_simulation import user_simulation

from components.actions.retrying import dismiss
from components.findings.pins import Pins
from components.new_vm.draft import Drafts
from components.people.view_as import viewing_banner
from components.transfers.handing import download
from data.grants.grant import GrantKind
from data.identity import key_of
from data.objects import VM
from data.stores.errors import RecordRefused
from data.stores.trace import Actor
from data.stores.users import Role, ViewedUser
from pages import new_vm, transfers
from pages.front import VIEWS
from tests import fakes
from tests.waiting import PATIENCE
from xo_dash.auth.current import current_actor, current_user
from xo_dash.auth.install import install
from xo_dash.auth.refused import Refused
from xo_dash.consoles.rights import may_see, may_use
from xo_dash.control.actions import action
from xo_dash.control.run import RunState


class House:
    """A page that shows the VMs there are, and ann, an administrator, in front of it; bob is the operator of web-1."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.context = context = fakes.context(fakes.home_lab(), folder)
        self.auth, self.users = context.auth, context.users
        install(app, context.auth, VIEWS, "127.0.0.1", context.scopes.ready)
        self.ann, self.bob = self.users.add_now("ann", "x", Role.ADMIN), self.users.add_now("bob", "x", Role.NONE)
        self.web = fakes.find(context.mirror, "web-1")
        self.actors: list[Actor] = []
        new_vm.create(context)
        transfers.create(context)

        @ui.page("/")
        def page() -> None:
            self.seen = context.for_viewer()
            viewing_banner(current_user())
            self.actors.append(current_actor())
            for vm in self.seen.mirror.every(VM):
                ui.label(vm.name_label)

        token, self.session = self.auth.sessions.start(self.ann, "127.0.0.1")
        self.http = browser.http_client
        self.http.cookies.set("xo-dash", token)
        self.http.headers.update({"accept": "text/html", "origin": str(self.http.base_url).rstrip("/")})

    async def post(self, path: str, **fields: str) -> int:
        return (await self.http.post(path, data=fields)).status_code

    async def view_as_bob(self) -> ViewedUser:
        assert await self.post("/view-as", user=self.bob.id) == 303
        await self.browser.open("/")
        eyes = self.session.user()
        assert isinstance(eyes, ViewedUser)
        return eyes


@pytest.fixture
async def house(data_dir: Path) -> AsyncIterator[House]:
    async with user_simulation(lambda: None) as browser:
        house = House(browser, data_dir)
        await house.context.grants.grants.add("operator", GrantKind.VM, key_of(house.web), user_id=house.bob.id)
        await house.context.grants.refresh()
        yield house
        await house.context.runner.stop()
        await house.auth.close()


async def test_what_is_seen_is_theirs_until_it_ends_and_the_audit_has_both(house: House) -> None:
    assert await house.post("/view-as", user=house.ann.id) == 404 and await house.post("/view-as", user="nobody") == 404
    eyes = await house.view_as_bob()
    await house.browser.should_see("You see what bob sees.")
    await house.browser.should_see("web-1")
    await house.browser.should_not_see("db-01")
    assert eyes.by.id == house.ann.id and (house.actors[-1].user, house.actors[-1].only_looks) == ("ann", True)
    # it ends where they become an administrator, and by the button
    house.users.set_role_now(house.bob.id, Role.ADMIN)
    assert house.session.user() == house.ann
    house.users.set_role_now(house.bob.id, Role.NONE)
    stopped = await house.http.post("/view-as/stop")
    assert (stopped.status_code, stopped.headers["location"]) == (303, "/people/bob") and house.session.user() == house.ann
    await house.browser.open("/")
    await house.browser.should_see("db-01")
    await house.browser.should_not_see("You see what")
    await house.context.audit.settle()
    lines = [orjson.loads(line) for line in (house.folder / "audit.jsonl").read_text("utf-8").splitlines()]
    told = [(line["action"], line["user"], line["name"]) for line in lines if line["action"].startswith("view_as")]
    assert told == [("view_as.begin", "ann", "bob"), ("view_as.end", "ann", "bob")]


async def test_nobody_but_an_administrator_can(house: House) -> None:
    token, theirs = house.auth.sessions.start(house.bob, "127.0.0.1")
    house.http.cookies.set("xo-dash", token)
    assert await house.post("/view-as", user=house.ann.id) == 403 and theirs.viewing_as == ""


async def test_nothing_is_done_by_a_command_a_key_a_record_or_a_request(house: House) -> None:
    eyes = await house.view_as_bob()
    run = await house.context.runner.run(eyes, action("vm.snapshot"), [house.web], {"name": "x"})
    assert run.user_name == "ann" and run.items[0].state is RunState.REFUSED and "viewing as" in str(run.items[0].reason)
    assert may_see(eyes, house.web) and not may_use(eyes, house.web)
    with house.browser, pytest.raises(RecordRefused, match="viewing as another"):
        house.users.set_role_now(house.bob.id, Role.ADMIN)
    with house.browser:
        assert house.users.set_preferences_now(house.bob.id, {"theme": "dark"}).preferences == {}
    assert await house.post("/api/v1/users", name="eve") == 403
    _other, elsewhere = house.auth.sessions.start(house.ann, "127.0.0.1")
    with house.browser, pytest.raises(Refused, match="viewing as another"):
        house.auth.end_all_of(house.ann.id, but=house.session)
    with house.browser, pytest.raises(Refused, match="viewing as another"):
        await house.auth.by_password.confirm(house.session, "a guess", "user.password")
    assert elsewhere.is_open


async def test_what_waits_for_its_user_waits_on(house: House) -> None:
    """A run, its card, a file, a draft, what is pinned."""
    eyes = await house.view_as_bob()
    begun = house.context.runner.start(house.bob, action("vm.snapshot"), [house.web], {"name": "x"})
    house.context.runner.cancel(eyes, begun)
    assert not begun.cancelled
    with house.browser:
        dismiss(house.context, begun)
        Pins(house.seen, str).toggle(house.web)
    assert not begun.dismissed and "pins of a user" not in {task.get_name() for task in background_tasks.running_tasks}
    exchange = house.context.runner.exchange
    file = exchange.deliver(begun, begun.items[0], "web-1.xva")
    ticket = exchange.ticket(file, house.session.key)
    async with asyncio.timeout(PATIENCE):  # what is handed over has no end here
        assert (await house.http.get(f"/transfers/out/{ticket}")).status_code == 404
    with house.browser:
        download(house.context, file)
    assert exchange.waiting(begun) == [file] and file.ticket == ticket
    await house.browser.open("/new-vm")
    assert house.context.shared(Drafts).of(house.bob.id) is None
