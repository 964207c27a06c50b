"""What somebody may not see is not there for them: in no row, no page's feed, no finding; also when the right is taken away."""

from __future__ import annotations

import math
import random
import time
from array import array

import pytest

from data.changes import Subject
from data.dependencies import DependencyKind, dependencies_of
from data.facts.pool import own_pool
from data.failover import FailoverVerdict, Fates, srs_of
from data.growth import Sample
from data.history import STEP, History
from data.identity import key_of
from data.mirror import Mirror
from data.objects import KINDS, SR, VM, Host, Pool
from data.placement import OthersMemory
from data.scope import Scope, Scopes, on_a_screen
from data.server import Server, ServerState
from data.sparklines import EVERY
from data.stores.kiosks import Kiosk
from tests import fakes
from tests.facts.pools import anything_happens
from tests.map.fleets import joined
from xo_dash.auth.sessions import viewer_of


@pytest.fixture
def mirror() -> Mirror:
    mirror = joined(fakes.home_lab())
    return fakes.judged(mirror)


class Some:
    """Sees some objects, by chance and name; others after `turn`."""

    def __init__(self, seed: int, share: float = 0.4) -> None:
        self._seed, self._share = seed, share

    def __call__(self, subject: Subject) -> bool:
        if isinstance(subject, Server | Pool):
            return False
        return random.Random(f"{self._seed} {subject.uuid} {getattr(subject, 'name_label', '')}").random() < self._share

    def turn(self) -> None:
        self._seed += 1000


def shown(mirror: Mirror) -> dict[str, dict[str, object]]:
    """{ref: its fields} of all rows; what others hold of hosts, and what is told of each."""
    fields = {
        row.ref: {field: getattr(row, field) for field in row.__struct_fields__ if field not in ("ref", "home")}
        | {"mark": mirror.findings.mark(row)}
        for pool in mirror
        for kind in KINDS
        for row in pool.all(kind).values()
    }
    return fields | {pool.id: dict(pool.part(OthersMemory)) for pool in mirror}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_seen_is_kept_up(mirror: Mirror, seed: int) -> None:
    """Whatever happens, it is what somebody would see who came anew."""
    dice, sees = random.Random(seed), Some(seed)
    scope = Scope(mirror, sees)
    assert 0 < len(shown(scope.mirror)) < len(shown(mirror))
    for step in range(60):
        anything_happens(mirror, dice.choice(list(mirror)), dice)
        if step % 20 == 19:
            sees.turn()
            for _ in scope.review():
                pass
        fresh = Scope(mirror, sees)
        assert shown(scope.mirror) == shown(fresh.mirror), step


def test_who_may_see_a_host_by_its_tag_sees_its_vms(mirror: Mirror) -> None:
    """A predicate may look at the host of a VM, and at what its pool is called."""

    def sees(subject: Subject) -> bool:
        host = subject.home.one(Host, subject.resident_on) if isinstance(subject, VM) else None
        return host is not None and "mine" in host.tags

    scope, host = Scope(mirror, sees), next(host for host in mirror.every(Host) if host.resident_VMs)
    assert not list(scope.mirror.every(VM))
    fakes.change(mirror, host, tags=["mine"])
    assert {vm.ref for vm in scope.mirror.every(VM)} == {vm.ref for vm in mirror.every(VM) if vm.resident_on == host.ref}
    fakes.change(mirror, host, tags=[])
    assert not list(scope.mirror.every(VM)) and not scope.mirror.pools


def test_the_key_of_a_pool_is_what_it_is_for_all(mirror: Mirror) -> None:
    whole = next(iter(mirror))
    scope = Scope(mirror, lambda subject: not isinstance(subject, Server) and subject.home.key == "other")
    assert not scope.mirror.pools
    pool = own_pool(whole)
    assert pool is not None
    fakes.change(mirror, pool, uuid="other")
    (own,) = scope.mirror
    assert own.key == whole.key == "other" and own.server.address == "" and own.server.state is whole.server.state
    mirror.set_server(whole.server, state=ServerState.UNREACHABLE, detail=("no route to 192.0.2.1",))
    assert own.server.state is ServerState.UNREACHABLE and own.server.detail == ()
    mirror.remove(whole.id)
    assert not scope.mirror.pools


async def test_what_needs_attention_of_hidden_things_is_not_told(mirror: Mirror) -> None:
    now = time.time()
    subjects = {subject for finding in mirror.findings.all(now) for subject in finding.subjects}
    hidden = next(one for one in subjects if isinstance(one, Host | SR | VM))
    scope, told = Scope(mirror, lambda subject: subject is not hidden), list[object]()
    assert {key_of(one) for finding in scope.mirror.findings.all(now) for one in finding.subjects if not isinstance(one, Server)} == {
        key_of(one) for one in subjects if one is not hidden and not isinstance(one, Server)
    }
    leave = scope.mirror.findings.observe(told.extend)
    mirror.findings.touch(hidden)
    mirror.findings.publish()
    assert not told
    seen = next(vm for vm in mirror.every(VM) if vm is not hidden)
    mirror.findings.touch(seen)
    mirror.findings.publish()
    assert [getattr(one, "ref", "") for one in told] == [seen.ref]
    leave()


async def test_a_scope_is_there_while_somebody_looks(mirror: Mirror) -> None:
    observers = mirror.observer_count
    scopes = Scopes(mirror, lambda _user: on_a_screen)
    user = viewer_of(Kiosk(id="hall", name="hall", by="admin", created=0.0))
    first = await scopes.ready(user)
    assert scopes.of(user) is first and mirror.observer_count > observers and list(first.mirror.every(VM))
    del first
    assert mirror.observer_count == observers and not scopes._open


def test_what_would_become_of_all_vms_of_a_host_is_for_who_sees_the_pool(mirror: Mirror) -> None:
    whole = next(iter(mirror))
    host = next(host for host in whole.all(Host).values() if host.resident_VMs)
    whole.part(Fates)[host.ref] = FailoverVerdict(1, 0)
    screen, few = Scope(mirror, on_a_screen), Scope(mirror, lambda subject: isinstance(subject, VM) and subject.resident_on == host.ref)
    assert screen.mirror.pools[whole.id].part(Fates) and not few.mirror.pools[whole.id].part(Fates)


def test_of_what_a_vm_hangs_on_enough_is_seen_to_judge_it(mirror: Mirror) -> None:
    """An SR that is seen by name is not told to be detached; that it is full is said on its own page."""
    vm = next(vm for vm in mirror.every(VM) if vm.VBDs and vm.home.one(Host, vm.resident_on))
    scope = Scope(mirror, lambda subject: subject is vm)
    own = scope.mirror.find(VM, key_of(vm))
    assert own is not None and own is not vm

    def told(row: VM) -> list[tuple[str, str]]:
        return [(one.kind, one.what) for one in dependencies_of(row) if one.kind is not DependencyKind.FULL]

    assert told(own) == told(vm)
    (sr,) = {sr.ref for sr in srs_of(own)}
    assert not scope.shows(own.home.all(SR)[sr]) and not own.home.all(SR)[sr].VDIs


def test_what_was_measured_of_what_one_knows_by_name_is_not_told(mirror: Mirror) -> None:
    """Neither by itself nor in a sum; and no longer once the right is gone."""
    sees, known, first = Some(3), 0, round(time.time() / STEP)
    scope = Scope(mirror, sees)
    for turn in range(2):
        for pool in scope.mirror:
            whole, seen = mirror.pools[pool.id].history, pool.part(History)
            for kind in (Host, VM, SR):
                for row in mirror.pools[pool.id].all(kind).values():
                    whole.grow(row.uuid, Sample(1.0, 5))
                    whole.extend(row.uuid, {"cpu": array("f", (1.0,) * EVERY * 2)}, first)
                    shows, parts = scope.shows(row), [(row.uuid, "cpu")]
                    known += not shows and pool.one(kind, row.ref) is not None
                    assert bool(seen.series(row.uuid)) == bool(seen.growth(row.uuid)) == (not math.isnan(seen.sum_now(parts))) == shows
                    assert seen.load(row.uuid) == (whole.load(row.uuid) if shows else None)
                    assert seen.trace(row.uuid) == seen.trace_of_sum("a sum", parts) == (whole.trace(row.uuid) if shows else "")
            assert set(seen.uuids) < set(whole.uuids)
        assert known, turn
        sees.turn()
        for _ in scope.review():
            pass
