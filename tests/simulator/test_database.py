"""The one door for change: links, generations, deletions and who is woken."""

import copy
import random
import time

import pytest

from xo_dash.simulator import model
from xo_dash.simulator.database import KEEP_DELETIONS, Database, Interest
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.types import NULL

ALL = Interest()


@pytest.fixture
def db() -> Database:
    return Database(model.load(), random.Random(1))


def test_a_row_has_every_field_with_its_default(db: Database) -> None:
    record = db.record("VBD", db.create("VBD", {"mode": "RO"}))
    assert list(record) == list(model.load().classes["VBD"].fields)
    assert (record["mode"], record["unpluggable"], record["VM"], record["other_config"]) == ("RO", True, NULL, {})


def test_what_rows_share_stays_as_it_is(db: Database) -> None:
    before = copy.deepcopy({name: c.fresh for name, c in model.load().classes.items()})
    first, second = db.create("VM"), db.create("VM")
    for number in range(3):
        db.create("VBD", {"VM": first, "other_config": {"number": str(number)}})
    db.set(first, tags=["a"])
    assert (db.get(second, "VBDs"), db.get(second, "tags"), len(db.get(first, "VBDs"))) == ([], [], 3)
    assert {name: c.fresh for name, c in model.load().classes.items()} == before


def test_one_to_many_from_the_single_side(db: Database) -> None:
    first, second = db.create("VM"), db.create("VM")
    vbd = db.create("VBD", {"VM": first})
    assert db.get(first, "VBDs") == [vbd]
    db.set(vbd, VM=second)
    assert (db.get(first, "VBDs"), db.get(second, "VBDs")) == ([], [vbd])
    db.destroy(vbd)
    assert db.get(second, "VBDs") == []


def test_one_to_many_from_the_many_side(db: Database) -> None:
    pif, bond = db.create("PIF"), db.create("Bond")
    db.set(bond, slaves=[pif])
    assert db.get(pif, "bond_slave_of") == bond
    db.destroy(bond)
    assert db.get(pif, "bond_slave_of") == NULL


def test_many_to_many(db: Database) -> None:
    host, update = db.create("host"), db.create("pool_update")
    db.set(update, hosts=[host])
    assert db.get(host, "updates") == [update]
    db.set(host, updates=[])
    assert db.get(update, "hosts") == []


def test_a_link_to_itself(db: Database) -> None:
    vm = db.create("VM")
    shot = db.create("VM", {"snapshot_of": vm})
    db.set(vm, parent=shot)
    assert (db.get(vm, "snapshots"), db.get(shot, "children")) == ([shot], [vm])


def test_both_ends_are_stamped_with_one_generation(db: Database) -> None:
    vm, host = db.create("VM"), db.create("host")
    since = db.generation
    db.set(vm, resident_on=host, domid=7)
    assert db.generation == since + 1
    assert {row.ref for row in db.changes(since, ALL).modified} == {vm, host}


def test_equal_is_no_change(db: Database) -> None:
    vm = db.create("VM", {"name_label": "a"})
    since = db.generation
    assert not db.set(vm, name_label="a") and db.generation == since
    assert db.set(vm, name_label="b") and db.generation == since + 1


def test_an_unknown_field_is_a_mistake(db: Database) -> None:
    with pytest.raises(KeyError):
        db.create("VM", {"colour": "red"})
    with pytest.raises(KeyError):
        db.set(db.create("VM"), colour="red")


def test_a_dead_rows_record_can_still_be_read(db: Database) -> None:
    vm = db.create("VM")
    record = db.record("VBD", vbd := db.create("VBD", {"VM": vm}))
    db.destroy(vbd)
    assert record["VM"] == vm and db.get(vm, "VBDs") == []


def test_what_is_gone_is_invalid(db: Database) -> None:
    vm = db.create("VM")
    uuid = db.get(vm, "uuid")
    assert db.by_uuid("VM", uuid) == vm
    db.destroy(vm)
    for attempt in (lambda: db.record("VM", vm), lambda: db.set(vm, domid=1), lambda: db.destroy(vm)):
        with pytest.raises(XapiError) as caught:
            attempt()
        assert caught.value.code == "HANDLE_INVALID"
    with pytest.raises(XapiError) as caught:
        db.by_uuid("VM", uuid)
    assert caught.value.details == ["UUID_INVALID", "VM", uuid]


def test_deletions_are_bounded(db: Database) -> None:
    old = [db.create("blob") for _ in range(3 * KEEP_DELETIONS)]
    since = db.generation
    for ref in old:
        db.destroy(ref)
    assert KEEP_DELETIONS <= len(db.changes(since, ALL).deleted) < 2 * KEEP_DELETIONS


def test_the_same_seed_gives_the_same_rows() -> None:
    first, second = (Database(model.load(), random.Random("x")).create("VM") for _ in range(2))
    assert first == second


async def test_only_those_who_care_wake(db: Database) -> None:
    vm, host = db.create("VM"), db.create("host")
    vms, hosts, it = Interest(frozenset({"vm"})), Interest(frozenset({"host"})), Interest(frozenset(), frozenset({vm}))
    cares = {name: db.watch(i) for name, i in {"all": ALL, "vms": vms, "hosts": hosts, "it": it}.items()}
    db.set(vm, domid=1)
    assert {name for name, future in cares.items() if future.done()} == {"all", "vms", "it"}
    db.unwatch(cares["hosts"])
    db.set(host, enabled=True)
    assert cares["hosts"].cancelled()


def test_a_restored_backup_brings_everything_back(db: Database) -> None:
    vm, host = db.create("VM"), db.create("host")
    db.set(vm, resident_on=host)
    saved = db.snapshot()
    db.destroy(vm)
    db.set(host, hostname="other")
    db.restore(saved, 5)
    assert db.get(host, "resident_VMs") == [vm] and db.get(host, "hostname") == ""
    assert db.generation == 5 + len(saved)


def test_the_cost_of_a_change_does_not_grow_with_the_inventory() -> None:
    def cost(rows: int) -> float:
        db = Database(model.load(), random.Random(1))
        refs = [db.create("VM_metrics") for _ in range(rows)]
        best = 1.0
        for _ in range(5):
            began = time.process_time()
            for ref in refs[:100]:
                since = db.generation
                db.set(ref, hvm=not db.get(ref, "hvm"))
                assert len(db.changes(since, ALL).modified) == 1
            best = min(best, time.process_time() - began)
        return best

    assert cost(10_000) < 3 * cost(200) + 0.01
