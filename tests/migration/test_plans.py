"""Moving VMs: where one can go and why not elsewhere, what moves with it, and that nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

from data.identity import key_of, seen_from
from data.objects import VBD, VDI, VM, Host, HostMetrics, PowerState
from data.types import GIB
from tests.control.asked import calls_of, faults, steps_of
from tests.control.wired import Wired, wired
from tests.migration.pools import House, machine, network
from xo_dash.control.actions import action
from xo_dash.control.orders import Order, accept
from xo_dash.control.plan import Call
from xo_dash.control.request import decode
from xo_dash.control.run import RunState
from xo_dash.control.vm.migration.mapping import MappingReason, disk_moves, nic_moves
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.control.vm.migration.targets import Way, targets
from xo_dash.simulator.testing import simulated


def test_hosts_come_by_what_has_to_move_with_the_reason_against_the_others(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    found = targets(vm)
    assert [(one.host.name_label, one.way, str(one.refused or "")) for one in found] == [
        ("two", Way.MEMORY, ""),
        ("one", Way.MEMORY, "it is already running there"),
        ("attic", Way.POOL, "8\u202fGiB of memory needed, 4\u202fGiB free"),
    ]
    house.lab.change(house.two, enabled=False)
    assert faults("vm.migrate", vm, host=house.two.uuid) == ["two cannot run it: it is in maintenance mode"]


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


async def test_a_vm_moves_to_another_pool_with_its_disks_and_a_failure_leaves_it_where_it_was(tmp_path: Path) -> None:
    with simulated(hosts=(1, 1), vms=(6, 1), speed=200) as simulation:
        here, there = simulation.pools
        async with wired(here, tmp_path, there) as bench:
            other = bench.mirror.pools["other-1"]
            (goal,) = other.all(Host).values()
            vm = await bench.until(lambda: running(bench))
            name, disks = vm.name_label, len([drive for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "Disk"])
            here.fault("VM.migrate_send", error=["VDI_CBT_ENABLED", vm.VBDs[0]], count=1)
            run = await bench.runner.run(bench.ann, action("vm.migrate"), [vm], {"host": key_of(goal)})
            (item,) = run.items
            assert item.state is RunState.FAILED and not item.left
            assert vm.power_state is PowerState.RUNNING and not [one for one in other.all(VM).values() if one.name_label == name]

            run = await bench.runner.run(bench.ann, action("vm.migrate"), [vm], {"host": key_of(goal)})
            (item,) = run.items
            assert (item.state, str(item.reason or "")) == (RunState.DONE, "")
            arrived = await bench.until(lambda: next((one for one in other.all(VM).values() if one.name_label == name), None))
            await bench.until(lambda: arrived.power_state is PowerState.RUNNING and vm.ref not in bench.home.all(VM))
            assert len([drive for drive in arrived.all_of(VBD, arrived.VBDs) if drive.type == "Disk"]) == disks
            assert "session" not in (tmp_path / "audit.jsonl").read_text()


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
