"""The frame around a page, as somebody who is signed in sees it."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.deltas import RowDelta
from components.frame.feed import TreeFeed
from components.frame.finder import Finder
from components.frame.navigation import Navigation
from components.frame.panel import StatusPanel
from components.frame.saved_views import PREFERENCE
from components.frame.status import judge
from components.frame.tree import SNAPSHOT, Tree
from components.ui import Button, Field
from data.coalesce import INTERVAL
from data.mirror import Mirror, PoolMirror
from data.objects import PowerState
from data.server import Server, ServerState
from data.types import NULL_REF
from pages import layout
from tests import fakes
from tests.looking import mount
from tests.waiting import until
from xo_dash import i18n
from xo_dash.context import Context


@pytest.fixture
def context(mirror: Mirror, data_dir: Path) -> Context:
    return fakes.context(mirror, data_dir)


@pytest.fixture
async def user(context: Context) -> AsyncIterator[User]:
    def root() -> None:
        with layout.frame(context, title="A page", crumbs=[("lab-pool", "/pool/1"), ("halted", "")]):
            ui.label("the page itself")

    async with user_simulation(root) as user:
        yield user


@pytest.fixture(autouse=True)
def _routes(monkeypatch: pytest.MonkeyPatch, context: Context) -> None:
    mount(monkeypatch, context)


def open_menus(user: User) -> None:
    user.find(kind=StatusPanel).trigger("click")


async def settle() -> None:
    await asyncio.sleep(INTERVAL * 1.5)  # what is coalesced is sent by a timer of the loop


async def test_the_frame_says_where_one_is_and_how_it_stands(user: User) -> None:
    await user.open("/")
    for text in ("the page itself", "lab-pool", "halted", "live", "admin", "Storage"):
        await user.should_see(text)
    await user.should_not_see("Sign out")  # drawn while it is open
    open_menus(user)
    for text in ("Sign out", "Servers and settings"):
        await user.should_see(text)


async def test_a_pool_that_goes_away_is_said_and_its_return_too(user: User, mirror: Mirror) -> None:
    await user.open("/")
    home = next(pool for pool in mirror if pool.server.label == "home")
    mirror.set_server(home.server, state=ServerState.UNREACHABLE)
    await user.should_see("1 pool not responding")
    mirror.set_server(home.server, state=ServerState.LIVE)
    await settle()
    await user.should_see("live")
    await user.should_not_see("1 pool not responding")


async def test_running_tasks_are_counted(user: User, mirror: Mirror) -> None:
    await user.open("/")
    await user.should_not_see("1 task")
    task = fakes.task(mirror, next(iter(mirror)), "Async.VM.start", 0.3)
    await user.should_see("1 task")
    fakes.remove(mirror, task)
    await settle()
    await user.should_not_see("1 task")


async def test_the_browser_gets_the_tree_once_and_then_what_changes(user: User, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await user.open("/")
    sent: list[str] = []
    monkeypatch.setattr(client.outbox, "enqueue_message", lambda _kind, message, _to: sent.append(message["code"]))
    response = await user.http_client.get(SNAPSHOT)
    whole = response.json()
    assert {row[4] for row in whole["rows"] if row[2] == 0} == {"lab-pool", "home"}
    fakes.change(mirror, fakes.find(mirror, "web-1"), power_state=fakes.find(mirror, "win7").power_state, resident_on=NULL_REF)
    fakes.change(mirror, fakes.find(mirror, "web-1"), name_description="nobody sees this")
    await settle()
    deltas = [code for code in sent if "'delta'" in code]
    assert len(deltas) == 1
    assert '"web-1"' in deltas[0]
    assert len(deltas[0]) < 300
    again = await user.http_client.get(SNAPSHOT, headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 200  # it changed
    assert (await user.http_client.get(SNAPSHOT, headers={"if-none-match": again.headers["etag"]})).status_code == 304


async def test_a_mark_out_of_sight_waits_until_it_is_in_sight(
    user: User, mirror: Mirror, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await user.open("/")
    await user.http_client.get(SNAPSHOT)
    sent: list[str] = []
    monkeypatch.setattr(client.outbox, "enqueue_message", lambda _kind, message, _to: sent.append(message["code"]))
    vm, other = fakes.find(mirror, "web-1"), fakes.find(mirror, "nas")
    nodes = {row[5]: row[0] for row in context.shared(TreeFeed).rows.rows()}
    fakes.change(mirror, vm, power_state=PowerState.PAUSED)
    await settle()
    assert sent == []
    fakes.remove(mirror, other)  # concerns everybody: what waited goes along
    await settle()
    sent[:] = [code for code in sent if "'delta'" in code]  # not how many VMs there are
    assert len(sent) == 1
    assert '"paused","web-1"' in sent[0]
    assert f"[{nodes[other.uuid]}]" in sent[0]
    fakes.change(mirror, vm, power_state=PowerState.RUNNING)
    await settle()
    assert len(sent) == 1
    user.find(Tree).trigger("watch", [nodes[vm.uuid]])
    assert '"running","web-1"' in sent[1]
    fakes.change(mirror, vm, power_state=PowerState.PAUSED)
    await settle()
    assert sum('"paused","web-1"' in code for code in sent) == 2


async def test_loads_are_sent_for_rows_in_sight_only(user: User, mirror: Mirror, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await user.open("/")
    await user.http_client.get(SNAPSHOT)
    sent: list[str] = []
    monkeypatch.setattr(client.outbox, "enqueue_message", lambda _kind, message, _to: sent.append(message["code"]))
    vm = fakes.find(mirror, "web-1")
    home = vm.home
    assert isinstance(home, PoolMirror)
    assert not home.history.is_watched
    node = next(row[0] for row in context.shared(TreeFeed).rows.rows() if row[5] == vm.uuid)
    user.find(Tree).trigger("watch", [node, "x", -1])
    assert home.history.is_watched
    assert sent == [
        f"runMethod({next(iter(user.find(Tree).elements)).id},'measured',[[[{node},{round(home.history.loads[vm.uuid].cpu * 100)}]]])"
    ]
    home.history.publish(frozenset({vm.uuid}))
    assert len(sent) == 1  # the same per cent again
    home.history.loads[vm.uuid].cpu = 0.99
    home.history.publish(frozenset({vm.uuid}))
    assert sent[1].endswith(f"[[[{node},99]]])")


async def test_the_search_answers_what_was_asked_last(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    await user.open("/")
    finder = next(iter(user.find(Finder).elements))
    answers: list[tuple[object, ...]] = []
    monkeypatch.setattr(finder, "run_method", lambda *args: answers.append(args))
    user.find(Finder).trigger("query", [7, "ci-runner"])
    user.find(Finder).trigger("query", ["x", None])
    await until(lambda: answers)
    method, number, groups = answers[0]
    assert (method, number) == ("show", 7)
    assert isinstance(groups, list)
    hit = groups[0]["hits"][0]
    assert hit["name"] == "ci-runner-1"
    assert hit["path"].startswith("/vm/")
    assert hit["where"] == "xcp-lab-1 · lab-pool"
    json.dumps(groups)


async def test_nobody_observes_when_the_page_is_gone(user: User, mirror: Mirror, context: Context) -> None:
    before = mirror.observer_count
    client = await user.open("/")
    assert mirror.observer_count > before
    user.find(Tree).trigger("watch", [row[0] for row in context.shared(TreeFeed).rows.rows()])
    client.delete()
    await until(lambda: mirror.observer_count == before and not any(pool.history.is_watched for pool in mirror))


@pytest.mark.parametrize(("kind", "value", "other"), [("theme", "dark", '"contrast": ""'), ("contrast", "more", '"theme": ""')])
async def test_how_the_page_looks_is_kept(user: User, context: Context, kind: str, value: str, other: str) -> None:
    await user.open("/")
    open_menus(user)
    user.find(marker=f"{kind}-{value}").click()
    await until(lambda: (kept := context.users.by_name("admin")) and kept.preferences.get(kind) == value)
    client = await user.open("/")
    assert f'"{kind}": "{value}"' in client.head_html
    assert other in client.head_html


async def test_a_view_is_kept_by_a_name_until_it_is_removed(user: User, context: Context) -> None:
    await user.open("/")
    for path in ("https://elsewhere.example/vms", "//elsewhere.example/vms", "/\t/elsewhere.example/vms", "/\t/[", "/sign-out", 7):
        user.find(kind=Navigation).trigger("keep", [path, True])
    await user.should_not_see("Save this view")
    user.find(kind=Navigation).trigger("keep", ["/vms?state=running&q=web", True])
    await user.should_see("Save this view")
    user.find(kind=Field).type("Web servers")
    user.find(kind=Button, content="Save").click()
    await user.should_see(kind=Navigation, content="Web servers")
    await user.open("/")
    await user.should_see(kind=Navigation, content="Web servers")
    user.find(kind=Navigation).trigger("keep", ["/vms?state=running&q=web", False])
    await user.should_not_see(kind=Navigation, content="Web servers")
    (admin,) = context.users.all()
    assert PREFERENCE not in admin.preferences


async def test_the_frame_speaks_russian(user: User) -> None:
    with i18n.using("ru"):
        await user.open("/")
        await user.should_see("Хранилища")


async def test_the_tree_is_whole_whenever_it_is_asked_for(user: User, mirror: Mirror, context: Context) -> None:
    assert user  # its loop runs
    feed = context.shared(TreeFeed)
    leave = feed.join(lambda delta: None)
    first, _content = await feed.snapshot()
    leave()
    fakes.remove(mirror, fakes.find(mirror, "web-1"))  # while nobody looks
    leave = feed.join(lambda delta: None)
    second, content = await feed.snapshot()
    leave()
    assert first != second
    assert "web-1" not in names(content)


def names(content: bytes) -> set[str]:
    return {row[4] for row in json.loads(gzip.decompress(content))["rows"]}


async def test_what_is_asked_for_without_a_page_is_of_now(user: User, mirror: Mirror) -> None:
    assert user  # its loop runs
    before, feed = mirror.observer_count, TreeFeed(mirror)
    assert "web-1" in names((await feed.snapshot())[1])
    fakes.remove(mirror, fakes.find(mirror, "web-1"))
    assert "web-1" not in names((await feed.snapshot())[1])
    assert mirror.observer_count == before


async def test_all_of_it_also_for_who_asks_while_others_come_and_go(user: User, mirror: Mirror) -> None:
    assert user  # its loop runs
    feed = TreeFeed(mirror)
    asked = asyncio.gather(feed.snapshot(), feed.snapshot())
    leave = feed.join(lambda news: None)
    found = await asked
    leave()
    assert all({"web-1", "nas", "lab-pool"} <= names(content) for _tag, content in found)


async def test_one_broken_page_keeps_nobody_from_the_news(user: User, mirror: Mirror, error_log: list[logging.LogRecord]) -> None:
    assert user  # its loop runs
    feed = TreeFeed(mirror)
    told: list[RowDelta] = []

    def broken(delta: RowDelta) -> None:
        raise RuntimeError("broken")

    leaves = [feed.join(broken), feed.join(told.append)]
    await feed.snapshot()
    fakes.change(mirror, fakes.find(mirror, "web-1"), name_label="renamed")
    await asyncio.sleep(INTERVAL / 2)
    for leave in leaves:
        leave()
    assert [row[4] for delta in told for row in delta.put] == ["renamed"]
    assert [record.getMessage() for record in error_log] == ["a page could not be brought up to date"]
    error_log.clear()
    await asyncio.sleep(INTERVAL * 1.5)  # its timer ends before the loop does


def server(state: ServerState, **values: float) -> Server:
    return Server(id=state, label=state, address="192.0.2.1", state=state, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "mark", "words"),
    [
        ([], "disabled", "no pools"),
        ([ServerState.LIVE, ServerState.DISABLED], "live", "live"),
        ([ServerState.LIVE, ServerState.CONNECTING], "connecting", "connecting"),
        ([ServerState.LIVE, ServerState.SYNCING], "connecting", "loading"),
        ([ServerState.LIVE, ServerState.UNREACHABLE], "critical", "1 pool not responding"),
        ([ServerState.BAD_PASSWORD, ServerState.UNREACHABLE], "critical", "2 pools not connected"),
    ],
)
def test_the_worst_connection_counts(states: list[ServerState], mark: str, words: str) -> None:
    assert judge([server(state) for state in states])[:2] == (mark, words)
