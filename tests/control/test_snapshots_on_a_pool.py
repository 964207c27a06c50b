"""Snapshots, copies, templates, deletion and the trash through the wire: the real client and a simulated pool."""

import asyncio
from pathlib import Path

from data.objects import VBD, VDI, VM, PowerState
from data.trash import is_trashed, trashed
from data.types import NULL_REF, Ref
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.local_user import system_user
from xo_dash.control.purge import Purge
from xo_dash.control.run import RunItem, RunState
from xo_dash.simulator.testing import simulated


async def do(bench: Wired, action_id: str, vm: VM, **values: object) -> RunItem:
    run = await asyncio.wait_for(bench.runner.run(bench.ann, action(action_id), [vm], values), 60)
    (item,) = run.items
    assert item.state is RunState.DONE, f"{action_id}: {item.reason}"
    return item


async def made(bench: Wired, item: RunItem) -> VM:
    return await bench.until(lambda: bench.home.one(VM, Ref(str(item.result))))  # type: ignore[return-value]


def disks(bench: Wired) -> set[str]:
    return {disk.uuid for disk in bench.home.all(VDI).values() if disk.managed}


async def test_from_a_snapshot_to_the_end_of_the_vm(tmp_path: Path) -> None:
    with simulated((3,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            await _snapshots(bench)
            await _templates(bench)
            await _trash(bench)


async def _snapshots(bench: Wired) -> None:
    running = next(vm for vm in bench.machines if "checkpoint" in vm.allowed_operations)
    shot = await made(bench, await do(bench, "vm.snapshot", running, name="{name} {date}", memory=True))
    await bench.until(lambda: shot.suspend_VDI != NULL_REF and "clone" in shot.allowed_operations)
    assert shot.power_state is PowerState.SUSPENDED and shot.name_label.startswith(running.name_label)
    before = disks(bench)
    copy = await made(bench, await do(bench, "snapshot.new_vm", shot, name="of a snapshot"))
    await bench.until(lambda: not copy.is_a_template and "destroy" in copy.allowed_operations)
    template = await made(bench, await do(bench, "snapshot.new_template", shot, name="template of it"))
    await bench.until(lambda: template.is_a_template and not template.is_a_snapshot and "destroy" in template.allowed_operations)
    await do(bench, "template.delete", template)
    await do(bench, "vm.delete", copy)
    await bench.until(lambda: bench.home.one(VM, copy.ref) is None and disks(bench) == before)
    await do(bench, "snapshot.delete", shot)
    await bench.until(lambda: shot.ref not in running.snapshots)


async def _templates(bench: Wired) -> None:
    vm = next(vm for vm in bench.machines if "make_into_template" in vm.allowed_operations)
    await do(bench, "vm.make_template", vm)
    await bench.until(lambda: vm.is_a_template)
    await do(bench, "template.make_vm", vm)
    await bench.until(lambda: not vm.is_a_template and "destroy" in vm.allowed_operations)


async def _trash(bench: Wired) -> None:
    vm = next(vm for vm in bench.machines if "destroy" in vm.allowed_operations and vm.power_state is PowerState.HALTED and vm.VBDs)
    bench.mirror.trash.days = 14
    await do(bench, "vm.trash", vm)
    await bench.until(lambda: is_trashed(vm) and "start" not in vm.allowed_operations)
    assert vm not in bench.machines and (kept := trashed(vm)) is not None and kept.by == "ann"
    await do(bench, "vm.restore", vm)
    await bench.until(lambda: not is_trashed(vm) and "start" in vm.allowed_operations)
    await do(bench, "vm.trash", vm)
    await bench.until(lambda: is_trashed(vm))
    own = {disk.uuid for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "Disk" and (disk := vm.home.one(VDI, drive.VDI))}
    bench.hire(system_user())
    now = 0.0
    purge = Purge(bench.mirror, bench.runner, lambda: now)
    await purge.run()
    assert is_trashed(vm), "its time is not over"
    now = 9e9
    bench.mirror.trash.days = 0
    await purge.run()
    assert is_trashed(vm), "who turned the trash off empties it by hand"
    bench.mirror.trash.days = 14
    await purge.run()
    await bench.until(lambda: bench.home.one(VM, vm.ref) is None and own.isdisjoint(disks(bench)))
    assert [line for line in (bench.folder / "audit.jsonl").read_text().splitlines() if '"vm.purge"' in line and "(schedule)" in line]
