"""Whom a change concerns: asked from below it is the same as asked from above, in any pool."""

from __future__ import annotations

import pytest

from data.changes import Change, Operation
from data.facts.pool import own_pool
from data.objects import KINDS, SR, VM, Host, Pool
from data.relations import Reads, edges
from data.types import XapiObject
from tests import fakes
from tests.map.fleets import joined

VM_PATHS = (
    "name_label", "metrics.VCPUs_number", "guest_metrics.networks", "resident_on.metrics.live", "affinity.name_label",
    "VBDs.VDI.SR.name_label", "VIFs.network.PIFs.metrics.carrier", "snapshots.name_label", "Pool.master.name_label", "Pool.ha_enabled",
    "Server.state",
)  # fmt: skip


@pytest.mark.parametrize("paths", [("name_label",), VM_PATHS])
def test_both_ways_say_the_same(paths: tuple[str, ...]) -> None:
    mirror = joined(fakes.twins())
    reads = Reads(VM, paths)
    reached = {vm: reads.subjects(vm) for vm in mirror.every(VM)}
    for pool in mirror:
        for kind in KINDS:
            for row in pool.all(kind).values():
                change = Change(row, Operation.ADD, frozenset())
                below = {vm for vm in pool.all(VM).values() if kind in reads.names and row.ref in reached[vm]}
                assert set(reads.affected(change, mirror.pools)) >= below, kind
                assert all(vm.home is pool for vm in reads.affected(change, mirror.pools))


def test_only_fields_that_are_read_matter() -> None:
    mirror = fakes.home_lab()
    reads = Reads(VM, ("guest_metrics.networks", "resident_on.metrics.live"))
    vm = fakes.find(mirror, "web-1")
    guest = edges(VM)["guest_metrics"].target
    heard: list[XapiObject] = []
    mirror.observe(lambda changes: heard.extend(row for change in changes for row in reads.affected(change, mirror.pools)))
    agent = vm.home.one(guest, vm.guest_metrics)
    assert agent is not None
    fakes.change(mirror, agent, live=False)
    fakes.change(mirror, vm, name_label="web")
    assert not heard
    fakes.change(mirror, agent, networks={})
    assert heard == [vm]
    fakes.change(mirror, vm, guest_metrics="OpaqueRef:other")
    heard.clear()
    fakes.change(mirror, agent, networks={"0/ip": "10.0.0.1"})
    assert not heard, "it is nobody's any more"


def test_what_a_pool_shares_concerns_all_of_it() -> None:
    mirror = fakes.home_lab()
    reads = Reads(SR, ("Pool.default_SR", "Server.state"))
    pool = next(iter(mirror))
    own = own_pool(pool)
    assert own is not None
    srs = set(pool.all(SR).values())
    assert set(reads.affected(Change(own, Operation.MOD, frozenset({"default_SR"})), mirror.pools)) == srs
    assert not set(reads.affected(Change(own, Operation.MOD, frozenset({"tags"})), mirror.pools))
    assert set(reads.affected(Change(pool.server, Operation.MOD, frozenset({"state"})), mirror.pools)) == srs


def test_a_path_that_leads_nowhere_is_refused() -> None:
    for kind, path in ((VM, "resident_on.nothing"), (Host, "name_label.x"), (Pool, "Server.pool")):
        with pytest.raises(ValueError, match=r"no\b|nothing"):
            Reads(kind, (path,))
