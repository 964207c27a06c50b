"""Moving VMs: where one can go and why not elsewhere, what moves with it, and that nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

from data.failover import Bound
from data.identity import key_of, seen_from
from data.objects import VBD, VDI, VIF, VM, Host, HostMetrics, PowerState, TaskStatus
from data.types import GIB
from data.views.moving import MoveTargets, moves_to
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, ends_at_once
from tests.control.wired import Wired, wired
from tests.migration.pools import House, machine, network, sr
from xo_dash.control.actions import action
from xo_dash.control.orders import Order, accept
from xo_dash.control.plan import Call
from xo_dash.control.quota.demands import demand
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.vm.migration.mapping import MappingReason, disk_moves, nic_moves
from xo_dash.control.vm.migration.request import MigrateVM, places_in, settled
from xo_dash.control.vm.migration.targets import Way, targets
from xo_dash.simulator.testing import simulated


def test_hosts_come_by_what_has_to_move_with_the_reason_against_the_others(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    found = targets(vm)
    assert [(one.host.name_label, one.way, str(one.refused or "")) for one in found] == [
        ("two", Way.MEMORY, ""),
        ("one", Way.MEMORY, "it is already running there"),
        ("attic", Way.POOL, "4\u202fGiB of memory short: 8\u202fGiB needed, 4\u202fGiB free"),
    ]
    house.lab.change(house.two, enabled=False)
    assert faults("vm.migrate", vm, host=house.two.uuid) == ["two cannot run it: it is in maintenance mode"]
    house.lab.change(vm, power_state=PowerState.PAUSED)
    assert {str(one.refused) for one in targets(vm)} == {"it is paused; unpause it first"}
    assert moves_to(vm) == MoveTargets((), Bound.PAUSED)


def test_a_suspended_one_is_resumed_where_its_disks_are_or_moves_them(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan, PowerState.SUSPENDED)
    (refused,) = faults("vm.migrate", vm, host=house.one.uuid)
    assert refused == "one cannot run it: the VM is suspended and its disks are available there: resume it there"
    assert faults("vm.migrate", vm, host=house.one.uuid, sr=house.local.uuid) == []
    assert calls_of("vm.resume_on", vm, host=house.one.uuid) == [("VM.resume_on", (vm.ref, house.one.ref, False, False))]


def test_a_live_migration_is_one_call(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    assert calls_of("vm.migrate", vm, host=house.two.uuid) == [("VM.pool_migrate", (vm.ref, house.two.ref, {"live": "true"}))]


def test_disks_out_of_reach_go_to_the_default_storage(house: House) -> None:
    vm = machine(house.lab, house.one, house.local, house.lan)
    (move,) = disk_moves(vm, house.two)
    assert (move.sr, move.why) == (house.shared, MappingReason.DEFAULT)
    receive, check, send = steps_of("vm.migrate", vm, host=key_of(house.two))
    assert isinstance(receive, Call) and receive.at == "lab" and receive.secret
    assert (
        isinstance(check, Call) and isinstance(send, Call) and (check.method, send.method) == ("VM.assert_can_migrate", "VM.migrate_send")
    )
    assert send.parameters[2:] == (True, {move.disk.ref: house.shared.ref}, {}, {})


def test_storage_that_is_full_or_out_of_reach_is_refused_at_its_field(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    assert faults("vm.migrate", vm, host=house.two.uuid, sr=house.local.uuid) == ["local is not attached on two; choose another"]
    house.lab.change(house.local, physical_utilisation=house.local.physical_size - GIB)
    (full,) = faults("vm.migrate", vm, host=house.one.uuid, sr=house.local.uuid)
    assert full == "5 GiB needed on local, 1 GiB free"


def test_what_lies_below_a_disk_since_its_snapshot_moves_too(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    (move,) = disk_moves(vm, house.two, house.local)
    base = VDI(managed=False, virtual_size=20 * GIB, physical_utilisation=5 * GIB, SR=house.shared.ref)
    house.lab.put(base)
    house.lab.change(move.disk, physical_utilisation=GIB, sm_config={"vhd-parent": base.uuid})
    house.lab.change(house.local, physical_utilisation=house.local.physical_size - GIB)
    (full,) = faults("vm.migrate", vm, host=house.one.uuid, sr=house.local.uuid)
    assert full == "6 GiB needed on local, 1 GiB free"


def test_disks_alone_move_while_the_vm_stays_on_its_host(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    assert faults("vm.migrate", vm, host=house.one.uuid) == ["one cannot run it: it is already running there"]
    assert faults("vm.migrate", vm, host=house.one.uuid, sr=house.local.uuid) == []


def test_between_pools_networks_are_found_by_name_or_vlan_and_a_guess_is_said(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.tagged)
    house.home.change(house.home.home.one(HostMetrics, house.attic.metrics) or HostMetrics(), memory_total=64 * GIB)
    (nic,) = nic_moves(vm, house.attic)
    assert (nic.network, nic.why) == (house.home_lan, MappingReason.GUESS)
    request = decode(action("vm.migrate").request, {"host": key_of(house.attic)})
    assert [str(note) for note in action("vm.migrate").notes(request, vm)] == ["NIC 0 changes from tagged to lan: check it"]
    trunk = network(house.home, "guests", house.attic, tag=20)
    assert [(move.network, move.why) for move in nic_moves(vm, house.attic)] == [(trunk, MappingReason.VLAN)]
    receive, _check, send = (step for step in steps_of("vm.migrate", vm, host=key_of(house.attic)) if isinstance(step, Call))
    assert receive.at == "home" and receive.parameters == (house.attic.ref, house.home_lan.ref, {})
    (disk,) = disk_moves(vm, house.attic)
    assert send.parameters[3:] == ({disk.disk.ref: house.nas.ref}, {nic.nic.ref: trunk.ref}, {})


def test_a_nic_that_only_a_snapshot_has_gets_a_network_too(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    snapshot = VM(name_label="before", is_a_snapshot=True)
    house.lab.put(snapshot)
    same = house.lab.put(VIF(VM=snapshot.ref, network=house.lan.ref, MAC=vm.all_of(VIF, vm.VIFs)[0].MAC))
    lost = house.lab.put(VIF(VM=snapshot.ref, network=house.lan.ref, MAC="02:00:00:00:00:01"))
    house.lab.change(snapshot, VIFs=[same, lost])
    house.lab.change(vm, snapshots=[snapshot.ref])
    _srs, networks = places_in(MigrateVM(host=key_of(house.attic)), vm, house.attic)
    assert networks == dict.fromkeys((*vm.VIFs, lost), house.home_lan.ref)
    assert places_in(MigrateVM(host=key_of(house.two)), vm, house.two)[1] == {}, "within a pool there is no map"


async def test_a_host_that_sends_all_the_disks_it_can_is_asked_again(house: House, tmp_path: Path) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    desk, fake = Desk(tmp_path, house.lab), house.lab
    ends = iter([TaskStatus.FAILURE, TaskStatus.SUCCESS])
    fake.answers["Async.VM.pool_migrate"] = lambda *_given: ends_at_once(fake, next(ends), "TOO_MANY_STORAGE_MIGRATES", "3")()
    run = desk.runner.start(desk.hire(), action("vm.migrate"), [vm], {"host": key_of(house.two)})
    (item,) = run.items
    await desk.until(lambda: item.says is not None)
    assert "3 disks are already being moved" in str(item.says) and fake.sent.count("Async.VM.pool_migrate") == 1
    fake.end(fake.task("Async.VM.migrate_send"))
    await desk.until(lambda: run.ended)
    assert item.state is RunState.DONE and fake.sent.count("Async.VM.pool_migrate") == 2
    await desk.runner.stop()


def test_a_copy_is_for_halted_vms_and_other_pools(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan, PowerState.HALTED)
    assert faults("vm.migrate", vm, host=house.two.uuid, sr=house.local.uuid, copy=True)[-1].startswith("use Clone within a pool")
    assert faults("vm.migrate", vm, host=key_of(house.attic), copy=True) == []
    send = steps_of("vm.migrate", vm, host=key_of(house.attic), copy=True)[-1]
    assert isinstance(send, Call) and send.parameters[-1] == {"copy": "true"}


def test_a_disc_that_stays_behind_is_ejected_and_comes_back_if_it_fails(house: House) -> None:
    vm = machine(house.lab, house.one, house.local, house.lan)
    disc = house.lab.put(VDI(name_label="tools.iso", SR=house.local.ref))
    drive = house.lab.put(VBD(VM=vm.ref, VDI=disc, type="CD"))
    house.lab.change(vm, VBDs=[*vm.VBDs, drive])
    eject = steps_of("vm.migrate", vm, host=house.two.uuid)[0]
    assert isinstance(eject, Call) and (eject.method, eject.parameters) == ("VBD.eject", (drive,)) and eject.undo is not None
    (insert,) = eject.undo("")
    assert isinstance(insert, Call) and (insert.method, insert.parameters) == ("VBD.insert", (drive, disc))


# ---- on simulated pools


def running(bench: Wired) -> VM:
    return next(vm for vm in bench.machines if "pool_migrate" in vm.allowed_operations)


async def test_a_vm_moves_to_another_host_while_it_runs(tmp_path: Path) -> None:
    with simulated(hosts=(2,), vms=(8,), speed=200) as simulation:
        async with wired(simulation.pool, tmp_path) as bench:
            vm = await bench.until(lambda: running(bench))
            goal = next(one.host for one in targets(vm) if one.refused is None)
            run = await bench.runner.run(bench.ann, action("vm.migrate"), [vm], {"host": goal.uuid})
            assert run.items[0].state is RunState.DONE, run.items[0].reason
            await bench.until(lambda: vm.resident_on == goal.ref)


def test_a_command_names_hosts_by_name_or_key(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    for text, host in (("two", house.two), (house.two.uuid, house.two), ("attic", house.attic), (key_of(house.attic), house.attic)):
        _action, _subjects, request = accept(Order(action="vm.migrate", on=["web-1"], values={"host": text}), house.lab.mirror)
        assert isinstance(request, MigrateVM) and seen_from(vm.home, Host, request.host) is host


def test_places_are_chosen_of_what_may_be_used(house: House) -> None:
    """Also those of a NIC that only a snapshot has: what is chosen is named, so that quotas and rights are held against it."""
    vm = machine(house.lab, house.one, house.shared, house.lan, PowerState.HALTED)
    snapshot = house.lab.vm("before", is_a_snapshot=True, snapshot_of=vm.ref)
    house.lab.change(snapshot, VIFs=[house.lab.put(VIF(VM=snapshot.ref, network=house.tagged.ref, MAC="aa:00:00:00:00:09"))])
    house.lab.change(vm, snapshots=[snapshot.ref])
    other, guests = sr(house.home, "other", house.attic, free=30 * GIB), network(house.home, "guests", house.attic)
    request = settled(MigrateVM(host=key_of(house.attic)), vm, lambda row: row in (other, guests))
    assert [place.sr for place in request.disks] == [key_of(other)]
    assert [place.network for place in request.nics] == [key_of(guests)] * 2
    open_still = settled(MigrateVM(host=key_of(house.attic)), vm, lambda row: False)
    assert not open_still.disks and not open_still.nics
    assert {row.name_label for row in demand("vm.migrate", open_still, vm).uses} == {"nas", "lan"}, "which the quota refuses"
    assert not demand("vm.migrate", MigrateVM(host=key_of(house.two)), vm).uses, "what stays where it is takes nothing"
