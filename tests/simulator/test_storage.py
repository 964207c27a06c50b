"""Disks, drives and storage repositories: sizes that add up, chains, and who may have what."""

from __future__ import annotations

import pytest

from tests.simulator.making import GIB, NULL, Maker
from xo_dash.simulator.classes.devices import disk_name, free_disks, generated_mac
from xo_dash.simulator.classes.storage_world import world
from xo_dash.simulator.testing import SimulatedPool

MIB = 1 << 20


@pytest.fixture
def thick(make: Maker, quick: SimulatedPool) -> str:
    """A local LVM repository of 100 GiB, on a disk of its own, which somebody has put in."""
    held = [r["device_config"].get("device") for r in make.x.call("PBD.get_all_records").values()]
    device = next(f"/dev/sd{letter}" for letter in "efghijklmnopqrstuvwxyz" if f"/dev/sd{letter}" not in held)
    quick.do(lambda pool: world(pool).configs.append({"device": device}))
    return str(make.x.call("SR.create", make.master, {"device": device}, 100 * GIB, "local lvm", "", "lvm", "user", False, {}))


@pytest.mark.parametrize(("number", "name"), [("0", "xvda"), ("3", "xvdd"), ("25", "xvdz"), ("26", "xvdaa"), ("hdc", "xvdc")])
def test_disk_names(number: str, name: str) -> None:
    assert disk_name(number) == name


def test_positions_that_are_free() -> None:
    assert free_disks(["0", "xvdb", "", "4"])[:4] == ["2", "3", "5", "6"]
    assert "7" not in free_disks(["xvdh"])


def test_generated_macs_are_those_of_xapi() -> None:
    assert generated_mac("40fbae1d-998a-60d0-7441-7325e1ec3e72", 0) == "62:51:bc:c3:5b:76"


class TestSizes:
    def test_a_thick_disk_takes_what_it_promises(self, make: Maker, thick: str) -> None:
        make.disk(10 * GIB, SR=thick)
        record = make.get(thick, "record", "SR")
        assert (record["virtual_allocation"], record["physical_utilisation"]) == (10 * GIB, 10 * GIB)

    def test_a_thin_one_nearly_nothing(self, make: Maker) -> None:
        before = make.get(make.sr, "record", "SR")
        make.disk(10 * GIB)
        after = make.get(make.sr, "record", "SR")
        assert after["virtual_allocation"] - before["virtual_allocation"] == 10 * GIB
        assert 0 < after["physical_utilisation"] - before["physical_utilisation"] < MIB

    def test_growing_and_going(self, make: Maker, thick: str) -> None:
        disk = make.disk(GIB, SR=thick)
        make.x.call("VDI.resize", disk, 2 * GIB)
        assert make.get(thick, "physical_utilisation", "SR") == 2 * GIB
        failed = make.x.failure("VDI.resize", disk, GIB)
        assert (failed[0], "shrinking" in failed[2]) == ("SR_BACKEND_FAILURE_79", True)
        make.x.call("VDI.destroy", disk)
        record = make.get(thick, "record", "SR")
        assert (record["virtual_allocation"], record["physical_utilisation"]) == (0, 0)

    def test_full(self, make: Maker, thick: str) -> None:
        assert make.x.failure("VDI.create", {"name_label": "x", "SR": thick, "virtual_size": 200 * GIB, "type": "user", "sharable": False,
                                             "read_only": False, "other_config": {}})[0] == "SR_BACKEND_FAILURE_44"  # fmt: skip

    def test_rounded_up(self, make: Maker) -> None:
        assert make.get(make.disk(GIB + 1), "virtual_size", "VDI") == GIB + 2 * MIB

    def test_scanning_counts_again(self, make: Maker, thick: str, quick: SimulatedPool) -> None:
        make.disk(GIB, SR=thick)
        quick.do(lambda pool: pool.db.set(thick, virtual_allocation=0, physical_utilisation=0))
        make.x.call("SR.scan", thick)
        record = make.get(thick, "record", "SR")
        assert (record["virtual_allocation"], record["physical_utilisation"]) == (GIB, GIB)


class TestChains:
    def base(self, make: Maker, vdi: str) -> str:
        return str(make.get(vdi, "sm_config", "VDI").get("vhd-parent", ""))

    def test_a_snapshot_leaves_a_base(self, make: Maker, quick: SimulatedPool) -> None:
        disk = make.disk()
        quick.do(lambda pool: pool.db.set(disk, physical_utilisation=500 * MIB))
        shot = make.x.call("VDI.snapshot", disk)
        base = make.x.call("VDI.get_by_uuid", self.base(make, disk))
        record = make.get(base, "record", "VDI")
        assert self.base(make, shot) == record["uuid"]
        assert (record["managed"], record["name_label"], record["physical_utilisation"]) == (False, "base copy", 500 * MIB)
        assert make.get(disk, "physical_utilisation", "VDI") < MIB

    def test_what_is_attached_to_write_on_it(self, make: Maker) -> None:
        """A snapshot is a disk like another: who restores a backup writes on what he made of one."""
        shot = make.x.call("VDI.snapshot", make.disk())
        assert not make.get(shot, "read_only", "VDI")
        vm = make.vm()
        make.drive(vm, shot, "1")
        make.x.call("VM.start", vm, False, False)
        assert make.get(vm, "power_state") == "Running"

    def test_two_snapshots_in_a_row_share_it(self, make: Maker) -> None:
        disk = make.disk()
        shots = [make.x.call("VDI.snapshot", disk) for _ in range(2)]
        assert len({self.base(make, vdi) for vdi in (disk, *shots)}) == 1

    def test_bases_that_nobody_needs_are_merged(self, make: Maker, quick: SimulatedPool) -> None:
        disk = make.disk()
        quick.do(lambda pool: pool.db.set(disk, physical_utilisation=500 * MIB))
        shot = make.x.call("VDI.snapshot", disk)
        base = make.x.call("VDI.get_by_uuid", self.base(make, disk))
        make.x.call("VDI.destroy", shot)
        quick.advance(60)
        assert base not in make.x.call("VDI.get_all")
        assert self.base(make, disk) == ""
        assert make.get(disk, "physical_utilisation", "VDI") >= 500 * MIB


class TestUse:
    def test_an_attached_disk(self, make: Maker) -> None:
        vm = make.vm()
        disk = make.disk_of(vm)
        make.x.call("VM.start", vm, False, False)
        assert sorted(make.get(disk, "allowed_operations", "VDI")) == ["clone", "snapshot"]
        assert make.x.failure("VDI.destroy", disk) == ["VDI_IN_USE", disk, "destroy"]
        assert make.x.failure("VDI.resize", disk, 2 * GIB) == ["VDI_IN_USE", disk, "resize"]
        make.x.call("VM.hard_shutdown", vm)
        make.x.call("VDI.destroy", disk)
        assert len(make.get(vm, "VBDs")) == 1, "its drive is gone with it, the CD drive is not"

    def test_hotplug(self, make: Maker) -> None:
        vm = make.vm()
        drive = make.drive(vm, make.disk(), "autodetect")
        assert make.get(drive, "userdevice", "VBD") == "1"
        assert make.x.failure("VBD.plug", drive) == ["VM_BAD_POWER_STATE", vm, "running", "halted"]
        make.x.call("VM.start", vm, False, False)
        late = make.drive(vm, make.disk(), "2")
        if "plug" not in make.get(late, "allowed_operations", "VBD"):
            assert make.x.failure("VBD.plug", late) == ["VM_MISSING_PV_DRIVERS", vm]
        while "plug" not in make.get(late, "allowed_operations", "VBD"):
            pass
        make.x.call("VBD.plug", late)
        assert make.get(late, "device", "VBD") == "xvdc"
        assert make.x.failure("VBD.plug", late) == ["DEVICE_ALREADY_ATTACHED", late]
        assert make.x.failure("VBD.destroy", late)[0] == "OPERATION_NOT_ALLOWED"
        make.x.call("VBD.unplug", late)
        assert make.x.failure("VBD.unplug", late) == ["DEVICE_ALREADY_DETACHED", late]
        make.x.call("VBD.destroy", late)

    def test_shared_by_two(self, make: Maker) -> None:
        disk = make.disk(sharable=True)
        vms = [make.vm(), make.vm()]
        for vm in vms:
            make.drive(vm, disk, "1")
            make.x.call("VM.start", vm, False, False)

    def test_cds(self, make: Maker) -> None:
        vm = make.vm()
        drive = next(v for v in make.get(vm, "VBDs") if make.get(v, "type", "VBD") == "CD")
        iso = make.disk()
        assert make.x.failure("VBD.eject", drive) == ["VBD_IS_EMPTY", drive]
        make.x.call("VBD.insert", drive, iso)
        assert (make.get(drive, "empty", "VBD"), make.get(drive, "VDI", "VBD")) == (False, iso)
        assert make.x.failure("VBD.insert", drive, iso) == ["VBD_NOT_EMPTY", drive]
        make.x.call("VDI.forget", iso)
        assert (make.get(drive, "empty", "VBD"), make.get(drive, "VDI", "VBD")) == (True, NULL)
        iso = make.disk()
        make.x.call("VBD.insert", drive, iso)
        make.x.call("VDI.destroy", iso)
        assert drive not in make.get(vm, "VBDs")  # xapi does not look what kind of drive it was

    def test_what_no_drive_can_be(self, make: Maker) -> None:
        vm, disk = make.vm(), make.disk()
        iso = next(ref for ref, vdi in make.x.call("VDI.get_all_records").items() if vdi["is_tools_iso"])
        with_record = {
            ("0", "Disk", "RW", disk): ["DEVICE_ALREADY_EXISTS", "0"],
            ("xvda", "Disk", "RW", disk): ["DEVICE_ALREADY_EXISTS", "xvda"],
            ("sofa", "Disk", "RW", disk): ["INVALID_DEVICE", "sofa"],
            ("5", "CD", "RW", disk): ["VBD_CDS_MUST_BE_READONLY"],
            ("5", "Disk", "RW", iso): ["VDI_READONLY", iso],
        }
        for (device, kind, mode, vdi), answer in with_record.items():
            record = {"VM": vm, "VDI": vdi, "userdevice": device, "bootable": False, "mode": mode, "type": kind, "empty": False,
                      "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}}  # fmt: skip
            assert make.x.failure("VBD.create", record) == answer


class TestCopies:
    def test_to_another_sr(self, make: Maker, thick: str) -> None:
        disk = make.disk()
        copy = make.x.call("VDI.copy", disk, thick)
        assert (make.get(copy, "SR", "VDI"), make.get(copy, "virtual_size", "VDI")) == (thick, GIB)

    def test_into_one_that_is_too_small(self, make: Maker) -> None:
        big, small = make.disk(2 * GIB), make.disk(GIB)
        assert make.x.failure("VDI.copy", big, NULL, NULL, small) == ["VDI_TOO_SMALL", small, str(2 * GIB)]

    def test_moving_the_disk_of_a_running_vm(self, make: Maker, thick: str) -> None:
        vm = make.vm()
        make.x.call("VM.start_on", vm, make.master, False, False)
        while "migrate_send" not in make.get(vm, "allowed_operations"):
            pass
        old = make.disk_of(vm)
        new = make.x.call("VDI.pool_migrate", old, thick, {})
        assert make.disk_of(vm) == new != old
        assert make.get(new, "SR", "VDI") == thick
        assert old not in make.x.call("VDI.get_all")
        alone = make.disk()
        assert make.x.failure("VDI.pool_migrate", alone, thick, {}) == ["VDI_NEEDS_VM_FOR_MIGRATE", alone]


class TestRepositories:
    def test_from_birth_to_death(self, make: Maker, thick: str) -> None:
        disk = make.disk(SR=thick)
        (pbd,) = make.get(thick, "PBDs", "SR")
        assert make.x.failure("SR.destroy", thick) == ["SR_HAS_PBD", thick]
        make.x.call("PBD.unplug", pbd)
        assert make.x.failure("VDI.destroy", disk) == ["SR_HAS_NO_PBDS", thick]
        assert make.x.failure("SR.destroy", thick) == ["SR_NOT_EMPTY"]
        make.x.call("PBD.plug", pbd)
        make.x.call("VDI.destroy", disk)
        make.x.call("PBD.unplug", pbd)
        make.x.call("SR.destroy", thick)
        assert thick not in make.x.call("SR.get_all")
        assert pbd not in make.x.call("PBD.get_all")

    def test_unplugging_what_is_in_use(self, make: Maker) -> None:
        vm = make.vm()
        make.x.call("VM.start_on", vm, make.master, False, False)
        pbd = next(p for p in make.get(make.sr, "PBDs", "SR") if make.get(p, "host", "PBD") == make.master)
        failed = make.x.failure("PBD.unplug", pbd)
        assert failed[0] == "VDI_IN_USE"
        assert make.disk_of(vm) in failed[1:]

    def test_a_shared_one_is_plugged_everywhere(self, make: Maker) -> None:
        sr = make.x.call(
            "SR.create", make.master, {"server": "filer.example.org", "serverpath": "/srv/xen"}, 0, "n", "", "NFS", "user", True, {}
        )
        pbds = [make.get(p, "record", "PBD") for p in make.get(sr, "PBDs", "SR")]
        assert {p["host"] for p in pbds} == set(make.x.call("host.get_all"))
        assert all(p["currently_attached"] for p in pbds)
        assert make.get(sr, "type", "SR") == "nfs"
        assert make.x.failure("PBD.create", {"host": make.master, "SR": sr, "device_config": {}})[0] == "PBD_EXISTS"

    def test_passwords_become_secrets(self, make: Maker) -> None:
        config = {"server": "\\\\10.10.0.30\\vms", "username": "u", "password": "p"}
        sr = make.x.call("SR.create", make.master, config, 0, "n", "", "smb", "user", True, {})
        kept = make.get(make.get(sr, "PBDs", "SR")[0], "device_config", "PBD")
        assert "password" not in kept
        assert make.x.call("secret.get_value", make.x.call("secret.get_by_uuid", kept["password_secret"])) == "p"

    def test_unknown_drivers(self, make: Maker) -> None:
        assert make.x.failure("SR.create", make.master, {}, 0, "n", "", "nosuch", "user", False, {}) == ["SR_UNKNOWN_DRIVER", "nosuch"]


def test_nics(make: Maker) -> None:
    vm = make.vm()
    (nic,) = make.get(vm, "VIFs")
    seed = make.get(vm, "other_config")["mac_seed"]
    assert (make.get(nic, "MAC", "VIF"), make.get(nic, "MAC_autogenerated", "VIF")) == (generated_mac(seed, 0), True)
    network = make.get(nic, "network", "VIF")
    record = {"network": network, "VM": vm, "MTU": 1500, "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}}
    for device, mac, answer in (
        ("0", "", ["DEVICE_ALREADY_EXISTS", "0"]),
        ("eth0", "", ["INVALID_DEVICE", "eth0"]),
        ("1", "zz", ["MAC_INVALID", "zz"]),
    ):
        assert make.x.failure("VIF.create", {**record, "device": device, "MAC": mac}) == answer
    assert make.x.failure("VIF.plug", nic) == ["VM_BAD_POWER_STATE", vm, "running", "halted"]
    make.x.call("VM.start", vm, False, False)
    assert make.x.failure("VIF.destroy", nic) == ["OPERATION_NOT_ALLOWED", "VIF currently attached to a running VM"]
    assert make.x.failure("VIF.add_ipv4_allowed", nic, "nonsense")[0] == "INVALID_IP_ADDRESS_SPECIFIED"
    make.x.call("VIF.add_ipv4_allowed", nic, "10.0.0.5")
    assert make.get(nic, "ipv4_allowed", "VIF") == ["10.0.0.5"]
