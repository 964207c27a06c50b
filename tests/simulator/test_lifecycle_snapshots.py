"""Snapshots and their tree, back to one, clones, and VMs made from templates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.client import until
from tests.simulator.furnished import furnish
from tests.simulator.making import GIB, NULL, Maker
from xo_dash.simulator.classes import sexpr
from xo_dash.simulator.model import load
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def quick() -> Iterator[SimulatedPool]:
    with simulated(hosts=(1,), vms=(2,), speed=2000) as simulation:
        yield furnish(simulation.pool)


def start(make: Maker, vm: str) -> None:
    make.x.call("VM.start", vm, False, False)
    until(lambda: "clean_shutdown" in make.get(vm, "allowed_operations"))


def test_a_snapshot_is_a_template_of_its_own(make: Maker) -> None:
    vm = make.vm(name="db", tags=["prod"])
    start(make, vm)
    shot = make.x.call("VM.snapshot", vm, "before")
    record = make.get(shot, "record")
    assert (record["is_a_snapshot"], record["is_a_template"], record["power_state"]) == (True, True, "Halted")
    assert (record["name_label"], record["snapshot_of"], record["tags"]) == ("before", vm, ["prod"])
    assert record["snapshot_info"] == {"disk-snapshot-type": "crash_consistent", "power-state-at-snapshot": "Running"}
    assert record["other_config"]["mac_seed"] == make.get(vm, "other_config")["mac_seed"]
    assert [make.get(v, "MAC", "VIF") for v in record["VIFs"]] == [make.get(v, "MAC", "VIF") for v in make.get(vm, "VIFs")]
    drives = [make.get(v, "record", "VBD") for v in record["VBDs"]]
    assert not any(d["currently_attached"] for d in drives)
    assert [d["other_config"].get("owner") for d in drives if d["type"] == "Disk"] == [""]
    disk = make.get(make.disk_of(shot), "record", "VDI")
    assert (disk["is_a_snapshot"], disk["snapshot_of"]) == (True, make.disk_of(vm))


def test_snapshot_metadata_is_the_whole_vm(make: Maker) -> None:
    vm = make.vm(name="it's (a) \\ name", other_config={"k'1": "v)2"})
    shot = make.x.call("VM.snapshot", vm, "s")
    kept = sexpr.load(make.get(shot, "snapshot_metadata"), load().classes["VM"])
    record = make.get(vm, "record")
    changing = ("snapshots", "parent", "current_operations", "allowed_operations")
    assert {k: v for k, v in kept.items() if k not in changing} == {k: v for k, v in record.items() if k in kept and k not in changing}


def test_the_tree(make: Maker) -> None:
    vm = make.vm()
    first = make.x.call("VM.snapshot", vm, "1")
    second = make.x.call("VM.snapshot", vm, "2")
    assert (make.get(second, "parent"), make.get(vm, "parent")) == (first, second)
    make.x.call("VM.revert", first)
    branch = make.x.call("VM.snapshot", vm, "3")
    assert make.get(branch, "parent") == first
    assert set(make.get(first, "children")) == {second, branch}
    assert set(make.get(vm, "snapshots")) == {first, second, branch}
    make.x.call("VM.destroy", first)
    assert (make.get(second, "parent"), make.get(branch, "parent")) == (NULL, NULL)


def test_back_to_a_snapshot(make: Maker) -> None:
    vm = make.vm(name="was")
    disk = make.disk_of(vm)
    shot = make.x.call("VM.snapshot", vm, "then")
    other = make.x.call("VM.snapshot", vm, "later")
    extra = make.disk(name_label="extra")
    make.drive(vm, extra, "1")
    make.x.call("VM.set_name_label", vm, "is")
    make.x.call("VM.set_memory", vm, 2 * GIB)
    make.x.call("VM.add_tags", vm, "kept")
    start(make, vm)
    before = make.get(vm, "record")
    make.x.call("VM.revert", shot)
    after = make.get(vm, "record")
    assert (after["name_label"], after["memory_static_max"], after["power_state"], after["parent"]) == ("was", GIB, "Halted", shot)
    assert after["uuid"] == before["uuid"]
    assert after["tags"] == ["kept"]
    assert not set(after["VBDs"]) & set(before["VBDs"])
    assert not set(after["VIFs"]) & set(before["VIFs"])
    assert after["current_operations"] == {}
    assert disk not in make.x.call("VDI.get_all")
    assert extra in make.x.call("VDI.get_all"), "a disk that the snapshot does not know is kept"
    new = make.disk_of(vm)
    assert {make.get(make.disk_of(s), "snapshot_of", "VDI") for s in (shot, other)} == {new}
    make.x.call("VM.start", vm, False, False)


def test_a_destroyed_vm_comes_back(make: Maker) -> None:
    vm = make.vm(name="lost")
    uuid = make.get(vm, "uuid")
    shots = [make.x.call("VM.snapshot", vm, name) for name in ("1", "2")]
    make.x.call("VM.destroy", vm)
    make.x.call("VM.revert", shots[0])
    back = make.x.call("VM.get_by_uuid", uuid)
    assert back != vm
    assert (make.get(back, "name_label"), make.get(back, "is_a_template")) == ("lost", False)
    assert set(make.get(back, "snapshots")) == set(shots)
    make.x.call("VM.start", back, False, False)


def test_only_snapshots_are_gone_back_to(make: Maker) -> None:
    vm = make.vm()
    assert make.x.failure("VM.revert", vm) == ["VM_REVERT_FAILED", vm, NULL]


def test_a_checkpoint_has_the_memory(make: Maker) -> None:
    vm = make.vm()
    start(make, vm)
    shot = make.x.call("VM.checkpoint", vm, "with memory")
    assert (make.get(vm, "power_state"), make.get(vm, "suspend_VDI")) == ("Running", NULL)
    assert (make.get(shot, "power_state"), make.get(shot, "snapshot_info")["power-state-at-snapshot"]) == ("Suspended", "Running")
    assert make.get(make.get(shot, "suspend_VDI"), "type", "VDI") == "suspend"
    make.x.call("VM.revert", shot)
    assert make.get(vm, "power_state") == "Suspended"
    make.x.call("VM.resume", vm, False, False)
    assert make.get(vm, "power_state") == "Running"
    copy = make.x.call("VM.clone", shot, "from it")
    assert (make.get(copy, "power_state"), make.get(copy, "suspend_VDI")) == ("Halted", NULL)


def test_a_clone_is_another_machine(make: Maker) -> None:
    vm = make.vm(name="one", tags=["t"])
    copy = make.x.call("VM.clone", vm, "two")
    assert (make.get(copy, "is_a_template"), make.get(copy, "parent"), make.get(copy, "tags")) == (False, NULL, ["t"])
    assert make.get(copy, "other_config")["mac_seed"] != make.get(vm, "other_config")["mac_seed"]
    macs = [make.get(make.get(v, "VIFs")[0], "MAC", "VIF") for v in (vm, copy)]
    assert macs[0] != macs[1]
    assert make.disk_of(copy) != make.disk_of(vm)


def test_from_template_to_vm(make: Maker) -> None:
    template = make.vm(name="Golden", memory_static_max=GIB)
    make.x.call("VM.set_is_a_template", template, True)
    assert make.get(template, "metrics") == NULL
    sr = make.get(make.sr, "uuid", "SR")
    made = make.x.call("VM.clone", template, "new")
    assert make.get(made, "is_a_template"), "still a template"
    assert make.get(made, "other_config")["base_template_name"] == "Golden"
    disks = f'<provision><disk device="5" size="{2 * GIB}" sr="{sr}" bootable="false" type="system"/></provision>'
    make.x.call("VM.add_to_other_config", made, "disks", disks)
    make.x.call("VM.provision", made)
    record = make.get(made, "record")
    assert not record["is_a_template"]
    assert "disks" not in record["other_config"]
    drives = {d["userdevice"]: d for d in (make.get(v, "record", "VBD") for v in record["VBDs"])}
    assert make.get(drives["5"]["VDI"], "virtual_size", "VDI") == 2 * GIB
    assert drives["5"]["other_config"] == {"owner": ""}
    make.x.call("VM.start", made, False, False)


def test_a_template_that_asks_for_an_unknown_sr(make: Maker) -> None:
    made = make.vm()
    make.x.call("VM.set_is_a_template", made, True)
    disks = '<provision><disk device="1" size="1073741824" sr="nowhere" bootable="false" type="system"/></provision>'
    make.x.call("VM.add_to_other_config", made, "disks", disks)
    assert make.x.failure("VM.provision", made) == ["UUID_INVALID", "sr", "nowhere"]


def test_a_destroyed_vm_leaves_its_disks(make: Maker) -> None:
    vm = make.vm()
    disk, record = make.disk_of(vm), make.get(vm, "record")
    make.x.call("VM.destroy", vm)
    assert make.get(disk, "VBDs", "VDI") == []
    assert not set(record["VBDs"]) & set(make.x.call("VBD.get_all"))
    assert record["metrics"] not in make.x.call("VM_metrics.get_all")


def test_a_copy_that_fails_leaves_nothing(make: Maker, quick: SimulatedPool) -> None:
    vm = make.vm()
    make.drive(vm, make.disk(), "1")
    before = set(make.x.call("VDI.get_all")), set(make.x.call("VM.get_all"))
    full = ["SR_BACKEND_FAILURE_44", "", "There is insufficient space", ""]
    make.x.call("VDI.set_on_boot", make.disk_of(vm), "reset")
    assert make.x.failure("VM.snapshot", vm, "s") == ["VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION"]
    make.x.call("VDI.set_on_boot", make.disk_of(vm), "persist")
    size = make.get(make.sr, "physical_size", "SR")
    quick.do(lambda pool: pool.db.set(make.sr, physical_size=pool.db.get(make.sr, "physical_utilisation") + 1000))
    try:
        assert make.x.failure("VM.copy", vm, "c", NULL) == full
    finally:
        quick.do(lambda pool: pool.db.set(make.sr, physical_size=size))
    assert (set(make.x.call("VDI.get_all")), set(make.x.call("VM.get_all"))) == before
