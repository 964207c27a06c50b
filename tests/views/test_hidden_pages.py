"""Every page, route and download, as somebody opens them who may see a few VMs: nothing of the others comes with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nicegui import Client, app
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from data.changes import Subject
from data.coalesce import INTERVAL
from data.identity import key_of
from data.mirror import Mirror
from data.objects import SR, VM, Host, Network, Pool
from data.placement import is_guest
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

LISTS = (
    "/", "/vms", "/vms?state=trash", "/hosts", "/storage", "/networks", "/snapshots", "/tasks", "/transfers", "/settings", "/account",
    "/audit", "/messages", "/attention", "/attention?tab=seen", "/attention?tab=later", "/attention?tab=rules", "/new-vm", "/consoles",
    "/kiosk/map",
)  # fmt: skip
TABS = ("", "/console", "/disks", "/networks", "/snapshots", "/settings", "/history")
FETCHED = ("/frame/tree", "/vms/rows", "/healthz", "/past/{kind}/{key}?step=3600&rows=26", "/console/{key}", "/console-picture/{key}")
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
        self.sent.append(json.dumps([element._to_dict() for element in client.elements.values()], default=str))
        self.sent.append(client.title or "")

    async def goes_everywhere(self, paths: list[str]) -> None:
        for path in paths:
            client = await self.opens(path)
            client.delete()

    async def fetches(self, path: str) -> None:
        answer = await self.user.http_client.get(path)
        self.sent.append(answer.text)


def objects(mirror: Mirror) -> Iterator[tuple[str, XapiObject]]:
    """Some of each kind, but all pools, and guests first."""
    for name, kind in KINDS.items():
        rows = sorted(mirror.every(kind), key=lambda row: not (isinstance(row, VM) and is_guest(row)))
        yield from ((name, row) for row in rows[:3])


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


def pages_of(kind: str, row: XapiObject) -> list[str]:
    key = key_of(row)
    tabs = TABS if kind == "vm" else ("", "/console", "/maintenance") if kind == "host" else ("",)
    asked = [f"/migrate/{key}", f"/consoles?o=vm:{key}"] if kind == "vm" else []
    return [*(f"/{kind}/{key}{tab}" for tab in tabs), f"/compare?o={kind}:{key}", f"/messages?object={key}", *asked]


def routes_of(kind: str, row: XapiObject) -> list[str]:
    return [path.format(kind=kind, key=key_of(row)) for path in FETCHED]


async def test_nothing_of_others_is_sent(somebody: Somebody, mirror: Mirror) -> None:
    context, scope = somebody.context, somebody.scope
    seen, hidden = list(objects(scope.mirror)), [(kind, row) for kind, row in objects(mirror) if not scope.sees(row)]
    other = next(row for kind, row in hidden if isinstance(row, VM))
    assert len(list(scope.mirror.every(VM))) == 3 and hidden
    task = fakes.task(mirror, other.home, "Async.VM.clean_reboot", 0.4)  # type: ignore[arg-type]
    fakes.change(mirror, other, current_operations={task.ref: "clean_reboot"})
    admin = context.users.add_now("admin", "hash", Role.ADMIN)
    run = await context.runner.run(admin, action("vm.start"), [other])
    everything = secrets.known(mirror) | {run.key}

    for kind, row in seen:
        await somebody.goes_everywhere(pages_of(kind, row))
        for path in routes_of(kind, row):
            await somebody.fetches(path)
    await somebody.goes_everywhere([*LISTS])
    somebody.is_told(everything)
    for kind, row in hidden:
        await somebody.goes_everywhere(["/hosts", *pages_of(kind, row)])
        for path in routes_of(kind, row):
            await somebody.fetches(path)
        somebody.is_told(everything, row.uuid, row.home.key, row.home.id)
    await somebody.goes_everywhere([f"/run/{run.key}", "/hosts"])
    somebody.is_told(everything, run.key)


async def test_what_one_may_no_longer_see_is_gone_from_open_pages(somebody: Somebody, mirror: Mirror) -> None:
    lost = next(vm for vm in somebody.scope.mirror.every(VM) if is_guest(vm))
    open_pages = [
        await somebody.opens(path) for path in ("/", *(f"/vm/{key_of(lost)}{tab}" for tab in TABS), "/vms", "/messages", "/tasks")
    ]
    everything = secrets.known(mirror)
    somebody.is_told(everything)
    somebody.sees.names.discard(lost.name_label)
    await somebody.context.scopes.review()
    assert somebody.scope.vm(key_of(lost)) is None
    await asyncio.sleep(2 * INTERVAL)
    real = somebody.context.mirror.find(VM, key_of(lost))
    assert real is not None
    somebody.sent.clear()
    fakes.change(mirror, real, name_label="zq90000z", name_description="zq90001z", tags=["zq90002z"], memory_dynamic_max=1 << 30)
    everything |= secrets.known(mirror)
    await asyncio.sleep(2 * INTERVAL)
    for page in open_pages:
        page.delete()
    await somebody.goes_everywhere([*LISTS])
    for path in FETCHED[:3]:
        await somebody.fetches(path)
    somebody.is_told(everything)
