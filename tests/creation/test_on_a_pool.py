"""New VMs by the wire, of the simulated pool's templates."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from data.objects import VBD, VDI, VIF, VM, Pool, PowerState
from data.types import GIB
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.cloud_init.disk import SIZE
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator.testing import simulated


@pytest.fixture(scope="module")
def url() -> Iterator[object]:
    with simulated((2,), (3,), (3,)) as simulation:
        yield simulation.pools[0]


@pytest.fixture
async def bench(url: object, tmp_path: Path) -> AsyncIterator[Wired]:
    async with wired(url, tmp_path) as bench:  # type: ignore[arg-type]
        yield bench


def template(bench: Wired, name: str) -> VM:
    return next(vm for vm in bench.home.all(VM).values() if vm.is_a_template and vm.name_label == name)


async def create(bench: Wired, **values: object) -> RunItem:
    (pool,) = bench.home.all(Pool).values()
    run = await asyncio.wait_for(bench.runner.run(bench.ann, action("vm.create"), [pool], values), 60)
    return run.items[0]


async def made(bench: Wired, item: RunItem) -> VM:
    assert item.state is RunState.DONE, str(item.reason)
    return await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]


async def test_a_name_and_a_template_are_enough(bench: Wired) -> None:
    debian = template(bench, "Debian Trixie 13")
    vm = await made(bench, await create(bench, name="web-1", template=debian.uuid))
    await bench.until(lambda: vm.power_state is PowerState.RUNNING)
    disks = [bench.home.one(VDI, vbd.VDI) for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type == "Disk"]
    assert [(disk.name_label, disk.virtual_size) for disk in disks if disk] == [("web-1 root", 10 * GIB)]
    assert len(vm.all_of(VIF, vm.VIFs)) == 1 and [vbd.empty for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type == "CD"] == [True]
    assert "disks" not in vm.other_config and not vm.is_a_template


async def test_a_clone_of_ones_own_template_is_grown_and_changed(bench: Wired) -> None:
    golden = template(bench, "debian-golden")
    item = await create(
        bench, name="db-1", template=golden.uuid, memory="4 GiB", memory_min="2 GiB", vcpus=4, cores_per_socket=2, firmware="uefi",
        secure_boot=True, vtpm=True, description="made by a test", tags=["db", "test"], start=False, auto_start=True, protect=True,
        disks=[{"position": "0", "size": "20 GiB"}, {"size": "5 GiB", "name": "logs"}],
    )  # fmt: skip
    vm = await made(bench, item)
    await bench.until(lambda: vm.blocked_operations)
    disks = {disk.name_label: disk.virtual_size for vbd in vm.all_of(VBD, vm.VBDs) if (disk := bench.home.one(VDI, vbd.VDI))}
    assert disks == {"db-1 root": 20 * GIB, "logs": 5 * GIB}
    assert (vm.memory_static_max, vm.memory_dynamic_min, vm.memory_dynamic_max) == (4 * GIB, 2 * GIB, 4 * GIB)
    assert (vm.VCPUs_max, vm.platform["cores-per-socket"], vm.platform["secureboot"]) == (4, "2", "true")
    assert vm.HVM_boot_params["firmware"] == "uefi" and vm.platform["device-model"] == "qemu-upstream-uefi" and vm.VTPMs
    assert set(vm.tags) >= {"db", "test"} and vm.name_description == "made by a test" and vm.power_state is PowerState.HALTED
    assert vm.other_config["auto_poweron"] == "true"
    (pool,) = bench.home.all(Pool).values()
    await bench.until(lambda: pool.other_config.get("auto_poweron") == "true")


async def test_several_at_once(bench: Wired) -> None:
    debian = template(bench, "Debian Trixie 13")
    item = await create(bench, name="k8s-{n}", count=3, template=debian.uuid, start=False)
    assert item.state is RunState.DONE, str(item.reason)
    await bench.until(lambda: {vm.name_label for vm in bench.machines} >= {"k8s-1", "k8s-2", "k8s-3"})


async def test_the_disk_for_the_first_boot_has_what_was_said(bench: Wired) -> None:
    golden = template(bench, "debian-golden")
    said = {"user": "ann", "ssh_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeyKeyKey ann@lab"]}
    vm = await made(bench, await create(bench, name="cloudy", template=golden.uuid, cloud_init=said))
    await bench.until(lambda: vm.power_state is PowerState.RUNNING and not vm.current_operations)
    disk = next(
        disk for vbd in vm.all_of(VBD, vm.VBDs) if (disk := bench.home.one(VDI, vbd.VDI)) and disk.name_label == "cloudy cloud-init"
    )
    stream = await bench.connection.transfer("GET", "/export_raw_vdi", {"vdi": disk.ref, "format": "raw"})
    content = b"".join([bytes(piece) async for piece in stream.pieces()])
    stream.close()
    assert len(content) == SIZE and b"cidata" in content[:512]
    for action_id in ("vm.hard_shutdown", "vm.remove_cloud_init"):
        run = await bench.runner.run(bench.ann, action(action_id), [vm], {})
        assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
        await bench.until(lambda: not vm.current_operations)
    assert b'"local-hostname": "cloudy"' in content and b"- name: ann" in content and b"ssh-ed25519" in content
