"""Every route of the program, asked by every kind of session: a new one is covered by being there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui import Client, app
from nicegui.page import page
from nicegui.testing.user_simulation import user_simulation
from nicegui.version import __version__ as nicegui_version
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route

from data.stores.users import Role
from tests import fakes
from tests.sync.house import house
from tests.waiting import PATIENCE
from xo_dash import __version__
from xo_dash.app import add_routes
from xo_dash.auth.current import SCOPE_KEY, current_user, may_use
from xo_dash.auth.kinds import SIGNED_IN, SessionKind
from xo_dash.auth.sessions import SignedOut, viewer_of
from xo_dash.context import Context

FILES = f"/_nicegui/{nicegui_version}"
PLACES = (
    "/", "/nothing-here", "/theme/nothing.css", "/_nicegui/nothing", "/_nicegui/auto/static/x", "/kiosk/map/x", "//kiosk/map", "/KIOSK/map",
    f"{FILES}/nothing.js", f"{FILES}/libraries/nothing.js", f"{FILES}/static/nothing.js",
)  # fmt: skip
"""Besides the routes: what is nowhere, or in a folder whose files a screen may have."""
FOR_EVERYBODY = re.compile(
    rf"/(login(/sso(/back)?|/passkey)?|first-run|sign-out|kiosk|invitation|healthz|favicon\.ico)|{re.escape(FILES)}(/.*)?"
)
FOR_SCREENS = re.compile(r"/(kiosk/map|theme/[0-9a-f]+\.(css|js)|modules/xo-[a-z]+\.[0-9a-f]+\.js)")
"""Said here once more: who opens a route to others than people says it in two places."""
KINDS = ("nobody", "kiosk", *Role)


@dataclass
class Program:
    """All routes over a mirror of two pools, and a cookie of each kind."""

    http: httpx.AsyncClient
    context: Context
    cookies: dict[str, str]

    async def ask(self, kind: str, method: str, path: str) -> httpx.Response:
        headers = {"accept": "text/html", "origin": "http://test", "cookie": self.cookies[kind]}
        return await self.http.request(method, path, headers=headers)

    def secrets(self) -> Iterator[str]:
        """What only people may read: names, addresses and ids."""
        for pool in self.context.mirror:
            yield from (pool.server.id, pool.server.label)
        yield from ("xcp-lab-1", "192.168.1.10", "mgmt", "nfs-vault")


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    async with user_simulation(lambda: None) as user, house(tmp_path / "servers") as home:
        mirror = fakes.home_lab()
        context = fakes.context(mirror, tmp_path / "data", servers=home.servers, server_store=home.store)
        add_routes(app, context)
        sessions = context.auth.sessions
        tokens = {role: sessions.start(context.users.add_now(role, "hash", role), "::1")[0] for role in Role}
        _secret, kiosk = context.kiosks.add_now("hall", "admin", None)
        tokens["kiosk"], _session = sessions.start(viewer_of(kiosk), "::1")
        cookies = {kind: f"xo-dash={token}" for kind, token in tokens.items()}
        yield Program(user.http_client, context, {"nobody": "", **cookies})
        await context.runner.stop()
        await context.auth.close()


def asked(routes: Sequence[BaseRoute]) -> list[tuple[str, str]]:
    """(method, path) of every route, with something in its parameters; and of places where there is none."""
    found = [(method, path) for path in PLACES for method in ("GET", "POST")]
    for route in routes:
        if isinstance(route, Route):
            path = re.sub(r"\{[^}]+\}", "x", route.path)
            found += [(method, path) for method in (route.methods or {"GET"}) | {"POST"}]
        elif isinstance(route, Mount):
            found += [("GET", f"{route.path}/x"), ("POST", f"{route.path}/x")]
    return found


async def test_each_kind_gets_what_its_routes_say_and_no_more(program: Program) -> None:
    routes = asked(app.routes)
    assert ("GET", "/kiosk/map") in routes and ("GET", "/vms") in routes
    for method, path in routes:
        if path.startswith("/_nicegui_ws"):
            continue  # sockets: test_break_in
        for kind in KINDS:
            if path == "/api/v1/events" and method == "GET" and kind not in ("nobody", "kiosk"):
                continue  # it does not end: tests/api/test_events
            if path == "/sign-out" and method == "POST":
                continue  # for everybody, and it would end the session that the rest needs
            answer = await program.ask(kind, method, path)
            told = f"{method} {path} by {kind}: {answer.status_code}"
            assert answer.status_code < 500, told
            if kind in ("nobody", "kiosk"):
                bare(program, kind, path, answer, told)
            elif method == "GET":
                refused = (403,) if kind is not Role.ADMIN else ()
                assert answer.status_code in (200, 204, 205, 303, 304, 404, 405, 422, *refused), told


def bare(program: Program, kind: str, path: str, answer: httpx.Response, told: str) -> None:
    """Without a person's session: only what is open to this kind answers, and nothing has the frame or what is in the pools."""
    is_open = FOR_EVERYBODY.fullmatch(path) or (kind == "kiosk" and FOR_SCREENS.fullmatch(path))
    if not is_open:
        assert answer.status_code in ((303, 401) if kind == "nobody" else (403, 404)), told
    if not path.startswith(("/theme/", "/modules/", "/kiosk/map")):
        assert "x-shell" not in answer.text, told
        for secret in program.secrets():
            assert secret not in answer.text, f"{told}: has {secret}"


@pytest.mark.parametrize("role", Role)
async def test_a_person_still_sees_the_frame_where_nothing_is(program: Program, role: Role) -> None:
    for path, said in (("/nothing-here", "There is nothing at this address"), ("/vm/gone", "VM not found")):
        answer = await program.ask(role, "GET", path)
        assert answer.status_code == 404 and said in answer.text and "x-shell" in answer.text, path


async def test_strangers_learn_how_many_servers_are_live_and_no_more(program: Program) -> None:
    for kind in ("nobody", "kiosk"):
        told = (await program.ask(kind, "GET", "/healthz")).json()
        assert told == {"status": "ok", "version": __version__, "servers": {"live": 2, "all": 2}}
    told = (await program.ask(Role.VIEWER, "GET", "/healthz")).json()
    assert told["servers"] == {"live": 2, "all": 2}
    assert [one["state"] for one in told["connections"]] == ["live", "live"]
    assert told["connections"][0]["counts"]["host"] == 3


async def test_a_screen_speaks_for_its_page_alone(program: Program) -> None:
    """Whatever page its session came to have: elements of the map's are heard, and no handler takes it for a person."""
    kiosk = next(session for session in program.context.auth.sessions.all() if session.kind is SessionKind.KIOSK)
    person = next(session for session in program.context.auth.sessions.all() if session.kind is SessionKind.PERSON)
    routes = {route.path: route.endpoint for route in app.routes if isinstance(route, Route)}
    for path, heard in (("/kiosk/map", True), ("/vms", False), ("/", False), ("", False)):
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "endpoint": routes.get(path)}
        client = Client(page(path), request=Request({**scope, SCOPE_KEY: kiosk}))
        assert may_use(kiosk, client) is heard, path
        assert not may_use(person, client)
        with client:
            assert current_user(SIGNED_IN).name == "hall"
            with pytest.raises(SignedOut):
                current_user()
        client.delete()


async def test_a_screen_gets_its_page_and_what_it_fetches(program: Program) -> None:
    answer = await program.ask("kiosk", "GET", "/kiosk/map")
    assert answer.status_code == 200 and "xo-kiosk" in answer.text
    files = re.findall(r"/theme/[0-9a-f]+\.(?:css|js)", answer.text)
    assert len(files) == 2
    for path in files:
        assert (await program.ask("kiosk", "GET", path)).status_code == 200


SOCKETS = ("/ws/console/{uuid}", "/ws/text-console/{uuid}")


@pytest.mark.parametrize(
    ("kind", "origin"), [("nobody", "http://test"), ("kiosk", "http://test"), (Role.ADMIN, "https://evil.example"), (Role.ADMIN, "null")]
)
async def test_a_console_is_for_people_on_our_own_pages(program: Program, kind: str, origin: str) -> None:
    vm = fakes.find(program.context.mirror, "ci-runner-1")
    for path in SOCKETS:
        assert await said_to_a_socket(program, path.format(uuid=vm.uuid), kind, origin) == ["websocket.close"], path


async def said_to_a_socket(program: Program, path: str, kind: str, origin: str) -> list[str]:
    """What a browser that wants a websocket is told, until that closes."""
    told: list[str] = []
    headers = [(b"host", b"test"), (b"origin", origin.encode()), (b"cookie", program.cookies[kind].encode())]
    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers, "subprotocols": [],
        "scheme": "ws", "server": ("test", 80), "client": ("127.0.0.1", 1), "root_path": "", "http_version": "1.1",
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message["type"])

    async with asyncio.timeout(PATIENCE):
        await app(scope, receive, send)
    return told
