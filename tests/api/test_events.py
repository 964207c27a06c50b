"""Events: what changes is told to who may see it, once encoded, and from where one was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from data.grants.grant import GrantKind
from data.identity import key_of
from data.objects import VM
from data.stores.users import User
from tests import fakes
from tests.api.conftest import Api
from tests.waiting import PATIENCE
from xo_dash.api.asked import Asked, Problem
from xo_dash.api.events import EventFeeds, events


class Listener:
    """Reads a stream as a program does; the transport of the tests answers only what has ended."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self._waiting: list[dict[str, Any]] = []

    async def next(self) -> dict[str, Any]:
        while not self._waiting:
            text = (await asyncio.wait_for(anext(self._stream), PATIENCE)).decode()
            blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block.startswith("id")]
            self._waiting = [{**block, "data": json.loads(block["data"])} for block in blocks]
        return self._waiting.pop(0)


class FakeRequest:
    def __init__(self, last: str = "", **query: str) -> None:
        self.method = "GET"
        self.headers = {"last-event-id": last}
        self.query_params = Query(query)


class Query(dict[str, str]):
    def getlist(self, name: str) -> list[str]:
        return [self[name]]


async def listen(api: Api, feeds: EventFeeds, by: str, request: FakeRequest | None = None) -> Listener:
    user: User | None = api.context.users.by_name(by)
    assert user is not None
    session = await api.context.auth.sessions.bearing(api.tokens[by], "::1")
    context = replace(api.context, scope=await api.context.scopes.ready(user), viewer=user.id)
    answer: Any = await events(feeds, Asked(context, request or FakeRequest(), session, user))  # type: ignore[arg-type]
    return Listener(answer.body_iterator)


async def test_a_change_is_told_with_what_it_is_now(api: Api) -> None:
    feeds = EventFeeds()
    first, second = await listen(api, feeds, "admin"), await listen(api, feeds, "viewer")
    hello = await first.next()
    assert hello["event"] == "hello" and (await second.next())["event"] == "hello"
    vm = fakes.find(api.context.mirror, "web-1")
    fakes.change(api.context.mirror, vm, name_label="web-2")
    told = await first.next()
    assert (told["event"], told["data"]["op"], told["data"]["object"]["name_label"]) == ("vms", "mod", "web-2")
    assert await second.next() == told, "who may see the same are told the same"
    again = await listen(api, feeds, "admin", FakeRequest(hello["id"]))
    assert (await again.next())["event"] == "hello" and await again.next() == told, "it goes on where it was"
    fakes.remove(api.context.mirror, vm)
    assert (await first.next())["data"] == {"op": "del", "uuid": vm.uuid, "pool": vm.home.key}
    assert (await (await listen(api, feeds, "admin", FakeRequest("ffff-1"))).next())["event"] == "reset"


async def test_who_has_a_grant_is_told_of_that_and_of_its_end(api: Api) -> None:
    feeds, mirror = EventFeeds(), api.context.mirror
    vm: VM = fakes.find(mirror, "web-1")
    user = api.context.users.by_name("none")
    assert user is not None
    given = await api.context.grants.grants.add("viewer", GrantKind.VM, key_of(vm), user_id=user.id)
    await api.context.grants.refresh()
    stream = await listen(api, feeds, "none")
    hello = await stream.next()
    assert hello["event"] == "hello"
    fakes.change(mirror, fakes.find(mirror, "db-01"), name_label="db-09")
    fakes.change(mirror, vm, name_label="web-2")
    told = await stream.next()
    assert told["data"]["object"]["name_label"] == "web-2", "and nothing of the other"
    await api.context.grants.grants.remove(given.id)
    await api.context.grants.refresh()
    gone = await stream.next()
    while gone["event"] != "vms":
        gone = await stream.next()
    assert gone["data"] == {"op": "del", "uuid": vm.uuid, "pool": vm.home.key}
    again = await listen(api, feeds, "none", FakeRequest(hello["id"]))
    assert (await again.next())["event"] == "hello"
    assert (await again.next())["event"] == "reset", "what it was called meanwhile is not told any more"


async def test_a_stream_ends_with_its_token(api: Api) -> None:
    stream = await listen(api, EventFeeds(), "admin")
    assert (await stream.next())["event"] == "hello"
    await api.context.auth.revoke_token(api.tokens["admin"].split("_")[1])
    with pytest.raises(StopAsyncIteration):
        await stream.next()


async def test_runs_are_told_and_what_is_asked_for_alone(api: Api) -> None:
    stream = await listen(api, EventFeeds(), "admin", FakeRequest(collections="runs"))
    assert (await stream.next())["event"] == "hello"
    vm = fakes.find(api.context.mirror, "test-a")
    fakes.change(api.context.mirror, vm, name_label="test-b")
    await api.post("/actions/vm.start", {"on": [vm.uuid]})
    told = await stream.next()
    assert told["event"] == "runs" and told["data"]["object"]["action"] == "vm.start"
    with pytest.raises(Problem):
        await listen(api, EventFeeds(), "admin", FakeRequest(collections="cars"))
