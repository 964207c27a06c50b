"""The rows of the tree, and what of them is sent when something changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from components.frame.tree_rows import NodeKind, Row, TreeRows
from data.changes import Change
from data.mirror import Mirror
from data.objects import Host, HostMetrics, Pool, PowerState
from data.server import ServerState
from data.types import NULL_REF
from tests import fakes


@pytest.fixture
def nodes(mirror: Mirror) -> Iterator[TreeRows]:
    tree = TreeRows(mirror)
    for _ in tree.fill():
        pass

    def changed(changes: Sequence[Change]) -> None:
        tree.update(changes)

    unsubscribe = mirror.observe(changed)
    yield tree
    unsubscribe()


def by_name(tree: TreeRows) -> dict[str, Row]:
    return {row[4] or row[5]: row for row in tree.rows()}


def parent(tree: TreeRows, name: str) -> str:
    rows = {row[0]: row for row in tree.rows()}
    above = rows[by_name(tree)[name][1]]
    return above[4] or ("bench" if above[2] == NodeKind.BENCH else "")


def shape(tree: TreeRows) -> set[tuple[Any, ...]]:
    """The tree without its ids: what is under what, and how it looks."""
    rows = {row[0]: row for row in tree.rows()}
    return {(rows[row[1]][5] if row[1] else "", *row[2:]) for row in tree.rows()}


def test_a_vm_stands_under_its_host_or_on_the_bench(nodes: TreeRows) -> None:
    assert parent(nodes, "web-1") == "xcp-lab-1"
    assert parent(nodes, "xcp-lab-1") == "lab-pool"
    assert parent(nodes, "win10-old") == "bench"
    assert by_name(nodes)["media"][3] == "paused"
    assert by_name(nodes)["forge"][3] == "suspended"
    assert not any("Control domain" in row[4] for row in nodes.rows())


def test_a_started_vm_is_one_row(mirror: Mirror, nodes: TreeRows) -> None:
    host = fakes.find(mirror, "xcp-lab-2", Host)
    fakes.change(mirror, fakes.find(mirror, "win10-old"), power_state="Running", resident_on=host.ref)
    delta = nodes.take()
    assert delta is not None
    assert [row[3:5] for row in delta.put] == [("running", "win10-old")]
    assert delta.gone == []
    assert parent(nodes, "win10-old") == "xcp-lab-2"


def test_what_the_tree_does_not_show_sends_nothing(mirror: Mirror, nodes: TreeRows) -> None:
    vm = fakes.find(mirror, "web-1")
    fakes.change(mirror, vm, name_description="new", memory_static_max=1, allowed_operations=frozenset())
    fakes.change(mirror, mirror.pools[vm.home.id].all(HostMetrics)[fakes.find(mirror, "xcp-lab-1", Host).metrics], memory_total=1)
    assert nodes.take() is None


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"current_operations": {"task": "clean_reboot"}}, "busy"),
        ({"power_state": "Paused"}, "paused"),
        ({"power_state": "new"}, "unknown"),
    ],
)
def test_the_mark_follows_the_state(mirror: Mirror, nodes: TreeRows, fields: dict[str, Any], mark: str) -> None:
    if "power_state" in fields:
        fields = {"power_state": PowerState(fields["power_state"])}
    fakes.change(mirror, fakes.find(mirror, "web-1"), **fields)
    assert by_name(nodes)["web-1"][3] == mark


def test_a_vm_that_becomes_a_template_leaves(mirror: Mirror, nodes: TreeRows) -> None:
    node = by_name(nodes)["pbx"][0]
    fakes.change(mirror, fakes.find(mirror, "pbx"), is_a_template=True)
    delta = nodes.take()
    assert delta is not None
    assert delta.gone == [node]


def test_a_host_that_leaves_puts_its_vms_on_the_bench(mirror: Mirror, nodes: TreeRows) -> None:
    fakes.remove(mirror, fakes.find(mirror, "xcp-lab-3", Host))
    assert parent(nodes, "vault") == "bench"
    assert "xcp-lab-3" not in by_name(nodes)


def test_a_pool_that_is_away_is_marked_and_keeps_its_rows(mirror: Mirror, nodes: TreeRows) -> None:
    home = next(pool for pool in mirror if pool.server.label == "home")
    count = len(nodes.rows())
    mirror.set_server(home.server, state=ServerState.UNREACHABLE)
    delta = nodes.take()
    assert delta is not None
    assert [row[3] for row in delta.put] == ["critical"]
    assert len(nodes.rows()) == count


def test_a_removed_server_takes_all_along(mirror: Mirror, nodes: TreeRows) -> None:
    home = next(pool for pool in mirror if pool.server.label == "home")
    mirror.remove(home.id)
    assert {row[4] for row in nodes.rows() if row[2] == NodeKind.POOL} == {"lab-pool"}
    assert not {"attic", "redis-1", "win7"} & set(by_name(nodes))


def test_changes_lead_where_a_fresh_tree_starts(mirror: Mirror, nodes: TreeRows) -> None:
    host = fakes.find(mirror, "xcp-lab-1", Host)
    fakes.change(mirror, fakes.find(mirror, "db-01"), resident_on=fakes.find(mirror, "xcp-lab-2", Host).ref, name_label="db-1")
    fakes.change(mirror, fakes.find(mirror, "nas"), resident_on=NULL_REF, power_state=fakes.find(mirror, "win7").power_state)
    fakes.change(mirror, host, enabled=False, name_label="xcp-lab-1b")
    fakes.change(mirror, mirror.pools[host.home.id].all(HostMetrics)[fakes.find(mirror, "xcp-lab-3", Host).metrics], live=False)
    fakes.change(mirror, fakes.find(mirror, "lab-pool", Pool), name_label="lab")
    fakes.remove(mirror, fakes.find(mirror, "xcp-lab-2", Host))
    fakes.remove(mirror, fakes.find(mirror, "wiki"))
    fresh = TreeRows(mirror)
    for _ in fresh.fill():
        pass
    assert shape(nodes) == shape(fresh)
