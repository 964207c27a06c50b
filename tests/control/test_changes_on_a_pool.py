"""Settings, disks and NICs through the wire: what a page asks for is what XAPI has afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from data.facts.pool import own_pool
from data.objects import SR, VBD, VDI, VGPU, VIF, VM, VUSB, Appliance, Network, PowerState
from data.pending import pending_of
from data.types import GIB, NULL_REF, XapiObject
from tests.control.wired import Wired, wired
from xo_dash.control.actions import ACTIONS, action
from xo_dash.control.run import RunState
from xo_dash.control.vbd.cd import drive_of, images
from xo_dash.control.vdi.space import sr_choices
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    """One for the whole file."""
    with simulated(hosts=(2,), vms=(8,)) as simulation:
        yield simulation.pool


async def do(bench: Wired, action_id: str, subject: XapiObject, **values: object) -> object:
    """Done, whatever it was; what it made."""
    run = await asyncio.wait_for(bench.runner.run(bench.ann, action(action_id), [subject], values), 30)
    (item,) = run.items
    assert (item.state, str(item.reason or "")) == (RunState.DONE, ""), action_id
    return item.result


OF_A_VM: Final = (VM, VBD, VDI, VIF, VGPU, VUSB, Appliance)
NOT_TRIED: Final[Mapping[str, str]] = {
    "vbd.mode": "a VM with firmware refuses it, and the simulator has no others", "vm.add_pci": "hosts have to be prepared for it by hand",
    "vm.remove_pci": "as vm.add_pci",
}  # fmt: skip


def test_each_verb_of_a_vm_is_tried_on_a_pool() -> None:
    texts = [path.read_text() for path in Path("tests").rglob("test_*.py")]
    tried = "".join(text for text in texts if any(word in text for word in ("wired(", "over_a_pool(", '__all__ = ["bench"]')))
    assert {row.id for row in ACTIONS if row.kind in OF_A_VM and f'"{row.id}"' not in tried} == set()


def with_tools(bench: Wired) -> VM:
    """One that runs and takes part in everything."""
    return next(
        vm for vm in bench.machines if {"changing_VCPUs_live", "clean_shutdown", "migrate_send"} <= vm.allowed_operations and vm.VIFs
    )


async def test_settings_are_written_key_by_key(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = bench.halted()
        await do(bench, "vm.memory", vm, memory="3", minimum="1 GiB", limit="4")
        await do(bench, "vm.vcpus", vm, vcpus=2, most=4, cores=2)
        await do(bench, "vm.cpu_share", vm, weight=512, cap=150)
        await do(bench, "vm.boot_order", vm, order="ndc")
        await do(bench, "vm.auto_start", vm, on=True)
        await do(bench, "vm.protect", vm, deletion=True, shutdown=True)
        await do(bench, "vm.start_order", vm, order=3, start_delay=30, shutdown_delay=5)
        await do(bench, "vm.notes", vm, notes="*read* me")
        await do(bench, "vm.custom_field", vm, field="owner", value="ann")
        await do(bench, "vm.folder", vm, folder="/lab")
        await do(bench, "vm.add_tag", vm, tag="blue")
        await bench.until(lambda: "blue" in vm.tags)
        assert (vm.memory_static_max, vm.memory_dynamic_min, vm.memory_dynamic_max) == (4 * GIB, GIB, 3 * GIB)
        assert (vm.VCPUs_max, vm.VCPUs_at_startup, vm.platform["cores-per-socket"]) == (4, 2, "2")
        assert vm.VCPUs_params == {"weight": "512", "cap": "150"} and vm.HVM_boot_params["order"] == "ndc"
        assert (vm.order, vm.start_delay, vm.shutdown_delay) == (3, 30, 5)
        written = {"auto_poweron": "true", "xo:notes": "*read* me", "XenCenter.CustomFields.owner": "ann", "folder": "/lab"}
        assert written.items() <= vm.other_config.items() and (own := own_pool(bench.home)) and own.other_config["auto_poweron"] == "true"
        assert {"destroy", "hard_shutdown"} <= vm.blocked_operations.keys() and "destroy" not in vm.allowed_operations
        await do(bench, "vm.protect", vm, deletion=False, shutdown=False)
        await bench.until(lambda: not vm.blocked_operations and "destroy" in vm.allowed_operations)
        await do(bench, "vm.describe", vm, description="*what* it is for")
        await do(bench, "vm.ha", vm, priority="best-effort")
        await do(bench, "vm.remove_tag", vm, tag="blue")
        drive = next(drive for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "Disk")
        await do(bench, "vbd.bootable", drive, bootable=not drive.bootable)
        await bench.until(lambda: vm.ha_restart_priority == "best-effort" and "blue" not in vm.tags and not drive.bootable)
        assert vm.name_description == "*what* it is for"


async def test_what_waits_is_applied_by_one_restart(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = with_tools(bench)
        disk = next(disk for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "Disk" and (disk := vm.home.one(VDI, drive.VDI)))
        size, most = disk.virtual_size, vm.VCPUs_max
        await do(bench, "vm.vcpus", vm, vcpus=most + 1)
        await bench.until(lambda: bool(pending_of(vm)))
        await do(bench, "vm.discard_pending", vm)
        await bench.until(lambda: not pending_of(vm))
        await do(bench, "vm.memory", vm, memory=vm.memory_static_max + GIB)
        await do(bench, "vm.vcpus", vm, vcpus=most + 2)
        await do(bench, "vdi.grow", disk, size="+5")
        await bench.until(lambda: pending_of(vm).count == 3)
        wanted = pending_of(vm)
        await do(bench, "vm.apply_pending", vm)
        await bench.until(lambda: vm.power_state is PowerState.RUNNING and not pending_of(vm))
        assert wanted.memory and (vm.memory_static_max, vm.memory_dynamic_max) == (wanted.memory.static_max, wanted.memory.dynamic_max)
        assert (vm.VCPUs_max, vm.VCPUs_at_startup, disk.virtual_size) == (most + 2, most + 2, size + 5 * GIB)
        await bench.until(lambda: "changing_VCPUs_live" in vm.allowed_operations)
        await do(bench, "vm.vcpus", vm, vcpus=1)
        await bench.until(lambda: vm.VCPUs_at_startup == 1)


async def test_a_disk_s_life_beside_a_running_vm(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = with_tools(bench)
        here, there = (bench.home.by_uuid(SR, choice.value) for choice in sr_choices(vm)[:2] if choice.refused is None)
        assert here is not None and there is not None
        ref = await do(bench, "vm.add_disk", vm, name="data", size="2", sr=here.uuid, description="of the shop")
        disk = await bench.until(lambda: bench.home.one(VDI, ref))  # type: ignore[arg-type]
        assert isinstance(disk, VDI)
        drive = await bench.until(lambda: next((drive for drive in disk.all_of(VBD, disk.VBDs) if drive.currently_attached), None))
        assert drive is not None and (disk.name_label, disk.name_description, disk.virtual_size) == ("data", "of the shop", 2 * GIB)
        await do(bench, "vdi.describe", disk, description="of the old shop")
        await do(bench, "vdi.rename", disk, name="data 2")
        await bench.until(lambda: "migrate_send" in vm.allowed_operations)
        await do(bench, "vdi.move", disk, sr=there.uuid)
        moved = await bench.until(lambda: next((one for one in there.all_of(VDI, there.VDIs) if one.name_label == "data 2"), None))
        assert moved is not None
        drive = await bench.until(lambda: next((one for one in moved.all_of(VBD, moved.VBDs) if "unplug" in one.allowed_operations), None))
        assert drive is not None
        await do(bench, "vbd.detach", drive)
        await bench.until(lambda: not moved.VBDs)
        await do(bench, "vdi.grow", moved, size="+50%")
        await do(bench, "vm.attach_disk", vm, disk=moved.uuid)
        drive = await bench.until(lambda: next((one for one in moved.all_of(VBD, moved.VBDs) if "unplug" in one.allowed_operations), None))
        assert drive is not None and moved.virtual_size == 3 * GIB
        await do(bench, "vbd.detach", drive)
        await bench.until(lambda: not moved.VBDs)
        await do(bench, "vdi.delete", moved)
        await bench.until(lambda: moved.uuid not in {row.uuid for row in bench.home.all(VDI).values()})


async def test_a_cd_goes_in_and_another_in_its_place(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = next(vm for vm in bench.machines if drive_of(vm) is not None and vm.power_state is PowerState.RUNNING)
        one, other = [image for image, _sr in images(vm)][:2]
        for image in (one, other):
            await do(bench, "vm.insert_cd", vm, image=image.uuid)
            await bench.until(lambda image=image: (drive := drive_of(vm)) is not None and image.ref == drive.VDI)  # type: ignore[misc]
        for action_id, subject in (("vm.eject", vm), ("vdi.eject", other)):
            await do(bench, action_id, subject)
            await bench.until(lambda: (drive := drive_of(vm)) is not None and drive.VDI == NULL_REF)
            await do(bench, "vm.insert_cd", vm, image=other.uuid)
            await bench.until(lambda: (drive := drive_of(vm)) is not None and other.ref == drive.VDI)


async def test_a_nic_s_life_beside_a_running_vm(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        vm = with_tools(bench)
        networks = {row.name_label: row for row in bench.home.all(Network).values()}
        first = next(network for vif in vm.all_of(VIF, vm.VIFs) if (network := bench.home.one(Network, vif.network)))
        ref = await do(bench, "vm.add_nic", vm, network=first.uuid, mac="52:54:00:AA:BB:01", rate=2000)
        vif = await bench.until(lambda: bench.home.one(VIF, ref))  # type: ignore[arg-type]
        assert isinstance(vif, VIF)
        await bench.until(lambda: vif.currently_attached)
        assert (vif.MAC, vif.qos_algorithm_type, vif.qos_algorithm_params["kbps"]) == ("52:54:00:aa:bb:01", "ratelimit", "2000")
        other = next(row for row in networks.values() if row is not first and not row.PIFs and row.managed)
        await do(bench, "vif.network", vif, network=other.uuid)
        await do(bench, "vif.lock", vif, mode="locked", ipv4="10.0.0.9", ipv6=[])
        await do(bench, "vif.limit", vif, rate="")
        await bench.until(lambda: vif.qos_algorithm_type == "" and vif.network == other.ref)
        assert (vif.locking_mode, vif.ipv4_allowed, vif.MAC) == ("locked", ["10.0.0.9"], "52:54:00:aa:bb:01")
        await do(bench, "vif.disconnect", vif)
        await do(bench, "vif.connect", vif)
        await bench.until(lambda: vif.currently_attached)
        await do(bench, "vif.mac", vif, mac="52:54:00:aa:bb:02")
        again = await bench.until(lambda: next((row for row in bench.home.all(VIF).values() if row.MAC == "52:54:00:aa:bb:02"), None))
        assert again is not None and (again.device, again.network, again.locking_mode) == (vif.device, other.ref, "locked")
        await bench.until(lambda: again.currently_attached)
        await do(bench, "vif.remove", again)
        await bench.until(lambda: again.ref not in vm.VIFs)
