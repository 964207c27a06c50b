"""What grants come to: tables of cases, and properties over random grants."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.facts.vm import is_guest
from data.grants.grant import ADMIN, NONE, OPERATOR, SEE, VIEWER, Grant, GrantKind, OwnRole, UserGroup
from data.grants.rights import Rights
from data.grants.table import GrantTable
from data.grants.why import Basis, GrantEffect, explain
from data.identity import key_of
from data.objects import SR, VBD, VDI, VIF, VM, Appliance, Host, Network, Pool, VMGuestMetrics
from data.scope import Scope
from data.stores.users import Role, User
from data.types import XapiObject
from tests import fakes
from tests.control.fake_pool import FakePool
from xo_dash.consoles.rights import may_use
from xo_dash.control.access import DENIED, may
from xo_dash.control.filters import BadFilter
from xo_dash.control.verbs import LOOK, VERBS
from xo_dash.control.vm_filter import vm_filter
from xo_dash.control.why import why

KINDS = {Pool: GrantKind.POOL, Host: GrantKind.HOST, VM: GrantKind.VM, SR: GrantKind.SR, Network: GrantKind.NETWORK}
LAB = fakes.home_lab()


def grant(role: str, on: XapiObject | str, *, deny: bool = False, **more: object) -> Grant:
    kind, key = (GrantKind.TAG, on) if isinstance(on, str) else (KINDS[type(on)], key_of(on))
    return Grant(**{"id": f"{role} {key} {deny}", "user_id": "ann", "role": role, "kind": kind, "key": key, "deny": deny} | more)  # type: ignore[arg-type]


def start(rights: Rights, subject: XapiObject) -> bool:
    return rights.may("vm.start", OPERATOR, subject)


@pytest.fixture
def web() -> VM:
    return fakes.find(LAB, "web-1")


def above(vm: VM) -> tuple[Host, Pool]:
    host = vm.home.one(Host, vm.resident_on)
    assert host is not None
    return host, next(iter(vm.home.all(Pool).values()))


def test_a_grant_is_inherited_from_pool_to_host_to_vm_and_to_what_is_part_of_it(web: VM) -> None:
    host, pool = above(web)
    parts = [*web.all_of(VBD, web.VBDs), *web.all_of(VIF, web.VIFs)]
    disk = web.home.one(VDI, web.all_of(VBD, web.VBDs)[0].VDI)
    guest = web.home.one(VMGuestMetrics, web.guest_metrics)
    assert disk is not None and guest is not None
    fakes.change(LAB, disk, VBDs=[vbd.ref for vbd in web.all_of(VBD, web.VBDs) if disk.ref == vbd.VDI])
    for on in (web, host, pool):
        rights = Rights(NONE, [grant("operator", on)])
        assert start(rights, web)
        assert all(rights.may("vdi.grow", OPERATOR, part) for part in (*parts, disk, guest))
        assert not rights.may("host.reboot", ADMIN, host)
        assert rights.sees(pool) == (on is pool) and rights.sees(host) == (on in (host, pool))
    assert not start(Rights(NONE, [grant("operator", host)]), fakes.find(LAB, "pihole")), "which runs on another host"
    assert not any(start(Rights(NONE, [grant("operator", pool)]), vm) for vm in LAB.every(VM) if vm.home is not web.home)


def test_a_disk_goes_with_its_sr_too(web: VM) -> None:
    disk = web.home.one(VDI, web.all_of(VBD, web.VBDs)[0].VDI)
    assert disk is not None
    sr = web.home.one(SR, disk.SR)
    assert sr is not None
    rights = Rights(NONE, [grant("viewer", sr)])
    assert rights.sees(sr) and rights.sees(disk) and not rights.sees(web)


def test_a_deny_wins_from_wherever_it_comes_and_takes_the_role_with_what_includes_it(web: VM) -> None:
    host, pool = above(web)
    for on, off in ((pool, web), (web, pool), (host, host), (web, host)):
        rights = Rights(NONE, [grant("admin", on), grant("operator", off, deny=True)])
        assert not start(rights, web) and rights.sees(web), "it can still be looked at"
        rights = Rights(ADMIN, [grant("viewer", off, deny=True)])
        assert not rights.sees(web) and not rights.sees_everything
        assert explain(rights, SEE, VIEWER, web).grant == grant("viewer", off, deny=True)


def test_what_was_begun_may_take_the_vm_out_of_its_grant_while_nobody_takes_that_away(web: VM) -> None:
    given, elsewhere = grant("operator", above(web)[0]), fakes.find(LAB, "pihole")  # as the VM would be on another host
    begun = "vm.migrate", OPERATOR, elsewhere, Rights(NONE, [given]).allowing("vm.migrate", OPERATOR, web)
    assert begun[3] == {given} and not start(Rights(NONE, [given]), elsewhere)
    assert Rights(NONE, [given]).may_still(*begun)
    for now in ([], [grant("viewer", above(web)[0])], [given, grant("operator", elsewhere, deny=True)]):
        assert not Rights(NONE, now).may_still(*begun)
    assert not Rights(NONE, [given], cap=VIEWER).may_still(*begun)


def test_why_names_what_decides_and_what_else_is_said_the_nearest_first(web: VM) -> None:
    host, pool = above(web)
    table = web.home.part(GrantTable)
    given = [grant("operator", pool), grant("viewer", host), grant("operator", web, deny=True)]
    rights = Rights(NONE, given)
    told = explain(rights, "vm.start", OPERATOR, web)
    assert (told.allowed, told.basis, told.grant) == (False, Basis.DENY, given[2])
    assert told.says == ((given[2], GrantEffect.DENIES), (given[1], GrantEffect.SILENT), (given[0], GrantEffect.ALLOWS))
    assert explain(rights, SEE, VIEWER, web).grant == given[1]
    assert explain(Rights(ADMIN, cap=VIEWER), "vm.start", OPERATOR, web).basis is Basis.CAP
    try:
        table.put(given)
        ann = User(id="ann", name="ann", password_hash="", role=Role.NONE, created=0.0, epoch="")
        start = VERBS["vm.start"]
        answer = why(ann, start, web)
        assert "a deny of operator on web-1 (direct)" in str(answer.sentence) and "running" in str(answer.obstacle)
        assert "a deny of operator on web-1 takes this away" in str(may(ann, start, web).reason)
        power = OwnRole(id="power", name="Power", verbs=("vm.start",))
        for role, said in (("operator", "yours here is operator"), ("power", "yours here is Power"), ("none", "yours is no role")):
            table.put([grant(role, web)], roles=[power])
            assert said in str(may(ann, VERBS["vm.add_pci"], web).reason), role
    finally:
        table.put([])


def test_what_is_done_to_a_vapp_takes_the_right_to_every_vm_of_it() -> None:
    pool = FakePool()
    mine, theirs = pool.vm("mine"), pool.vm("theirs")
    vapp = Appliance(name_label="shop", VMs=[mine.ref, theirs.ref])
    pool.put(vapp)
    for vm in (mine, theirs):
        pool.change(vm, appliance=vapp.ref)
    ask = ("vm_appliance.hard_shutdown", OPERATOR, vapp)
    one, both = [grant("operator", mine)], [grant("operator", mine), grant("operator", theirs)]
    assert not Rights(NONE, one).may(*ask) and not explain(Rights(NONE, one), *ask).allowed
    assert Rights(NONE, both).may(*ask) and explain(Rights(NONE, both), *ask).allowed
    denied = Rights(OPERATOR, [grant("operator", theirs, deny=True)])
    assert not denied.may(*ask) and explain(denied, *ask).basis is Basis.DENY


def test_tags_and_own_roles(web: VM) -> None:
    ci = fakes.find(LAB, "ci-runner-1")
    rights = Rights(NONE, [grant("operator", "ci")])
    assert start(rights, ci) and not start(rights, web)
    power = OwnRole(id="power", name="Power", verbs=("vm.start",))
    rights = Rights(NONE, [grant("power", web)], {"power": power})
    assert start(rights, web) and rights.sees(web) and not rights.may("vm.clone", OPERATOR, web)
    assert not Rights(NONE, [grant("power", web)]).sees(web), "a role that was removed gives nothing"
    rights = Rights(OPERATOR, [grant("power", web, deny=True)], {"power": power})
    assert not start(rights, web) and rights.sees(web) and rights.may("vm.clone", OPERATOR, web)


def test_a_filter_means_the_vms_that_fit_as_they_are_now() -> None:
    lab = fakes.home_lab()
    web, other = fakes.find(lab, "web-1"), fakes.find(lab, "db-01")
    lab.grants.compile = vm_filter
    given = Grant(id="f", user_id="ann", role="operator", kind=GrantKind.FILTER, key="name:web -name:web-2")
    lab.grants.put([given])
    scope = Scope(lab, lambda subject: lab.grants.rights_of("ann", "none").sees(subject))
    rights = lab.grants.rights_of("ann", "none")
    disk = web.home.one(VDI, web.all_of(VBD, web.VBDs)[0].VDI)
    assert disk is not None
    fakes.change(lab, disk, VBDs=[vbd.ref for vbd in web.all_of(VBD, web.VBDs) if disk.ref == vbd.VDI])
    assert start(rights, web) and not start(rights, other) and rights.may("vdi.grow", OPERATOR, disk)
    assert explain(rights, "vm.start", OPERATOR, web).grant == given
    assert "db-01" not in {vm.name_label for vm in scope.mirror.every(VM)}
    fakes.change(lab, other, name_label="web-3")
    assert "web-3" in {vm.name_label for vm in scope.mirror.every(VM)}, "it fits from the change on"
    fakes.change(lab, web, name_label="shop")
    assert not {"web-1", "shop"} & {vm.name_label for vm in scope.mirror.every(VM)}
    for wrong in ("", "web", "is:running", "host:attic", "ip:10"):
        with pytest.raises(BadFilter):
            vm_filter(wrong)
    broken = Grant(id="b", user_id="ann", role="viewer", kind=GrantKind.FILTER, key="host:attic", deny=True)
    lab.grants.put([broken])
    assert not lab.grants.rights_of("ann", "admin").sees(web), "a deny that nobody understands denies"


def test_a_grant_on_what_is_seen_by_name_alone_counts_too() -> None:
    lab = fakes.home_lab()
    web = fakes.find(lab, "web-1")
    host, _pool = above(web)
    fakes.change(lab, host, tags=frozenset({"locked"}))
    lab.grants.put([grant("operator", web), grant("operator", "locked", deny=True)])
    ann = User(id="ann", name="ann", password_hash="", role=Role.NONE, created=0.0, epoch="")
    scope = Scope(lab, lab.grants.rights(ann).sees)
    seen = scope.mirror.having(VM, key_of(web))[0]
    assert seen is not web and not scope.shows(host) and may(ann, LOOK, seen)
    assert may_use(ann, web).reason is DENIED and not may_use(ann, seen)


def test_a_token_caps_roles_and_grants(web: VM) -> None:
    for rights in (Rights(ADMIN, cap=VIEWER), Rights(NONE, [grant("admin", web)], cap=VIEWER)):
        assert rights.sees(web) and not start(rights, web)


def test_groups_of_groups_and_what_has_ended(web: VM) -> None:
    now = [1000.0]
    table = GrantTable(lambda: now[0])
    told: list[int] = []
    table.observe(lambda: told.append(1))
    inner, outer = UserGroup(id="inner", name="inner", users=("ann",)), UserGroup(id="outer", name="outer", groups=("inner",))
    table.put([grant("operator", web, user_id="", group_id="outer", until=2000.0)], [inner, outer])
    ann = fakes_user("ann")
    assert start(table.rights(ann), web) and not start(table.rights(fakes_user("bob")), web)
    now[0] = 2001.0
    table.expire()
    assert not start(table.rights(ann), web) and told == [1, 1]


def fakes_user(name: str) -> object:
    class Person:
        id, role = name, "none"

    return Person()


def objects() -> list[XapiObject]:
    return [row for kind in KINDS for row in LAB.every(kind)]


@st.composite
def some_grants(draw: st.DrawFn) -> list[Grant]:
    rows = objects()
    roles = st.sampled_from(["viewer", "operator", "admin"])
    picks = st.tuples(roles, st.one_of(st.integers(0, len(rows) - 1).map(rows.__getitem__), st.just("ci")), st.booleans())
    return [grant(role, on, deny=deny) for role, on, deny in draw(st.lists(picks, max_size=6))]


@settings(max_examples=60)
@given(some_grants(), st.sampled_from([NONE, VIEWER, OPERATOR, ADMIN]))
def test_more_allows_more_a_deny_allows_less_and_each_answer_names_its_grant(grants: list[Grant], level: int) -> None:
    rights = Rights(level, grants)
    allowing = Rights(level, [one for one in grants if not one.deny])
    for row in objects()[::5]:
        for verb, needed in ((SEE, VIEWER), ("vm.start", OPERATOR), ("host.reboot", ADMIN)):
            decision = explain(rights, verb, needed, row)
            assert decision.allowed == rights.may(verb, needed, row)
            assert not decision.allowed or allowing.may(verb, needed, row)
            if decision.grant is not None:
                assert decision.grant.deny is not decision.allowed and decision.grant in grants
            elif decision.allowed:
                assert level >= needed and decision.basis is Basis.ROLE
            assert {said for said, _effect in decision.says} == set(rights.grants_on(row))
            if decision.allowed and needed > VIEWER:
                assert rights.sees(row), "who may act on it sees it"


def test_a_question_is_as_cheap_as_a_few_lookups() -> None:
    """Beside as many lookups of a row's host, in the same run: no measure of time of its own."""
    mirror = fakes.fleet(hosts=8, vms=1000)
    vms = [vm for vm in mirror.every(VM) if is_guest(vm)]
    chosen = random.Random(1).sample(vms, 20)
    rights = Rights(NONE, [grant("operator", vm) for vm in chosen])

    def took(work: object) -> float:
        best = 1e9
        for _ in range(50):
            began = time.perf_counter()
            work()  # type: ignore[operator]
            best = min(best, time.perf_counter() - began)
        return best

    asked = took(lambda: [rights.sees(vm) for vm in vms])
    beside = took(lambda: [key_of(vm) for vm in vms])
    assert asked < 4 * beside
    assert sum(map(rights.sees, vms)) == 20
