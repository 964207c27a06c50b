"""Migration with disks, within a pool: VM.migrate_send and VDI.pool_migrate."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from tests.simulator.client import until
from tests.simulator.making import GIB, NULL
from tests.simulator.migrating import Place, place
from xo_dash.simulator.call import Call
from xo_dash.simulator.classes import vdi
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import Simulation, simulated

EXPECTED_COPY = "Copy mode is disallowed on intra pool storage migration, try efficient alternatives, for example, VM.copy/clone."


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(2,), vms=(0,), srs=(3,)) as running:
        yield running


def test_a_running_vm_takes_its_disk_and_snapshots_along(here: Place) -> None:
    vm, there = here.running(), here.hosts[1]
    snapshot = here.x.call("VM.snapshot", vm, "before")
    sr, old = here.local(there), here.make.disk_of(vm)
    before = {cls: count for cls, count in here.counts().items() if cls != "VDI"}
    assert here.send(vm, here, there, vdis=here.disks(vm, sr)) == vm
    new, shot = here.make.disk_of(vm), here.make.disk_of(snapshot)
    assert new != old
    assert {here.make.get(vdi, "SR", "VDI") for vdi in (new, shot)} == {sr}
    assert here.make.get(shot, "snapshot_of", "VDI") == new
    assert here.make.get(shot, "is_a_snapshot", "VDI")
    assert (here.make.get(vm, "power_state"), here.make.get(vm, "resident_on")) == ("Running", there)
    assert old not in here.x.call("VDI.get_all")
    assert {cls: count for cls, count in here.counts().items() if cls != "VDI"} == before


def test_a_snapshot_that_is_mapped_to_where_it_is_stays(here: Place) -> None:
    vm, there = here.make.vm(), here.hosts[1]
    snapshot = here.x.call("VM.snapshot", vm, "before")
    shot = here.make.disk_of(snapshot)
    here.send(vm, here, there, vdis={**here.disks(vm, here.local(there)), shot: here.make.sr})
    assert here.make.disk_of(snapshot) == shot
    assert here.make.get(shot, "snapshot_of", "VDI") == here.make.disk_of(vm)


def test_a_halted_vm_to_where_only_one_host_reaches(here: Place) -> None:
    vm, there = here.make.vm(), here.hosts[1]
    here.send(vm, here, there, vdis=here.disks(vm, here.local(there)))
    assert (here.make.get(vm, "power_state"), here.make.get(vm, "resident_on")) == ("Halted", NULL)
    assert here.x.call("VM.get_possible_hosts", vm) == [there]


def test_a_suspended_vm_takes_its_memory_along(here: Place) -> None:
    vm, there = here.running(), here.hosts[1]
    here.x.call("VM.set_suspend_SR", vm, here.local(here.hosts[0]))
    here.x.call("VM.suspend", vm)
    image = here.make.get(vm, "suspend_VDI")
    here.send(vm, here, there)
    assert here.make.get(vm, "power_state") == "Suspended"
    assert here.make.get(vm, "suspend_VDI") not in (NULL, image)
    assert here.make.get(vm, "suspend_SR") == NULL
    here.x.call("VM.resume_on", vm, there, False, False)
    assert here.make.get(vm, "resident_on") == there


def test_a_cd_is_ejected(here: Place) -> None:
    vm = here.running()
    (drive,) = [v for v in here.make.get(vm, "VBDs") if here.make.get(v, "type", "VBD") == "CD"]
    iso = next(ref for ref, v in here.x.call("VDI.get_all_records").items() if v["is_tools_iso"])
    here.x.call("VBD.insert", drive, iso)
    here.send(vm, here, here.hosts[1])
    assert here.make.get(drive, "empty", "VBD")


def iso_sr(here: Place) -> str:
    return next(str(ref) for ref, sr in here.x.call("SR.get_all_records").items() if sr["type"] == "iso" and not sr["is_tools_sr"])


def refused(here: Place, vm: str, *arguments: object) -> list[str]:
    """Both calls say the same."""
    told = here.x.failure("VM.migrate_send", vm, *arguments)
    assert here.x.failure("VM.assert_can_migrate", vm, *arguments) == told
    return told


class TestRefusals:
    def test_maps(self, here: Place) -> None:
        vm, there = here.make.vm(), here.hosts[1]
        disk = here.make.disk_of(vm)
        assert refused(here, vm, *here.arguments(vm, here, there, vdis={})) == ["VDI_NOT_IN_MAP", disk]
        code, text = refused(here, vm, *here.arguments(vm, here, there, nics=here.nics(vm, here.network)))
        assert (code, text.startswith("VIF mapping is not allowed for intra-pool migration")) == ("OPERATION_NOT_ALLOWED", True)
        iso = iso_sr(here)
        missing = "VDI_SNAPSHOT;VDI_MIRROR_IN"
        assert refused(here, vm, *here.arguments(vm, here, there, vdis={disk: iso})) == ["SR_DOES_NOT_SUPPORT_MIGRATION", iso, missing]

    def test_changed_block_tracking(self, here: Place) -> None:
        vm, there = here.make.vm(), here.hosts[1]
        disk = here.make.disk_of(vm)
        here.x.call("VDI.enable_cbt", disk)
        local = here.local(there)
        assert refused(here, vm, *here.arguments(vm, here, there, vdis={disk: local})) == ["VDI_CBT_ENABLED", disk]
        assert here.x.failure("VDI.pool_migrate", disk, local, {}) == ["VDI_CBT_ENABLED", disk]
        here.send(vm, here, there, vdis={disk: here.make.get(disk, "SR", "VDI")})  # it stays, so nobody minds

    def test_a_copy_within_the_pool(self, here: Place) -> None:
        vm = here.make.vm()
        assert here.x.failure("VM.migrate_send", vm, *here.arguments(vm, here, here.hosts[1], {"copy": "true"})) == [
            "OPERATION_NOT_ALLOWED", EXPECTED_COPY]  # fmt: skip

    def test_a_disk_that_resets(self, here: Place) -> None:
        vm = here.make.vm()
        disk = here.make.disk_of(vm)
        here.x.call("VDI.set_on_boot", disk, "reset")
        told = here.x.failure("VM.migrate_send", vm, *here.arguments(vm, here, here.hosts[1]))
        assert told == ["VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", disk]

    def test_a_host_that_is_disabled(self, here: Place) -> None:
        vm, there = here.make.vm(), here.hosts[1]
        here.x.call("host.disable", there)
        try:
            assert refused(here, vm, *here.arguments(vm, here, there)) == ["HOST_DISABLED", there]
        finally:
            here.x.call("host.enable", there)

    def test_an_sr_that_the_host_cannot_see(self, here: Place) -> None:
        vm, there = here.running(), here.hosts[1]
        far = here.local(here.hosts[0])
        before = here.counts()
        told = here.x.failure("VM.migrate_send", vm, *here.arguments(vm, here, there, vdis=here.disks(vm, far)))
        assert told == ["VM_REQUIRES_SR", vm, far]
        assert here.counts() == before

    def test_an_sr_that_is_full(self, here: Place) -> None:
        vm, there = here.make.vm(), here.hosts[1]
        sr = here.local(there)
        size = here.make.get(sr, "physical_size", "SR")
        used = here.make.get(sr, "physical_utilisation", "SR")
        here.pool.do(lambda pool: pool.db.set(sr, physical_size=used + (1 << 20)))  # enough for an empty disk
        before = here.counts()
        try:
            told = here.x.failure("VM.migrate_send", vm, *here.arguments(vm, here, there, vdis=here.disks(vm, sr)))
        finally:
            here.pool.do(lambda pool: pool.db.set(sr, physical_size=size))
        assert told == ["SR_BACKEND_FAILURE_44", "", "There is insufficient space", ""]
        assert here.counts() == before
        assert here.make.get(vm, "current_operations") == {}

    def test_an_sr_that_fills_up_while_it_is_written(self, here: Place) -> None:
        disk, sr = here.make.disk_of(here.make.vm()), here.make.sr
        size, used = (here.make.get(sr, field, "SR") for field in ("physical_size", "physical_utilisation"))

        def write(pool: Pool) -> None:
            pool.db.set(sr, physical_size=used)
            with pytest.raises(XapiError, match="SR_BACKEND_FAILURE_44"):
                vdi.fill(cast(Call, SimpleNamespace(pool=pool, db=pool.db)), disk, GIB)
            pool.db.set(sr, physical_size=size)

        here.pool.do(write)
        assert here.make.get(sr, "physical_utilisation", "SR") == used

    def test_a_vm_that_must_not_move(self, here: Place) -> None:
        vm = here.make.vm(platform={"nomigrate": "true"})
        here.pool.do(lambda pool: pool.db.set(pool.db.get(vm, "metrics"), nomigrate=True))
        assert here.x.failure("VM.migrate_send", vm, *here.arguments(vm, here, here.hosts[1])) == ["VM_IS_IMMOBILE", vm]

    def test_dest_is_incomplete_or_from_nowhere(self, here: Place) -> None:
        vm, dest = here.make.vm(), here.dest(here.hosts[1])
        disks = here.disks(vm, here.make.sr)
        assert here.x.failure("VM.migrate_send", vm, {}, True, disks, {}, {})[0] == "INTERNAL_ERROR"
        lost = {**dest, "session_id": NULL}
        assert here.x.failure("VM.migrate_send", vm, lost, True, disks, {}, {}) == ["SESSION_INVALID", NULL]
        nowhere = {**dest, "host": "OpaqueRef:x", "master": "http://192.0.2.1/", "xenops": "http://192.0.2.2/services/xenops"}
        assert here.x.failure("VM.migrate_send", vm, nowhere, True, disks, {}, {}) == ["CANNOT_CONTACT_HOST", "192.0.2.2"]

    def test_receiving_on_a_network_without_addresses(self, here: Place) -> None:
        there = here.hosts[1]
        networks = here.x.call("network.get_all_records")
        (internal,) = [ref for ref, n in networks.items() if n["bridge"] == "xapi1"]
        (vlan,) = [ref for ref, n in networks.items() if n["bridge"] == "xapi0"]
        (pif,) = [p for p in networks[vlan]["PIFs"] if here.make.get(p, "host", "PIF") == there]
        assert here.x.failure("host.migrate_receive", there, internal, {}) == ["HOST_CANNOT_ATTACH_NETWORK", there, internal]
        assert here.x.failure("host.migrate_receive", there, vlan, {}) == ["PIF_HAS_NO_NETWORK_CONFIGURATION", pif]
        here.pool.do(lambda pool: pool.db.set(pif, ip_configuration_mode="DHCP"))
        assert here.x.failure("host.migrate_receive", there, vlan, {}) == ["INTERFACE_HAS_NO_IP", pif]

    def test_image_formats(self, here: Place) -> None:
        vm = here.make.vm()
        disk, sr = here.make.disk_of(vm), here.local(here.hosts[0])
        uuid = here.make.get(sr, "uuid", "SR")
        told = here.x.failure("VDI.pool_migrate", disk, sr, {"dest-img-format": "qcow2"})
        assert told == ["VDI_INCOMPATIBLE_TYPE", f"Image format qcow2 is not supported by {uuid}"]


class TestByHand:
    @pytest.fixture
    def still(self) -> Iterator[Place]:
        with simulated(hosts=(2,), vms=(0,), srs=(3,), speed=0) as running:
            yield place(running.pool)

    def made(self, still: Place, size: int = 20 * GIB) -> str:
        """A halted VM with a disk on the first host, where it likes to be."""
        vm = still.bare("moving")
        still.x.call("VM.set_affinity", vm, still.hosts[0])
        still.make.drive(vm, still.full(size, still.local(still.hosts[0])))
        return vm

    def test_progress_operations_and_cancel(self, still: Place) -> None:
        vm, there = self.made(still), still.hosts[1]
        disk, before = still.make.disk_of(vm), still.counts()
        used = still.make.get(still.local(there), "physical_utilisation", "SR")
        maps = still.arguments(vm, still, there, vdis={disk: still.local(there)})
        task = still.x.call("Async.VM.migrate_send", vm, *maps)
        still.pool.advance(6)
        assert still.make.get(vm, "current_operations") == {task: "migrate_send"}
        assert still.make.get(disk, "current_operations", "VDI") == {task: "mirror"}
        assert "vm_migrate" in [o for h in still.hosts for o in still.make.get(h, "current_operations", "host").values()]
        assert still.make.get(task, "progress", "task") == pytest.approx(6 / 17.2, abs=0.08)
        still.x.call("task.cancel", task)
        still.pool.advance(1)
        assert still.make.get(task, "status", "task") == "cancelled"
        assert still.counts() == before
        assert still.make.get(disk, "current_operations", "VDI") == {}
        assert still.make.get(still.local(there), "physical_utilisation", "SR") == used

    def test_three_at_once(self, still: Place) -> None:
        vms, there = [self.made(still, 2 * GIB) for _ in range(4)], still.hosts[1]
        tasks = []
        for vm in vms:
            maps = still.arguments(vm, still, there, vdis=still.disks(vm, still.local(there)))
            tasks.append(still.x.call("Async.VM.migrate_send", vm, *maps))
            still.pool.advance(0.1)
        assert still.make.get(tasks[3], "error_info", "task") == ["TOO_MANY_STORAGE_MIGRATES", "3"]
        still.pool.advance(60)
        assert [still.make.get(task, "status", "task") for task in tasks[:3]] == ["success"] * 3


def test_one_disk_of_a_halted_vm(here: Place) -> None:
    vm = here.make.vm()
    other = here.make.disk()
    here.make.drive(vm, other, "1")
    snapshot = here.x.call("VM.snapshot", vm, "before")
    disk, sr = here.make.disk_of(vm), here.local(here.hosts[1])
    made = here.x.call("VDI.pool_migrate", disk, sr, {})
    assert made in here.disks(vm, sr)
    assert other in here.disks(vm, sr)
    shots = [here.make.get(vdi, "snapshot_of", "VDI") for vdi in here.disks(snapshot, sr)]
    assert sorted(shots) == sorted([made, other])
    until(lambda: here.make.get(vm, "current_operations") == {})
