"""Migration between pools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import XenAPI

from tests.simulator.making import GIB, NULL
from tests.simulator.migrating import Place
from xo_dash.simulator.classes import vm_life
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import Simulation, simulated
from xo_dash.simulator.transfer.disks import disks


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(2, 1), vms=(0, 0), srs=(3, 3)) as running:
        yield running


def shape(at: Place, vm: str) -> dict[str, Any]:
    """What a VM is, wherever it is."""
    record = at.x.call("VM.get_record", vm)
    kept = ("uuid", "name_label", "memory_static_max", "VCPUs_max", "platform", "other_config", "tags", "power_state", "generation_id")
    nics = sorted((at.make.get(v, "device", "VIF"), at.make.get(v, "MAC", "VIF")) for v in record["VIFs"])
    drives = sorted((at.make.get(v, "userdevice", "VBD"), at.make.get(v, "currently_attached", "VBD")) for v in record["VBDs"])
    return {name: record[name] for name in kept} | {"nics": nics, "drives": drives}


class TestTheWholeOfIt:
    def test_a_running_vm(self, here: Place, there: Place) -> None:
        vm = here.running("live", tags=["blue"])
        before, counts, arrived = shape(here, vm), here.counts(), there.counts()
        disk = here.make.disk_of(vm)
        here.pool.do(lambda pool: written(pool, disk, b"hello"))
        new = here.send(vm, there, there.hosts[0])
        assert new != vm
        assert shape(there, new) == before
        assert there.make.get(new, "resident_on") == there.hosts[0]
        assert there.make.get(new, "guest_metrics") != NULL
        assert len(there.make.get(new, "consoles")) == 2
        copy = there.make.disk_of(new)
        assert there.pool.do(lambda pool: read(pool, copy)) == b"hello"
        assert vm not in here.x.call("VM.get_all")
        assert disk not in here.x.call("VDI.get_all")
        assert here.counts() == {cls: count - gone(cls) for cls, count in counts.items()}
        assert there.counts() == {cls: count + gone(cls) for cls, count in arrived.items()}
        there.x.call("VM.pool_migrate", new, there.hosts[0], {})  # it is as good as any

    def test_its_messages_and_events(self, here: Place, there: Place) -> None:
        vm = here.running("told")
        uuid = here.make.get(vm, "uuid")
        named = [m["name"] for m in here.x.call("message.get_all_records").values() if m["obj_uuid"] == uuid]
        session = XenAPI.Session(there.pool.url)
        session.xenapi.login_with_password(there.pool.user, there.pool.password, "1.0", "test")
        token = session.xenapi.event_from(["vm"], "", 1.0)["token"]
        new = here.send(vm, there, there.hosts[0])
        moved = [m["name"] for m in there.x.call("message.get_all_records").values() if m["obj_uuid"] == uuid]
        assert sorted(moved) == sorted(named)
        assert not [m for m in here.x.call("message.get_all_records").values() if m["obj_uuid"] == uuid]
        seen = session.xenapi.event_from(["vm"], token, 5.0)["events"]
        assert [(e["operation"], e["ref"]) for e in seen][-1] in (("add", new), ("mod", new))
        session.xenapi.session.logout()
        session("close")()

    def test_a_halted_vm_with_snapshots(self, here: Place, there: Place) -> None:
        vm = here.make.vm("halted")
        first = here.x.call("VM.snapshot", vm, "first")
        here.x.call("VM.snapshot", vm, "second")
        uuids = {here.make.get(s, "uuid") for s in here.make.get(vm, "snapshots")}
        new = here.send(vm, there, there.hosts[0])
        shots = there.make.get(new, "snapshots")
        assert {there.make.get(s, "uuid") for s in shots} == uuids
        assert {there.make.get(there.make.disk_of(s), "snapshot_of", "VDI") for s in shots} == {there.make.disk_of(new)}
        assert there.make.get(new, "parent") in shots
        assert first not in here.x.call("VM.get_all")
        older = next(s for s in shots if there.make.get(s, "name_label") == "first")
        there.x.call("VM.revert", older)
        there.x.call("VM.start", new, False, False)

    def test_a_suspended_vm_and_a_checkpoint(self, here: Place, there: Place) -> None:
        vm = here.running("asleep")
        here.x.call("VM.checkpoint", vm, "check")
        here.x.call("VM.suspend", vm)
        new = here.send(vm, there, there.hosts[0])
        (check,) = there.make.get(new, "snapshots")
        images = [there.make.get(v, "suspend_VDI") for v in (new, check)]
        assert NULL not in images
        assert len(set(images)) == 2
        assert there.make.get(new, "power_state") == "Suspended"
        there.x.call("VM.resume", new, False, False)
        assert there.make.get(new, "power_state") == "Running"

    def test_and_back_again(self, here: Place, there: Place) -> None:
        vm = here.running("tourist")
        new = here.send(vm, there, there.hosts[0])
        back = there.send(new, here, here.hosts[1])
        assert here.make.get(back, "resident_on") == here.hosts[1]

    def test_a_copy(self, here: Place, there: Place) -> None:
        vm = here.make.vm("model")
        here.x.call("VM.snapshot", vm, "stays")
        counts = here.counts()
        new = here.send(vm, there, there.hosts[0], {"copy": "true"})
        assert here.counts() == counts
        assert there.make.get(new, "uuid") != here.make.get(vm, "uuid")
        assert there.make.get(new, "snapshots") == []
        macs = [at.make.get(at.make.get(v, "VIFs")[0], "MAC", "VIF") for at, v in ((here, vm), (there, new))]
        assert macs[0] != macs[1]
        running = here.running("busy")
        told = here.x.failure("VM.migrate_send", running, *here.arguments(running, there, there.hosts[0], {"copy": "true"}))
        assert told == ["VM_BAD_POWER_STATE", running, "halted", "running"]


def written(pool: Pool, disk: str, data: bytes) -> None:
    with disks(pool).open(disk, write=True) as opened:
        opened.write(0, data)


def read(pool: Pool, disk: str) -> bytes:
    with disks(pool).open(disk) as opened:
        return opened.read(0, 5)


def gone(cls: str) -> int:
    """What a VM of making.py consists of."""
    return {"VBD": 2, "VBD_metrics": 2, "console": 2}.get(cls, 1)


class TestRefusals:
    """Before anything moves; assert_can_migrate says the same."""

    def refused(self, here: Place, vm: str, *arguments: Any) -> list[str]:
        told = here.x.failure("VM.assert_can_migrate", vm, *arguments)
        assert here.x.failure("VM.migrate_send", vm, *arguments) == told
        return told

    def test_maps(self, here: Place, there: Place) -> None:
        vm, host = here.make.vm("mapped"), there.hosts[0]
        assert self.refused(here, vm, *here.arguments(vm, there, host, vdis={})) == ["VDI_NOT_IN_MAP", here.make.disk_of(vm)]
        (nic,) = here.make.get(vm, "VIFs")
        assert self.refused(here, vm, *here.arguments(vm, there, host, nics={})) == ["VIF_NOT_IN_MAP", nic]
        wrong = {here.make.disk_of(vm): here.make.sr}
        assert self.refused(here, vm, *here.arguments(vm, there, host, vdis=wrong)) == ["HANDLE_INVALID", "SR", here.make.sr]

    def test_a_nic_of_a_snapshot_that_the_vm_has_no_more(self, here: Place, there: Place) -> None:
        vm, host = here.make.vm("fewer"), there.hosts[0]
        extra = here.make.nic(vm, "1")
        snapshot = here.x.call("VM.snapshot", vm, "two nics")
        here.x.call("VIF.destroy", extra)
        (lost,) = [v for v in here.make.get(snapshot, "VIFs") if here.make.get(v, "device", "VIF") == "1"]
        assert self.refused(here, vm, *here.arguments(vm, there, host)) == ["VIF_NOT_IN_MAP", lost]
        here.send(vm, there, host, nics={**here.nics(vm, there.network), lost: there.network})

    def test_the_host(self, here: Place, there: Place) -> None:
        vm, host = here.make.vm("unwanted"), there.hosts[0]
        there.x.call("host.disable", host)
        try:
            assert self.refused(here, vm, *here.arguments(vm, there, host)) == ["HOST_DISABLED", host]
        finally:
            there.x.call("host.enable", host)
        software = there.make.get(host, "software_version", "host")
        there.pool.do(lambda pool: pool.db.set(host, software_version={**software, "platform_version": "3.2.1"}))
        try:
            assert self.refused(here, vm, *here.arguments(vm, there, host)) == ["VM_HOST_INCOMPATIBLE_VERSION_MIGRATE", vm, host]
        finally:
            there.pool.do(lambda pool: pool.db.set(host, software_version=software))
        here.pool.do(lambda pool: pool.db.set(vm, VCPUs_max=999))
        assert self.refused(here, vm, *here.arguments(vm, there, host))[:2] == ["HOST_NOT_ENOUGH_PCPUS", "999"]

    def test_memory(self, here: Place, there: Place) -> None:
        vm, host = here.running("large"), there.hosts[0]
        metrics = there.make.get(host, "metrics", "host")
        total = there.make.get(metrics, "memory_total", "host_metrics")
        there.pool.do(lambda pool: pool.db.set(metrics, memory_total=GIB))
        try:
            assert self.refused(here, vm, *here.arguments(vm, there, host))[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"
        finally:
            there.pool.do(lambda pool: pool.db.set(metrics, memory_total=total))

    def test_a_session_that_has_ended(self, here: Place, there: Place) -> None:
        vm, host = here.make.vm("late"), there.hosts[0]
        dest = there.dest(host)
        arguments = here.arguments(vm, there, host, dest=dest)
        there.pool.do(lambda pool: pool.sessions.logout(dest["session_id"]))
        assert self.refused(here, vm, *arguments) == ["SESSION_INVALID", dest["session_id"]]

    def test_a_namesake(self, here: Place, there: Place) -> None:
        vm, host = here.make.vm("twin"), there.hosts[0]
        new = here.send(vm, there, host, {"copy": "true"})
        seed = there.make.get(new, "other_config")["mac_seed"]
        here.x.call("VM.set_other_config", vm, {"mac_seed": seed})
        assert self.refused(here, vm, *here.arguments(vm, there, host)) == ["DUPLICATE_MAC_SEED", seed]


class TestByHand:
    @pytest.fixture
    def simulation(self) -> Iterator[Simulation]:
        with simulated(hosts=(1, 1), vms=(0, 0), srs=(3, 3), speed=0) as running:
            yield running

    def started(self, here: Place) -> str:
        vm = here.bare("moving", disks=1)
        here.x.call("Async.VM.start", vm, False, False)
        here.pool.advance(30)
        return vm

    def begun(self, here: Place, there: Place, vm: str) -> str:
        return str(here.x.call("Async.VM.migrate_send", vm, *here.arguments(vm, there, there.hosts[0])))

    def test_the_memory_comes_last(self, here: Place, there: Place) -> None:
        vm = self.started(here)
        uuid, task = here.make.get(vm, "uuid"), self.begun(here, there, vm)
        here.pool.advance(0.1)
        assert there.x.failure("VM.get_by_uuid", uuid) == ["UUID_INVALID", "VM", uuid]
        here.pool.advance(1.5)
        new = there.x.call("VM.get_by_uuid", uuid)
        host = there.hosts[0]
        assert there.make.get(new, "power_state") == "Halted"
        assert there.make.get(new, "scheduled_to_be_resident_on") == host
        assert list(there.make.get(new, "current_operations").values()) == ["import"]
        assert list(there.make.get(host, "current_operations", "host").values()) == ["vm_migrate"]
        assert here.make.get(vm, "power_state") == "Running"
        here.pool.advance(30)
        assert here.make.get(task, "result", "task") == f"<value>{new}</value>"
        assert there.make.get(new, "power_state") == "Running"
        assert there.make.get(host, "current_operations", "host") == {}

    @pytest.mark.parametrize("after", [0.2, 1.6, 4.0])
    def test_a_cancel_leaves_nothing_behind(self, here: Place, there: Place, after: float) -> None:
        vm = self.started(here)
        before, counts, empty = shape(here, vm), here.counts(), there.counts()
        task = self.begun(here, there, vm)
        here.pool.advance(after)
        here.x.call("task.cancel", task)
        here.pool.advance(1)
        assert here.make.get(task, "status", "task") == "cancelled"
        assert (shape(here, vm), here.counts()) == (before, counts)
        assert there.counts() == empty
        assert there.make.get(there.hosts[0], "current_operations", "host") == {}
        assert here.make.get(vm, "current_operations") == {}

    def test_a_destination_that_dies(self, here: Place, there: Place) -> None:
        vm = self.started(here)
        counts = here.counts()
        task = self.begun(here, there, vm)
        here.pool.advance(1)
        there.pool.do(lambda pool: pool.db.set(pool.db.get(pool.master.ref, "metrics"), live=False))
        here.pool.advance(30)
        assert here.make.get(task, "error_info", "task")[0] in ("VM_MIGRATE_CONTACT_REMOTE_SERVICE_FAILED", "CANNOT_CONTACT_HOST")
        assert here.counts() == counts
        assert here.make.get(vm, "power_state") == "Running"

    def test_a_guest_that_shuts_down_meanwhile_arrives_halted(self, here: Place, there: Place) -> None:
        vm = self.started(here)
        task = self.begun(here, there, vm)
        here.pool.advance(1.6)
        here.pool.do(lambda pool: vm_life.gone(pool, vm))
        here.pool.advance(60)
        new = there.x.call("VM.get_by_name_label", "moving")[0]
        assert here.make.get(task, "result", "task") == f"<value>{new}</value>"
        assert (there.make.get(new, "power_state"), there.make.get(new, "resident_on")) == ("Halted", NULL)
        assert not any(there.make.get(drive, "currently_attached", "VBD") for drive in there.make.get(new, "VBDs"))
