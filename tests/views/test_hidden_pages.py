"""Every page, route and download, as somebody opens them who may see a few VMs: nothing of the others comes with it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nicegui import Client, app
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation
from starlette.routing import Route

from data.changes import Subject
from data.coalesce import INTERVAL
from data.facts.vm import is_guest
from data.identity import key_of
from data.mirror import Mirror
from data.objects import SR, VM, Host, Network, Pool
from data.scope import Scope
from data.stores.users import Role
from data.types import XapiObject
from tests import fakes
from tests.sync.house import house
from tests.views import secrets
from tests.views.test_hidden import a_lab
from xo_dash.app import add_routes
from xo_dash.context import Context
from xo_dash.control.actions import action

ASKING = ("/vms?state=trash", "/attention?tab=seen", "/attention?tab=later", "/attention?tab=rules", "/?view=table&group=tag")
TABS = ("console", "disks", "networks", "snapshots", "settings", "history")
ELSEWHERE = re.compile(
    r"/(_nicegui|favicon|theme/|login|first-run|sign-out|kiosk$|api/v1/events|console-files/|ws/|.*\{(rest|path|ticket|upload_id|id)\b)"
)
"""What is the same for everybody, never ends, or wants more than an object."""
COLLECTIONS = {"vm": "vms", "host": "hosts", "sr": "srs", "network": "networks", "pool": "pools"}
KINDS = {"vm": VM, "host": Host, "sr": SR, "network": Network, "pool": Pool}


class Few:
    """Sees VMs of these names."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def __call__(self, subject: Subject) -> bool:
        return isinstance(subject, VM) and subject.name_label in self.names


class Somebody:
    """Opens pages, and keeps all that is sent."""

    def __init__(self, user: User, context: Context, scope: Scope, sees: Few) -> None:
        self.user, self.context, self.scope, self.sees = user, context, scope, sees
        self.sent: list[str] = []

    def is_told(self, everything: set[str], *but: str) -> None:
        """Of all that, nothing but what they see, and what they named themselves."""
        told = secrets.recognised(self.sent)
        leaked = (told & everything) - secrets.known(self.scope.mirror) - set(but)
        assert not leaked, [
            text[max(0, text.find(one) - 200) : text.find(one) + 60] for one in leaked for text in self.sent if one in text
        ][:5]
        assert told & secrets.known(self.scope.mirror)
        self.sent.clear()

    async def opens(self, path: str) -> Client:
        client = await self.user.open(path)
        enqueue = client.outbox.enqueue_message

        def record(kind: str, data: Any, target: Any) -> None:
            self.sent.extend(secrets.strings(data))
            enqueue(kind, data, target)  # type: ignore[arg-type]

        client.outbox.enqueue_message = record  # type: ignore[method-assign]
        for element in list(client.elements.values()):
            for listener in list(element._event_listeners.values()):
                if listener.type == "ready":
                    element._handle_event({"listener_id": listener.id, "args": []})
        for _turn in range(4):
            await asyncio.sleep(0)
        self.reads(client)
        return client

    def reads(self, client: Client) -> None:
        self.sent.append(self.shown(client))
        self.sent.append(client.title or "")

    @staticmethod
    def shown(client: Client) -> str:
        return json.dumps([element._to_dict() for element in client.elements.values()], default=str)

    async def goes_everywhere(self, paths: list[str]) -> None:
        for path in paths:
            if is_page(path):
                (await self.opens(path)).delete()
            else:
                self.sent.append((await self.user.http_client.get(path)).text)


def is_page(path: str) -> bool:
    pages = (re.sub(r"\{\w+\}", "[^/]+", page) for page in Client.page_routes.values())
    return any(re.fullmatch(page, path.partition("?")[0]) for page in pages)


def objects(mirror: Mirror, fits: Callable[[XapiObject], bool] = lambda _row: True) -> Iterator[tuple[str, XapiObject]]:
    """Two of each kind that fit, guests first."""
    for name, kind in KINDS.items():
        rows = sorted(filter(fits, mirror.every(kind)), key=lambda row: not (isinstance(row, VM) and is_guest(row)))
        yield from ((name, row) for row in rows[:2])


@pytest.fixture
def mirror() -> Mirror:
    return a_lab()


@pytest.fixture
async def somebody(mirror: Mirror, tmp_path: Path) -> AsyncIterator[Somebody]:
    names = sorted(vm.name_label for vm in mirror.every(VM) if is_guest(vm) and vm.resident_on in vm.home.all(Host))
    sees = Few(*names[:3])
    async with user_simulation(lambda: None) as user, house(tmp_path / "servers") as home:
        context = fakes.context(mirror, tmp_path / "data", sees_of=lambda _user: sees, servers=home.servers, server_store=home.store)
        add_routes(app, context)
        whoever = context.users.add_now("somebody", "hash", Role.OPERATOR)
        token, _session = context.auth.sessions.start(whoever, "::1")
        user.http_client.cookies.set("xo-dash", token)
        yield Somebody(user, context, await context.scopes.ready(whoever), sees)
        await context.runner.stop()
        await context.auth.close()


def places() -> list[str]:
    """The addresses of all that can be asked for, as they are registered."""
    paths = [route.path for route in app.routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    return [path for path in dict.fromkeys(paths) if not ELSEWHERE.match(path)]


def lists() -> list[str]:
    return [*(path for path in places() if "{" not in path), *ASKING]


def about(kind: str, row: XapiObject) -> list[str]:
    """All that can be asked for about one object."""
    key, found = key_of(row), [f"/compare?o={kind}:{{key}}", "/messages?object={key}", f"/consoles?o={kind}:{{key}}", "/migrate?vms={key}"]
    for path in places():
        first = path.split("/")[3 if path.startswith("/api/v1/") else 1]
        if "{" in path and first in (kind, COLLECTIONS[kind], "past", "migrate", "console", "console-picture"):
            found += [path.replace("{tab}", tab) for tab in TABS] if "{tab}" in path else [path]
    found.append(f"/past/{kind}/{key}?step=3600&rows=26")
    return [path.replace("{kind}", kind).replace("{key}", key).replace("{uuid}", key) for path in found]


async def test_nothing_of_others_is_sent(somebody: Somebody, mirror: Mirror) -> None:
    context, scope = somebody.context, somebody.scope
    seen, hidden = list(objects(scope.mirror)), list(objects(mirror, lambda row: not scope.sees(row)))
    other = next(row for kind, row in hidden if isinstance(row, VM))
    assert len(list(scope.mirror.every(VM))) == 3 and hidden
    task = fakes.task(mirror, other.home, "Async.VM.clean_reboot", 0.4)  # type: ignore[arg-type]
    fakes.change(mirror, other, current_operations={task.ref: "clean_reboot"})
    admin = context.users.add_now("admin", "hash", Role.ADMIN)
    run = await context.runner.run(admin, action("vm.start"), [other])
    everything = secrets.known(mirror) | {run.key}

    await somebody.goes_everywhere([path for kind, row in seen for path in about(kind, row)])
    await somebody.goes_everywhere(lists())
    somebody.is_told(everything)
    for kind, row in hidden:
        await somebody.goes_everywhere(["/hosts", *about(kind, row)])
        somebody.is_told(everything, row.uuid, row.home.key, row.home.id)
    await somebody.goes_everywhere([f"/run/{run.key}", "/hosts"])
    somebody.is_told(everything, run.key)


async def test_what_one_may_no_longer_see_is_gone_from_open_pages(somebody: Somebody, mirror: Mirror) -> None:
    lost = next(vm for vm in somebody.scope.mirror.every(VM) if is_guest(vm))
    admin = somebody.context.users.add_now("admin", "hash", Role.ADMIN)
    run = await somebody.context.runner.run(admin, action("vm.start"), [somebody.context.original(lost)])
    paths = (f"/run/{run.key}", *about("vm", lost), *lists())
    open_pages = {path: await somebody.opens(path) for path in paths if is_page(path)}
    assert lost.name_label in somebody.shown(open_pages[f"/run/{run.key}"])
    everything = secrets.known(mirror)
    somebody.is_told(everything)
    somebody.sees.names.discard(lost.name_label)
    await somebody.context.scopes.review()
    assert somebody.scope.vm(key_of(lost)) is None
    await asyncio.sleep(2 * INTERVAL)
    assert not [path for path, page in open_pages.items() if lost.name_label in somebody.shown(page)], "nor does an open page keep it"
    real = somebody.context.mirror.find(VM, key_of(lost))
    assert real is not None
    somebody.sent.clear()
    fakes.change(mirror, real, name_label="zq90000z", name_description="zq90001z", tags=["zq90002z"], memory_dynamic_max=1 << 30)
    everything |= secrets.known(mirror)
    await asyncio.sleep(2 * INTERVAL)
    for page in open_pages.values():
        if page.id in Client.instances:  # those of one object are loaded anew
            page.delete()
    await somebody.goes_everywhere(lists())
    somebody.is_told(everything)
