"""An administrator looks through another user's eyes: sees what they see, can do nothing, and is told so."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from httpx import Response
from nicegui import app, ui
from nicegui.testing.user_simulation import user_simulation

from components.people.view_as import viewing_banner
from data.grants.grant import GrantKind
from data.identity import key_of
from data.objects import VM
from data.stores.errors import RecordRefused
from data.stores.users import Role, ViewedUser
from pages.front import VIEWS
from tests import fakes
from xo_dash.auth.current import current_actor, current_user
from xo_dash.auth.install import install
from xo_dash.auth.refused import Refused
from xo_dash.consoles.rights import may_see, may_use
from xo_dash.control.actions import action
from xo_dash.control.run import RunState


async def test_what_is_seen_is_theirs_and_nothing_can_be_done(data_dir: Path) -> None:
    async with user_simulation(lambda: None) as browser:
        context = fakes.context(fakes.home_lab(), data_dir)
        auth, users = context.auth, context.users
        install(app, auth, VIEWS, "127.0.0.1", context.scopes.ready)
        ann, bob = users.add_now("ann", "x", Role.ADMIN), users.add_now("bob", "x", Role.NONE)
        web = fakes.find(context.mirror, "web-1")
        await context.grants.grants.add("operator", GrantKind.VM, key_of(web), user_id=bob.id)
        await context.grants.refresh()
        actors = []

        @ui.page("/")
        def page() -> None:
            seen = context.for_viewer()
            viewing_banner(current_user())
            actors.append(current_actor())
            for vm in seen.mirror.every(VM):
                ui.label(vm.name_label)

        token, session = auth.sessions.start(ann, "127.0.0.1")
        http = browser.http_client
        http.cookies.set("xo-dash", token)
        http.headers.update({"accept": "text/html", "origin": str(http.base_url).rstrip("/")})

        async def answer(path: str, **fields: str) -> Response:
            return await http.post(path, data=fields)

        async def post(path: str, **fields: str) -> int:
            return (await answer(path, **fields)).status_code

        assert await post("/view-as", user=ann.id) == 404 and await post("/view-as", user="nobody") == 404
        assert await post("/view-as", user=bob.id) == 303
        await browser.open("/")
        await browser.should_see("You see what bob sees.")
        await browser.should_see("web-1")
        await browser.should_not_see("db-01")
        eyes = session.user()
        assert isinstance(eyes, ViewedUser) and eyes.by.id == ann.id and (actors[-1].user, actors[-1].only_looks) == ("ann", True)
        # nothing is done: by a command, by a key, by a change of our own records, by a plain request
        run = await context.runner.run(eyes, action("vm.snapshot"), [web], {"name": "x"})
        assert run.user_name == "ann" and run.items[0].state is RunState.REFUSED and "viewing as" in str(run.items[0].reason)
        assert may_see(eyes, web) and not may_use(eyes, web)
        with browser, pytest.raises(RecordRefused, match="viewing as another"):
            users.set_role_now(bob.id, Role.ADMIN)
        with browser:
            assert users.set_preferences_now(bob.id, {"theme": "dark"}).preferences == {}
        assert await post("/api/v1/users", name="eve") == 403
        _other, elsewhere = auth.sessions.start(ann, "127.0.0.1")
        with browser, pytest.raises(Refused, match="viewing as another"):
            auth.end_all_of(ann.id, but=session)
        with browser, pytest.raises(Refused, match="viewing as another"):
            await auth.by_password.confirm(session, "a guess", "user.password")
        assert elsewhere.is_open
        begun = context.runner.start(bob, action("vm.snapshot"), [web], {"name": "x"})
        context.runner.cancel(eyes, begun)
        assert not begun.cancelled
        # it ends where they become an administrator, and by the button
        users.set_role_now(bob.id, Role.ADMIN)
        assert session.user() == ann
        users.set_role_now(bob.id, Role.NONE)
        stopped = await answer("/view-as/stop")
        assert (stopped.status_code, stopped.headers["location"]) == (303, "/people/bob") and session.user() == ann
        await browser.open("/")
        await browser.should_see("db-01")
        await browser.should_not_see("You see what")
        await context.audit.settle()
        lines = [orjson.loads(line) for line in (data_dir / "audit.jsonl").read_text("utf-8").splitlines()]
        told = [(line["action"], line["user"], line["name"]) for line in lines if line["action"].startswith("view_as")]
        assert told == [("view_as.begin", "ann", "bob"), ("view_as.end", "ann", "bob")]
        # nobody else can
        _token, theirs = auth.sessions.start(bob, "127.0.0.1")
        http.cookies.set("xo-dash", _token)
        assert await post("/view-as", user=ann.id) == 403 and theirs.viewing_as == ""
        await context.runner.stop()
        await auth.close()
