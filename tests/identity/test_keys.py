"""What an object is called: the uuids of two pools may be the same, the keys of their objects never are."""

from __future__ import annotations

import pytest

from components.frame.tree_rows import TreeRows
from components.urls import PREFIXES, path_of
from components.vms.vm_rows import VmRows
from data.changes import Change, Event, Operation
from data.facts.pool import own_pool
from data.findings.finding import Limits, Rule
from data.findings.overrides import name_of
from data.identity import Key, key_of, parse, pool_keys
from data.mirror import Mirror
from data.objects import KINDS, SR, VM, Host, Network, Pool
from data.search import Index
from data.server import Server
from data.types import XapiObject
from tests import fakes

PAGES: tuple[type[XapiObject], ...] = (VM, Host, SR, Network, Pool)


@pytest.fixture(params=[False, True], ids=["two pools", "two pools of one uuid"])
def mirror(request: pytest.FixtureRequest) -> Mirror:
    return fakes.twins(same_pool=request.param)


def meant_by(mirror: Mirror, path: str) -> XapiObject | None:
    """The object whose page this is, as the page itself looks for it."""
    kind = next(kind for kind, prefix in PREFIXES.items() if path.startswith(prefix))
    return mirror.find(kind, path.removeprefix(PREFIXES[kind]).partition("?")[0])


def test_a_key_means_one_object_and_a_uuid_two(mirror: Mirror) -> None:
    here, there = mirror
    for kind in KINDS:
        rows = [*here.all(kind).values(), *there.all(kind).values()]
        assert len({key_of(row) for row in rows}) == len(rows)
        assert all(mirror.find(kind, key_of(row)) is row for row in rows)
        if kind is not Pool:
            assert all(mirror.find(kind, row.uuid) is None and len(mirror.having(kind, row.uuid)) == 2 for row in rows)


def test_an_event_without_the_uuid_takes_it_from_nobody() -> None:
    mirror = fakes.twins(same_pool=False)
    (here, _there) = mirror
    row = next(iter(here.all(Host).values()))
    uuid = row.uuid
    mirror.apply(here, [Event(Host, Operation.MOD, row.ref, Host(name_label="renamed"))])
    assert (row.name_label, row.uuid) == ("renamed", uuid) and here.by_uuid(Host, uuid) is row


def test_every_path_leads_to_its_own_pool(mirror: Mirror) -> None:
    rows = [row for kind in PAGES for row in mirror.every(kind) if not (isinstance(row, VM) and row.is_control_domain)]
    assert rows and all(meant_by(mirror, path_of(row)) is row for row in rows)


def test_what_the_tree_and_the_list_of_vms_name_is_of_their_pool(mirror: Mirror) -> None:
    nodes = TreeRows(mirror)
    list(nodes.fill())
    rows = {row[0]: row for row in nodes.rows()}
    for node, parent, kind, _mark, name, uuid in rows.values():
        above = rows.get(parent)
        while above and above[1]:
            above = rows[above[1]]
        if kind in (1, 2) and above:  # hosts and VMs, as tree.js calls them
            found = mirror.find((Host, VM)[kind - 1], f"{uuid}@{above[5]}")
            assert found is nodes.subject(node) and name.endswith(found.home.server.label)  # type: ignore[union-attr]
    roster = VmRows(mirror)
    list(roster.fill())
    whole = roster.whole()
    places = {place.id: place.key for place in whole["places"]}  # type: ignore[attr-defined]
    for row in whole["rows"]:  # type: ignore[attr-defined]
        vm = mirror.find(VM, f"{row.uuid}@{places[row.pool]}")
        assert vm is not None and vm.home.id == row.pool and vm.name_label == row.name


def test_a_search_finds_both_and_leads_to_each(mirror: Mirror) -> None:
    index = Index(mirror)
    list(index.fill())
    hits = [hit for found in index.find("vm-00") for hit in found.hits if isinstance(hit.row, VM)]
    assert len(hits) == 2 and all(meant_by(mirror, path_of(hit.row)) is hit.row for hit in hits)


def test_what_is_kept_of_findings_is_of_one_pool(mirror: Mirror) -> None:
    rule = Rule("vm.test", VM, lambda _vm, _now: None, Limits())
    names = {name_of(rule, vm) for vm in mirror.every(VM)}
    assert len(names) == sum(1 for _vm in mirror.every(VM))


def test_a_link_outlives_the_server_being_added_again() -> None:
    mirror = fakes.home_lab()
    vm = fakes.find(mirror, "web-1")
    path, pool = path_of(vm), next(iter(mirror))
    assert pool.server.id not in path
    again = Mirror()
    copy = again.add(Server(id="another", label="", address=""))
    copy.apply([])
    for kind in KINDS:
        for row in pool.all(kind).values():
            copy._put(kind, row.ref, row, [])
    assert meant_by(again, path) is vm


def test_pools_are_told_apart_as_soon_as_there_are_two_of_one_uuid() -> None:
    mirror = fakes.twins(same_pool=True)
    here, there = mirror
    assert {here.key, there.key} == {here.id, there.id}
    told: list[Change] = []
    mirror.observe(told.extend)
    mirror.remove(there.id)
    assert here.key == here.uuid and mirror.having(Pool, here.uuid) == [own_pool(here)]
    assert any(change == Change(here.server, Operation.MOD, frozenset({"key"})) for change in told)
    assert all(mirror.find(VM, f"{vm.uuid}@{here.id}") is vm for vm in mirror.every(VM)), "links from before still lead there"


def test_two_of_one_uuid_are_both_found_by_it() -> None:
    mirror = fakes.twins(same_pool=True)
    here, there = mirror
    assert mirror.having(Pool, here.uuid) == [own_pool(here), own_pool(there)] and mirror.find(Pool, here.uuid) is None


@pytest.mark.parametrize(
    ("text", "key"), [("u", Key("u")), ("u@p", Key("u", "p")), ("a@b@p", Key("a@b", "p")), ("", Key("")), ("@", Key("")), ("u@", Key("u"))]
)
def test_keys_are_read(text: str, key: Key) -> None:
    assert parse(text) == key


def test_no_pool_can_pass_itself_off_as_another_server() -> None:
    named = pool_keys({"one": "p1", "two": "one", "three": "../x", "four": "", "five": "p5", "six": "p5"})
    assert named == {"one": "p1", "two": "two", "three": "three", "four": "four", "five": "five", "six": "six"}
