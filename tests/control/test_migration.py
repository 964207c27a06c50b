"""Moving VMs: where one can go and why not elsewhere, what moves with it, and that nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.identity import key_of
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network, Pool, PowerState
from data.types import GIB, Ref
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import FakePool
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.plan import Call
from xo_dash.control.request import decode
from xo_dash.control.run import State
from xo_dash.control.vm.migration.mapping import Why, disk_moves, nic_moves
from xo_dash.control.vm.migration.targets import Way, targets
from xo_dash.simulator.testing import simulated

MOVABLE = frozenset({"pool_migrate", "migrate_send"})


def host(fake: FakePool, name: str, memory: int = 64 * GIB) -> Host:
    metrics = fake.put(HostMetrics(memory_total=memory, live=True))
    row = Host(name_label=name, enabled=True, metrics=metrics)
    fake.put(row)
    return row


def sr(fake: FakePool, name: str, *hosts: Host, free: int = 100 * GIB, shared: bool = True) -> SR:
    row = SR(name_label=name, physical_size=free + GIB, physical_utilisation=GIB, shared=shared, type="nfs", content_type="user")
    fake.put(row)
    paths = []
    for one in hosts:
        path = fake.put(PBD(SR=row.ref, host=one.ref, currently_attached=True))
        fake.change(one, PBDs=[*one.PBDs, path])
        paths.append(path)
    fake.change(row, PBDs=paths)
    return row


def network(fake: FakePool, name: str, *hosts: Host, tag: int = -1, management: bool = False) -> Network:
    row = Network(name_label=name, bridge=name)
    fake.put(row)
    ports = []
    for one in hosts:
        port = fake.put(PIF(network=row.ref, host=one.ref, VLAN=tag, management=management, IP="192.0.2.9" if management else ""))
        fake.change(one, PIFs=[*one.PIFs, port])
        ports.append(port)
    fake.change(row, PIFs=ports)
    return row


def machine(fake: FakePool, on: Host, store: SR, net: Network, state: PowerState = PowerState.RUNNING, **fields: Any) -> VM:
    vm = fake.vm("web-1", state, allowed_operations=MOVABLE, resident_on=on.ref if state is PowerState.RUNNING else Ref("OpaqueRef:NULL"),
                 memory_dynamic_max=8 * GIB, memory_static_max=8 * GIB, **fields)  # fmt: skip
    disk = fake.put(VDI(name_label="root", virtual_size=20 * GIB, physical_utilisation=5 * GIB, SR=store.ref))
    drive = fake.put(VBD(VM=vm.ref, VDI=disk, type="Disk"))
    nic = fake.put(VIF(VM=vm.ref, network=net.ref, device="0"))
    fake.change(vm, VBDs=[drive], VIFs=[nic])
    if state is PowerState.RUNNING:
        fake.change(on, resident_VMs=[vm.ref])
    return vm


class House:
    """Two pools: `lab` with two hosts, shared and local storage; `home` with one host."""

    def __init__(self) -> None:
        self.lab = FakePool("lab")
        self.home = FakePool("home", self.lab.mirror)
        self.one, self.two = host(self.lab, "one"), host(self.lab, "two")
        self.attic = host(self.home, "attic", 4 * GIB)
        self.shared, self.local = sr(self.lab, "shared", self.one, self.two), sr(self.lab, "local", self.one, shared=False)
        self.nas = sr(self.home, "nas", self.attic)
        self.lan = network(self.lab, "lan", self.one, self.two, management=True)
        self.tagged = network(self.lab, "tagged", self.one, self.two, tag=20)
        self.home_lan = network(self.home, "lan", self.attic, management=True)
        for fake, default in ((self.lab, self.shared), (self.home, self.nas)):
            fake.put(Pool(name_label=fake.server.id, default_SR=default.ref, uuid=f"pool-{fake.server.id}"))


@pytest.fixture
def house() -> House:
    return House()


def test_hosts_come_by_what_has_to_move_with_the_reason_against_the_others(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    found = targets(vm)
    assert [(one.host.name_label, one.way, str(one.refused or "")) for one in found] == [
        ("two", Way.MEMORY, ""),
        ("one", Way.MEMORY, "it runs there already"),
        ("attic", Way.POOL, "8\u202fGiB of memory needed, 4\u202fGiB free"),
    ]
    house.lab.change(house.two, enabled=False)
    assert faults("vm.migrate", vm, host=house.two.uuid) == ["two cannot take it: it is in maintenance mode"]


def test_a_live_migration_is_one_call(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    assert calls_of("vm.migrate", vm, host=house.two.uuid) == [("VM.pool_migrate", (vm.ref, house.two.ref, {"live": "true"}))]


def test_disks_out_of_reach_go_to_the_default_storage(house: House) -> None:
    vm = machine(house.lab, house.one, house.local, house.lan)
    (move,) = disk_moves(vm, house.two)
    assert (move.sr, move.why) == (house.shared, Why.DEFAULT)
    receive, check, send = steps_of("vm.migrate", vm, host=key_of(house.two))
    assert isinstance(receive, Call) and receive.at == "lab" and receive.secret
    assert (
        isinstance(check, Call) and isinstance(send, Call) and (check.method, send.method) == ("VM.assert_can_migrate", "VM.migrate_send")
    )
    assert send.parameters[2:] == (True, {move.disk.ref: house.shared.ref}, {}, {})


def test_storage_that_is_full_or_out_of_reach_is_refused_at_its_field(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    assert faults("vm.migrate", vm, host=house.two.uuid, sr=house.local.uuid) == ["two does not reach local; choose another"]
    house.lab.change(house.local, physical_utilisation=house.local.physical_size - GIB)
    (full,) = faults("vm.migrate", vm, host=house.one.uuid, sr=house.local.uuid)
    assert full == "5\u202fGiB come to local, and 1\u202fGiB are free there"


def test_disks_alone_move_while_the_vm_stays_on_its_host(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan)
    assert faults("vm.migrate", vm, host=house.one.uuid) == ["one cannot take it: it runs there already"]
    assert faults("vm.migrate", vm, host=house.one.uuid, sr=house.local.uuid) == []


def test_between_pools_networks_are_found_by_name_or_vlan_and_a_guess_is_said(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.tagged)
    house.home.change(house.home.home.one(HostMetrics, house.attic.metrics) or HostMetrics(), memory_total=64 * GIB)
    (nic,) = nic_moves(vm, house.attic)
    assert (nic.network, nic.why) == (house.home_lan, Why.GUESS)
    request = decode(action("vm.migrate").request, {"host": key_of(house.attic)})
    assert [str(note) for note in action("vm.migrate").notes(request, vm)] == ["NIC 0 changes from tagged to lan: check it"]
    trunk = network(house.home, "guests", house.attic, tag=20)
    assert [(move.network, move.why) for move in nic_moves(vm, house.attic)] == [(trunk, Why.VLAN)]
    receive, _check, send = (step for step in steps_of("vm.migrate", vm, host=key_of(house.attic)) if isinstance(step, Call))
    assert receive.at == "home" and receive.parameters == (house.attic.ref, house.home_lan.ref, {})
    (disk,) = disk_moves(vm, house.attic)
    assert send.parameters[3:] == ({disk.disk.ref: house.nas.ref}, {nic.nic.ref: trunk.ref}, {})


def test_a_copy_is_for_halted_vms_and_other_pools(house: House) -> None:
    vm = machine(house.lab, house.one, house.shared, house.lan, PowerState.HALTED)
    assert faults("vm.migrate", vm, host=house.two.uuid, sr=house.local.uuid, copy=True)[-1].startswith("within a pool use Clone")
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
            assert item.state is State.FAILED and not item.left
            assert vm.power_state is PowerState.RUNNING and not [one for one in other.all(VM).values() if one.name_label == name]

            run = await bench.runner.run(bench.ann, action("vm.migrate"), [vm], {"host": key_of(goal)})
            (item,) = run.items
            assert (item.state, str(item.reason or "")) == (State.DONE, "")
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
            assert run.items[0].state is State.DONE, run.items[0].reason
            await bench.until(lambda: vm.resident_on == goal.ref)
