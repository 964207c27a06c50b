"""Before a rolling run: what stands against it, what it decides, in which order."""

from __future__ import annotations

from pathlib import Path

import msgspec

from data.failover import HostRoom, Survey
from data.objects import VM, Host, HostMetrics, Pool, Repository
from tests import fakes
from tests.migration.pools import House, machine
from tests.networks.place import Place
from tests.pools.rolling_checks import checks, refused
from xo_dash.control.host.apply_updates import ApplyUpdates
from xo_dash.control.host.departures import LeavingVM
from xo_dash.control.rolling.check import Gravity
from xo_dash.control.rolling.checks import assessing
from xo_dash.control.rolling.readiness import obstacles_of
from xo_dash.control.rolling.request import RollHosts, action_of, hosts_in, pinned, request_for
from xo_dash.control.rolling.state import Rolling, RollingFiles
from xo_dash.xapi.errors import XapiFailure


def house() -> tuple[House, Pool]:
    made = House()
    pool = next(iter(made.lab.home.all(Pool).values()))
    made.lab.change(pool, master=made.one.ref)
    return made, pool


def test_the_master_is_first_and_hosts_can_be_left_out() -> None:
    made, pool = house()
    assert [host.name_label for host in hosts_in(RollHosts(), pool)] == ["one", "two"]
    assert [host.name_label for host in hosts_in(RollHosts(left_out=(made.one.uuid,)), pool)] == ["two"]
    assert str(refused(RollHosts(left_out=(made.one.uuid, made.two.uuid)), pool)) == "all hosts are left out"


def test_what_has_to_be_resolved_comes_first_then_what_is_decided_then_what_is_automatic() -> None:
    made, pool = house()
    vm = machine(made.lab, made.one, made.local, made.lan)
    made.lab.change(vm, allowed_operations=vm.allowed_operations | {"suspend", "clean_shutdown"})
    metrics = made.lab.home.one(HostMetrics, made.two.metrics)
    assert metrics is not None
    made.lab.change(pool, other_config={"auto_poweron": "true"})
    found = checks(RollHosts(), pool)
    assert [(one.gravity, str(one.what)) for one in found if one.gravity is not Gravity.FINE] == [
        (Gravity.DECIDED, "web-1 cannot leave one"), (Gravity.AUTOMATIC, "Auto-start of the pool is on"),
    ]  # fmt: skip
    assert (found[0].how, found[0].ways) == ("suspend", ["suspend", "shut_down"])
    assert [one.how for one in request_for(RollHosts(), made.one).vms] == ["suspend"]
    assert refused(RollHosts(), pool) is None
    made.lab.change(metrics, live=False)
    assert str(refused(RollHosts(), pool)) == "two does not respond"
    assert str(refused(RollHosts(update=True, left_out=(made.two.uuid,)), pool)) == "one has no updater plugin"


def test_a_vm_that_nothing_can_be_done_to_blocks_it() -> None:
    made, pool = house()
    vm = machine(made.lab, made.one, made.local, made.lan)
    assert str(refused(RollHosts(), pool)) == "web-1 cannot leave one"
    asked = RollHosts(vms=(LeavingVM(vm=vm.uuid, how="shut_down"),))
    assert [str(one.why) for one in checks(asked, pool) if one.gravity is Gravity.BLOCKS] == [
        "web-1 cannot do this now; choose something else"
    ]  # fmt: skip
    made.lab.change(vm, allowed_operations=vm.allowed_operations | {"clean_shutdown"})
    assert refused(asked, pool) is None


async def test_what_the_pool_itself_says_comes_besides_unless_it_is_decided() -> None:
    made, pool = house()
    vm = machine(made.lab, made.one, made.shared, made.lan)
    for host in (made.one, made.two):
        made.lab.change(host, software_version={"product_brand": "XCP-ng"})
    made.lab.answers["pool.check_update_readiness"] = [
        ["HA_IS_ENABLED"], ["LICENCE_RESTRICTION", "updates"], ["VM_LACKS_FEATURE", vm.ref], ["VM_LACKS_FEATURE", vm.ref], [],
        ["HOST_HAS_NO_MANAGEMENT_IP", made.two.ref],
    ]  # fmt: skip
    asked = RollHosts(update=True)
    told = await obstacles_of(lambda _server: made.lab, asked, pool)

    def blocks(request: RollHosts) -> list[str]:
        return [str(one.what) for one in checks(request, pool, told) if one.gravity is Gravity.BLOCKS]

    assert refused(asked, pool) is None and blocks(asked) == [
        "The pool is not ready for updates", "web-1 cannot leave one", "two is not ready for updates",
    ]  # fmt: skip
    made.lab.change(vm, allowed_operations=vm.allowed_operations | {"clean_shutdown"})
    decided = msgspec.structs.replace(asked, vms=(LeavingVM(vm=vm.uuid, how="shut_down"),), left_out=(made.two.uuid,))
    assert blocks(decided) == ["The pool is not ready for updates"]
    made.lab.answers["pool.check_update_readiness"] = XapiFailure("MESSAGE_METHOD_UNKNOWN", ["pool.check_update_readiness"])
    for answer in (made.lab.answers["pool.check_update_readiness"], "ready", [[1]]):
        made.lab.answers["pool.check_update_readiness"] = answer
        assert await obstacles_of(lambda _server: made.lab, asked, pool) == ()
    assert await obstacles_of(lambda _server: made.lab, RollHosts(), pool) == ()


def test_many_hosts_are_judged_one_after_the_other_each_looked_up_once() -> None:
    (home,) = fakes.fleet(hosts=20, vms=200)
    (pool,) = home.all(Pool).values()
    survey = Survey()
    room = HostRoom(home.all(Host).values(), survey)
    assert HostRoom(home.all(Host).values(), survey).free == room.free == HostRoom(home.all(Host).values()).free
    room.put(next(iter(home.all(VM).values())), next(iter(room.free)))
    assert room.free != HostRoom(home.all(Host).values(), survey).free, "what is put into one is in no other"
    steps = assessing(RollHosts(), pool)
    assert sum(1 for _step in steps) == 20 + 2 * 20


def test_how_far_it_is_comes_back_from_the_disk(tmp_path: Path) -> None:
    files = RollingFiles(tmp_path)
    made = Rolling(id="1-a", pool="lab", pool_uuid="u", user_id="x", user_name="eve", request=RollHosts(update=True), turns=[], began=1.0)
    files.write(made)
    assert list(files.read()) == [made]
    files.forget(made)
    assert list(files.read()) == []


def test_what_a_xenserver_pool_lacks_is_said_with_what_mends_it() -> None:
    place = Place()
    for host in place.hosts:
        place.fake.change(host, software_version={"product_brand": "XenServer"}, latest_synced_updates_applied="no")
    asked = RollHosts(update=True)

    def worst() -> list[tuple[str, str]]:
        found = checks(asked, place.pool)
        assert refused(asked, place.pool) is None or found[0].gravity is Gravity.BLOCKS
        return [(str(one.what), one.fix[0].id if one.fix is not None else "") for one in found if one.gravity is not Gravity.FINE]

    assert worst() == [("The pool has no update repository", "pool.set_repositories")]
    used = place.put(Repository(name_label="normal", update=True))
    place.fake.change(place.pool, repositories=[used.ref])
    assert worst() == [("The pool has not synchronized its updates", "pool.sync_updates")]
    place.fake.change(used, hash="abc")
    place.fake.change(place.pool, update_sync_enabled=True)
    place.fake.change(place.hosts[1], pending_guidances=["restart_toolstack"])
    assert worst() == [("host-2 has not finished earlier updates", "host.restart_agent"), ("Updates are synchronized automatically", "")]
    place.fake.change(place.hosts[1], pending_guidances=["reboot_host"], latest_synced_updates_applied="yes")
    place.fake.change(place.hosts[2], latest_synced_updates_applied="yes")
    assert worst() == [("Updates are synchronized automatically", "")]
    ways = [(host.name_label, action_of(asked, host).id) for host in hosts_in(asked, place.pool)]
    assert sorted(ways) == [("host-1", "host.apply_updates"), ("host-2", "host.reboot")]  # the third has all of them
    asked = pinned(asked, place.pool)
    place.fake.change(used, hash="another, meanwhile")
    wish = request_for(asked, place.hosts[0])
    assert isinstance(wish, ApplyUpdates) and wish.checksum == "abc"
    for host in place.hosts:
        place.fake.change(host, latest_synced_updates_applied="")
    assert worst()[0] == ("host-1 has no updater plugin", "")
