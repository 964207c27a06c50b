"""Views: plain until somebody looks, then kept up, for all who look alike; nothing is left when they go."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from nicegui import binding

from components.frame.tally import SectionCounter
from data.coalesce import INTERVAL
from data.facts.vm import VmState, state_of
from data.history import History
from data.identity import key_of
from data.mirror import Mirror
from data.objects import SR, Pool, PowerState, VMGuestMetrics
from data.scope import Scope
from data.types import NULL_REF
from data.views.pool import PoolView
from data.views.vm import VMView
from tests import fakes
from tests.map.fleets import joined


@pytest.fixture
def mirror() -> Mirror:
    return joined(fakes.home_lab())


def seen(scope: Scope, mirror: Mirror, name: str) -> VMView:
    view = scope.vm(key_of(fakes.find(mirror, name)))
    assert view is not None
    return view


async def burst() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_bound_fact_follows_what_it_is_made_of(mirror: Mirror) -> None:
    scope, label = Scope(mirror), SimpleNamespace(text="")
    vm = seen(scope, mirror, "web-1")
    binding.bind_from(label, "text", vm, "address")
    assert label.text == vm.address and label.text and not binding.active_links
    agent = vm.row.home.one(VMGuestMetrics, vm.row.guest_metrics)
    assert agent is not None
    fakes.change(mirror, agent, networks={"0/ip": "192.0.2.7"})
    await burst()
    assert label.text == "192.0.2.7"
    fakes.change(mirror, vm.row, guest_metrics=NULL_REF)
    await asyncio.sleep(INTERVAL * 1.2)  # a burst comes a little later than that when the last one came early
    assert label.text == ""
    binding.remove([label])


async def test_one_view_for_all_who_look_and_none_once_they_have_gone(mirror: Mirror) -> None:
    scope = Scope(mirror)
    vm, heard = seen(scope, mirror, "web-1"), list[VmState]()
    assert vm is seen(scope, mirror, "web-1") and mirror.observer_count == 0, "nobody has looked yet"
    row = vm.row
    leave = vm.follow(("state",), lambda: heard.append(state_of(row)))
    others = [seen(scope, mirror, name) for name in ("db-01", "nas")]
    for other in others:
        other.follow(("name", "state"), lambda: heard.append(VmState.UNKNOWN))
    fakes.change(mirror, row, tags=["new"])
    fakes.change(mirror, row, power_state=PowerState.PAUSED)
    await burst()
    assert heard == [VmState.PAUSED]
    leave()
    fakes.change(mirror, vm.row, power_state=PowerState.RUNNING)
    assert vm.state is VmState.RUNNING, "plain again"
    del leave, vm, other, others
    await asyncio.sleep(2 * INTERVAL)
    assert mirror.observer_count == 0 and not scope._views


async def test_a_vm_that_is_deleted_stays_as_it_was_last(mirror: Mirror) -> None:
    vm, told = seen(Scope(mirror), mirror, "web-1"), list[bool]()
    disks = vm.disks
    leave = vm.follow(("present", "disks", "name"), lambda: told.append(vm.present))
    fakes.remove(mirror, vm.row)
    await burst()
    assert told == [False] and vm.disks == disks and vm.name == "web-1"
    leave()


async def test_measurements_and_judgements_are_followed_too(mirror: Mirror) -> None:
    fakes.judged(mirror)
    vm, told = seen(Scope(mirror), mirror, "web-1"), list[str]()
    history = vm.row.home.part(History)
    assert not history.is_watched
    leaves = [vm.follow((fact,), lambda fact=fact: told.append(fact)) for fact in ("load", "dependencies", "level")]  # type: ignore[misc]
    assert history.watched == {vm.row.uuid}
    history.loads.pop(vm.row.uuid)
    history.publish(frozenset((vm.row.uuid,)))
    await burst()
    assert told == ["load"] and vm.load is None
    for leave in leaves:
        leave()
    assert not history.is_watched


def test_a_pool_counts_what_the_sections_count(mirror: Mirror) -> None:
    home = next(iter(mirror))
    next(iter(home.all(SR).values())).type = "udev"  # a drive: lists hide it until asked
    counts = SectionCounter(mirror).counts
    pools = [pool for home in mirror for pool in home.all(Pool).values()]
    assert counts.srs == sum(PoolView.sr_count.of(pool) for pool in pools) < sum(len(home.all(SR)) for home in mirror)
    assert counts.networks == sum(PoolView.network_count.of(pool) for pool in pools)
