"""Migration to a pool of another program."""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.running import free_port
from tests.simulator.client import Client, until
from tests.simulator.making import NULL, Maker
from tests.simulator.migrating import Place, place
from tests.simulator.test_program import COMMAND, announced
from tests.simulator.transfers import MIB, get, put, result
from xo_dash.simulator.certificate import write
from xo_dash.simulator.testing import Simulation, simulated

FAR = "VM_MIGRATE_CONTACT_REMOTE_SERVICE_FAILED"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(2,), vms=(0,), srs=(3,)) as running:
        yield running


@pytest.fixture(scope="module")
def other() -> Iterator[Simulation]:
    with simulated(hosts=(2,), vms=(0,), srs=(3,), seed="other") as running:
        yield running


@pytest.fixture
def here(simulation: Simulation) -> Iterator[Place]:
    yield place(simulation.pool)
    simulation.pool.clear_faults()


@pytest.fixture
def there(other: Simulation) -> Iterator[Place]:
    yield place(other.pool)
    other.pool.clear_faults()


def small(at: Place, name: str, **fields: Any) -> str:
    """A halted VM whose disk can be sent as it is."""
    vm = at.bare(name)
    at.make.drive(vm, at.make.disk(16 * MIB))
    for field, value in fields.items():
        at.x.call(f"VM.set_{field}", vm, value)
    return vm


def noise(disk: str, at: Client) -> str:
    """Write here and there on a disk; the checksum of all of it."""
    size = int(at.call("VDI.get_virtual_size", disk))
    dice = random.Random(disk)
    held = bytearray(size)
    for offset in (0, 3 * MIB + 11, size - 4096):
        held[offset : offset + 4096] = dice.randbytes(4096)
    result(at, put(at, "/import_raw_vdi", bytes(held), vdi=disk))
    return summed(disk, at)


def summed(disk: str, at: Client) -> str:
    return hashlib.sha256(get(at, "/export_raw_vdi", vdi=disk).body).hexdigest()


def shape(at: Place, vm: str) -> dict[str, Any]:
    """What a VM is, wherever it is."""
    record = at.x.call("VM.get_record", vm)
    kept = ("uuid", "name_label", "memory_static_max", "VCPUs_max", "platform", "other_config", "tags", "power_state", "generation_id")
    nics = sorted(
        (at.make.get(v, "device", "VIF"), at.make.get(v, "MAC", "VIF"), at.make.get(v, "other_config", "VIF")) for v in record["VIFs"]
    )
    drives = sorted((at.make.get(v, "userdevice", "VBD"), at.make.get(v, "currently_attached", "VBD")) for v in record["VBDs"])
    shown = {name: record[name] for name in kept}
    shown["other_config"] = {k: v for k, v in shown["other_config"].items() if k != "import_task"}
    return shown | {"nics": nics, "drives": drives}


def idle(at: Place) -> bool:
    """Nothing is left that looks as if it went on."""
    busy = [vm for vm in at.x.call("VM.get_all_records").values() if vm["current_operations"] or vm["scheduled_to_be_resident_on"] != NULL]
    return not busy and not any(task["status"] == "pending" for task in at.x.call("task.get_all_records").values())


def test_a_running_vm_arrives_with_all_it_has(here: Place, there: Place) -> None:
    vm = small(here, "live", tags=["blue"])
    disk = here.make.disk_of(vm)
    before = noise(disk, here.x)
    here.x.call("VM.start_on", vm, here.hosts[0], False, False)
    until(lambda: "pool_migrate" in here.make.get(vm, "allowed_operations"))
    uuid, was, counts = here.make.get(vm, "uuid"), shape(here, vm), there.counts()
    told = sorted((m["name"], m["timestamp"]) for m in here.x.call("message.get_all_records").values() if m["obj_uuid"] == uuid)
    new = here.send(vm, there, there.hosts[1])
    assert shape(there, new) == was
    assert there.make.get(new, "resident_on") == there.hosts[1]
    assert there.make.get(new, "guest_metrics") != NULL and len(there.make.get(new, "consoles")) == 2
    assert sorted((m["name"], m["timestamp"]) for m in there.x.call("message.get_all_records").values() if m["obj_uuid"] == uuid) == told
    assert there.counts() == {cls: count + {"console": 2}.get(cls, 1) for cls, count in counts.items()}
    assert here.x.failure("VM.get_uuid", vm)[0] == here.x.failure("VDI.get_uuid", disk)[0] == "HANDLE_INVALID"
    there.x.call("VM.pool_migrate", new, there.hosts[0], {})  # it is as good as any
    there.x.call("VM.hard_shutdown", new)
    assert summed(there.make.disk_of(new), there.x) == before
    assert idle(here) and idle(there)


def test_snapshots_go_along_and_a_suspended_vm_can_be_resumed(here: Place, there: Place) -> None:
    vm = here.running("asleep")
    disk = here.make.disk_of(vm)
    here.x.call("VM.checkpoint", vm, "check")
    here.x.call("VM.snapshot", vm, "plain")
    here.x.call("VM.suspend", vm)
    uuids = {here.make.get(shot, "uuid") for shot in here.make.get(vm, "snapshots")}
    new = here.send(vm, there, there.hosts[0])
    shots = there.make.get(new, "snapshots")
    assert {there.make.get(shot, "uuid") for shot in shots} == uuids
    assert {there.make.get(there.make.disk_of(shot), "snapshot_of", "VDI") for shot in shots} == {there.make.disk_of(new)}
    there.x.call("VM.resume", new, False, False)
    assert there.make.get(new, "power_state") == "Running"
    assert here.x.failure("VDI.get_uuid", disk)[0] == "HANDLE_INVALID"
    there.x.call("VM.revert", next(shot for shot in shots if there.make.get(shot, "name_label") == "plain"))


def test_a_copy_leaves_the_original(here: Place, there: Place) -> None:
    vm = small(here, "model")
    before, counts = noise(here.make.disk_of(vm), here.x), here.counts()
    new = here.send(vm, there, there.hosts[0], {"copy": "true"})
    assert here.counts() == counts
    assert there.make.get(new, "uuid") != here.make.get(vm, "uuid")
    macs = [at.make.get(at.make.get(v, "VIFs")[0], "MAC", "VIF") for at, v in ((here, vm), (there, new))]
    assert macs[0] != macs[1]
    assert summed(there.make.disk_of(new), there.x) == before
    there.x.call("VM.start", new, False, False)


def test_what_the_other_side_refuses(here: Place, there: Place) -> None:
    vm, host = here.make.vm("unwanted"), there.hosts[0]

    def refused(*arguments: Any) -> list[str]:
        told = here.x.failure("VM.assert_can_migrate", vm, *arguments)
        assert here.x.failure("VM.migrate_send", vm, *arguments) == told
        return told

    here.x.call("VM.assert_can_migrate", vm, *here.arguments(vm, there, host))
    there.x.call("host.disable", host)
    try:
        assert refused(*here.arguments(vm, there, host)) == ["HOST_DISABLED", host]
    finally:
        there.x.call("host.enable", host)
    wrong = {here.make.disk_of(vm): here.make.sr}
    assert refused(*here.arguments(vm, there, host, vdis=wrong)) == ["HANDLE_INVALID", "SR", here.make.sr]
    dest = there.dest(host)
    there.pool.do(lambda pool: pool.sessions.logout(dest["session_id"]))
    assert refused(*here.arguments(vm, there, host, dest=dest)) == ["SESSION_INVALID", dest["session_id"]]
    nowhere = {**there.dest(host), "master": f"http://127.0.0.1:{free_port()}/"}
    assert refused(*here.arguments(vm, there, host, dest=nowhere)) == ["CANNOT_CONTACT_HOST", "127.0.0.1"]
    here.send(vm, there, host, {"copy": "true"})
    twin = there.x.call("VM.get_by_name_label", "unwanted")[0]
    seed = here.make.get(vm, "other_config")["mac_seed"]
    there.x.call("VM.set_other_config", twin, {"mac_seed": seed})
    assert refused(*here.arguments(vm, there, host)) == ["DUPLICATE_MAC_SEED", seed]


@pytest.mark.parametrize("path", ["/services/SM", "/services/SM/*", "/import_metadata", "/services/xenops/*", "VM.pool_migrate_complete"])
def test_the_other_side_fails_in_the_middle(here: Place, there: Place, path: str) -> None:
    vm = here.running("stays")
    was, counts, empty = shape(here, vm), here.counts(), there.counts()
    arguments = here.arguments(vm, there, there.hosts[0])
    there.pool.fault(path, action="503")
    told = here.x.failure("VM.migrate_send", vm, *arguments)
    assert told[0] in (FAR, "CANNOT_CONTACT_HOST")
    assert (shape(here, vm), here.counts(), there.counts()) == (was, counts, empty)
    assert here.make.get(vm, "current_operations") == {} and idle(there)
    there.pool.clear_faults()
    here.send(vm, there, there.hosts[0])


def test_who_may_migrate_here_and_there_needs_no_more() -> None:
    with simulated(hosts=(1,), vms=(0,), users=True) as one, simulated(hosts=(1,), vms=(0,), users=True, seed="other") as two:
        vm = place(one.pool).running("delegated")
        here, there = (Place(at.pool, Maker(signed_in(at.pool.url, "vm-power-admin"))) for at in (one, two))
        assert there.make.get(here.send(vm, there, there.hosts[0]), "power_state") == "Running"


def signed_in(url: str, user: str) -> Client:
    client = Client(url)
    client.session = client.raw("session.login_with_password", user, "secret")["result"]
    return client


class TestByHand:
    @pytest.fixture
    def simulation(self) -> Iterator[Simulation]:
        with simulated(hosts=(1,), vms=(0,), srs=(3,), speed=0) as running:
            yield running

    @pytest.mark.parametrize("after", [0.2, 1.0, 2.5])
    def test_a_cancel_leaves_everything_as_it_was(self, here: Place, there: Place, after: float) -> None:
        vm = here.bare("moving", disks=1)
        here.x.call("Async.VM.start", vm, False, False)
        here.pool.advance(30)
        was, counts, empty = shape(here, vm), here.counts(), there.counts()
        task = here.x.call("Async.VM.migrate_send", vm, *here.arguments(vm, there, there.hosts[0]))
        until(lambda: here.make.get(vm, "current_operations") and there.counts()["VDI"] > empty["VDI"])
        here.pool.advance(after)
        here.x.call("task.cancel", task)
        until(lambda: here.pool.advance(0.1) or here.make.get(task, "status", "task") != "pending")
        assert here.make.get(task, "status", "task") == "cancelled"
        assert (shape(here, vm), here.counts(), there.counts()) == (was, counts, empty)
        assert idle(there)


def test_over_tls(here: Place, tmp_path: Path) -> None:
    certificate, key = write(tmp_path)
    with simulated(hosts=(1,), vms=(0,), seed="secure", tls_cert=certificate, tls_key=key) as secure:
        inside = secure.pool
        master, network, sr = inside.do(
            lambda p: (p.master.ref, p.db.get(p.db.get(p.master.ref, "PIFs")[0], "network"), p.db.get(p.ref, "default_SR"))
        )
        dest = inside.call("host.migrate_receive", master, network, {})
        vm = here.make.vm("hidden")
        new = here.x.call("VM.migrate_send", vm, dest, True, here.disks(vm, sr), here.nics(vm, network), {})
        assert inside.call("VM.get_name_label", new) == "hidden"


@contextmanager
def another(*options: str) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    command = [*COMMAND, "--port", str(free_port()), "--hosts", "1", "--vms", "0", "--password", "pw", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        client = Client(announced(process, 1)[0]["url"])
        client.session = client.raw("session.login_with_password", "root", "pw")["result"]
        yield process, client
        process.terminate()


def arguments(here: Place, vm: str, far: Client) -> tuple[Any, ...]:
    make = Maker(far)
    network = next(p["network"] for p in far.call("PIF.get_all_records").values() if p["management"])
    return far.call("host.migrate_receive", make.master, network, {}), True, here.disks(vm, make.sr), here.nics(vm, network), {}


class TestProcesses:
    def test_it_is_as_with_pools_side_by_side(self, here: Place) -> None:
        vm = here.running("traveller")
        with another("--pace", "500") as (_, far):
            new = here.x.call("VM.migrate_send", vm, *arguments(here, vm, far))
            assert far.call("VM.get_power_state", new) == "Running"

    def test_one_that_is_killed_while_a_vm_comes(self, here: Place) -> None:
        vm = here.running("survivor")
        counts = here.counts()
        with another() as (process, far):
            here.pool.do(lambda pool: pool.clock.set_speed(0))
            task = here.x.call("Async.VM.migrate_send", vm, *arguments(here, vm, far))
            until(lambda: here.pool.advance(0.1) or here.make.get(task, "progress", "task") > 0.3)
            process.kill()
            process.wait(10)
            here.pool.do(lambda pool: pool.clock.set_speed(50))
            until(lambda: here.make.get(task, "status", "task") != "pending")
        assert here.make.get(task, "error_info", "task") == [FAR]
        assert here.counts() == counts and here.make.get(vm, "power_state") == "Running"
